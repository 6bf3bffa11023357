// SPDX-License-Identifier: BSD-3-Clause

// Package golden captures the bytes that a real protoactor-go node puts on the
// wire.
package golden

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// protoactorModule is the module whose version the output names.
const protoactorModule = "github.com/asynkron/protoactor-go"

// capture is one run: a node, the listener that it dials, and the output.
type capture struct {
	out    io.Writer
	system *actor.ActorSystem
	remote *remote.Remote
	port   string // where the node really listens
	target string // address in the PIDs of the listener's actors
	peer   *listener
	err    error
}

// Run captures all messages and returns the exit code of the process.
func Run(args []string, out io.Writer) int {
	fs := flag.NewFlagSet("golden", flag.ContinueOnError)
	advertised := fs.String("advertised", "127.0.0.1:19999", "address of the node in its PIDs")
	target := fs.String("target", "127.0.0.1:19998", "address of the peer in its PIDs")
	systemID := fs.String("system-id", "", "use this system id instead of a random one")
	if err := fs.Parse(args); err != nil || fs.NArg() > 0 {
		return 2
	}
	if err := run(out, *advertised, *target, *systemID); err != nil {
		fmt.Fprintln(os.Stderr, "golden:", err)
		return 1
	}
	return 0
}

func run(out io.Writer, advertised, target, systemID string) error {
	c := &capture{out: out, target: target}
	if err := c.start(advertised, systemID); err != nil {
		return err
	}
	c.header(advertised)
	c.captureDialer()
	c.captureListener()
	return c.err
}

// start starts the node. Its dialler connects to the current listener whatever
// the address, which keeps the addresses in the PIDs fixed.
func (c *capture) start(advertised, systemID string) error {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.port = lis.Addr().String()
	port := lis.Addr().(*net.TCPAddr).Port
	if err := lis.Close(); err != nil {
		return err
	}
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", c.peer.lis.Addr().String())
	}
	c.system = actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	if systemID != "" {
		c.system.ID = systemID
	}
	c.remote = remote.NewRemote(c.system, remote.Configure("127.0.0.1", port,
		remote.WithAdvertisedHost(advertised),
		remote.WithKinds(remote.NewKind("thing", nothing)),
		remote.WithDialOptions(
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(dial))))
	c.remote.Start()
	return nil
}

// nothing is an actor that ignores everything.
var nothing = actor.PropsFromFunc(func(actor.Context) {})

func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

func (c *capture) header(advertised string) {
	c.printf("# Produced by \"go_peer golden\", %s %s.\n", protoactorModule, moduleVersion())
	c.printf("# Each line is NAME HEX: one RemoteMessage as a node put it on the wire.\n")
	c.printf("# The node is %s, its peer %s and 127.0.0.1:19995 to 19997.\n",
		advertised, c.target)
	c.printf("# SystemId (connect_request, connect_response*) is random, and the order of\n")
	c.printf("# several headers (user_three_headers_with_sender) varies.\n")
}

func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == protoactorModule {
				return dep.Version
			}
		}
	}
	return "unknown version"
}

// print writes one captured message.
func (c *capture) print(name string, f frame) {
	c.printf("%s %s\n", name, hex.EncodeToString(f))
}

func (c *capture) printf(format string, args ...interface{}) {
	if _, err := fmt.Fprintf(c.out, format, args...); err != nil && c.err == nil {
		c.err = err
	}
}

// expect prints the next message that the listener gets.
func (c *capture) expect(name string) {
	if c.err != nil {
		return
	}
	f, err := c.peer.next()
	if err != nil {
		c.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	c.print(name, f)
}
