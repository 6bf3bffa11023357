// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
)

// nodeFlags are the command line flags that all nodes share.
type nodeFlags struct {
	host       string
	port       int
	advertised string
	life       time.Duration
	batch      int
	logLevel   string
	detached   bool
}

func (f *nodeFlags) register(fs *flag.FlagSet, life time.Duration) {
	fs.StringVar(&f.host, "host", "127.0.0.1", "address to bind to")
	fs.IntVar(&f.port, "port", 0, "port to bind to, 0 lets the system choose")
	fs.StringVar(&f.advertised, "advertised", "", "host:port that PIDs carry")
	fs.DurationVar(&f.life, "life", life, "end with status 3 after this time, 0 for never")
	fs.IntVar(&f.batch, "batch", 0, "messages per batch, 0 for protoactor's default of 1000")
	fs.StringVar(&f.logLevel, "log-level", "error", "debug, info, warn, error or off")
	fs.BoolVar(&f.detached, "detached", false, "do not end when stdin is closed")
}

// node is a running actor system with its remote.
type node struct {
	system *actor.ActorSystem
	remote *remote.Remote
}

// startNode starts a node; all named actors must be spawned after it, because
// PIDs take their address from the started remote.
func startNode(f *nodeFlags) (*node, error) {
	level, err := parseLevel(f.logLevel)
	if err != nil {
		return nil, err
	}
	// The remote panics when it cannot listen; find out first.
	if err := checkListen(f.host, f.port); err != nil {
		return nil, err
	}
	options := []remote.ConfigOption{
		remote.WithKinds(
			remote.NewKind("echo", actorKinds["echo"]),
			remote.NewKind("counter", actorKinds["counter"])),
	}
	if f.advertised != "" {
		options = append(options, remote.WithAdvertisedHost(f.advertised))
	}
	if f.batch > 0 {
		options = append(options, remote.WithEndpointWriterBatchSize(f.batch))
	}
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return newLogger(level) }))
	n := &node{
		system: system,
		remote: remote.NewRemote(system, remote.Configure(f.host, f.port, options...)),
	}
	n.remote.Start()
	return n, nil
}

// address is what this node writes into its PIDs.
func (n *node) address() string {
	return n.system.Address()
}

// spawn starts a named actor of one of the kinds in actorKinds.
func (n *node) spawn(name, kind string) (*actor.PID, error) {
	props, ok := actorKinds[kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind %s", kind)
	}
	pid, err := n.system.Root.SpawnNamed(props, name)
	if err == actor.ErrNameExists {
		return nil, fmt.Errorf("name exists")
	}
	return pid, err
}

// exists tells whether a local process has this id.
func (n *node) exists(id string) bool {
	_, ok := n.system.ProcessRegistry.GetLocal(id)
	return ok
}

func checkListen(host string, port int) error {
	lis, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		return err
	}
	return lis.Close()
}

// levelOff is above everything that protoactor logs.
const levelOff = slog.Level(100)

func parseLevel(name string) (slog.Level, error) {
	if strings.EqualFold(name, "off") {
		return levelOff, nil
	}
	var level slog.Level
	err := level.UnmarshalText([]byte(name))
	return level, err
}

func newLogger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
