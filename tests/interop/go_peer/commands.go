// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// command is one word of the line protocol.
type command struct {
	usage string
	args  int  // number of words
	tail  bool // the rest of the line is one more argument
	run   func(s *server, args []string) (string, error)
}

var commands = map[string]command{
	"ping":        {"", 0, false, cmdPing},
	"info":        {"", 0, false, cmdInfo},
	"events":      {"on|off", 1, false, cmdEvents},
	"deadletters": {"", 0, false, cmdDeadLetters},
	"shutdown":    {"", 0, false, cmdShutdown},
	"exit":        {"N", 1, false, cmdExit},
	"block":       {"SYSTEM_ID", 1, false, cmdBlock},

	"request":   {"ADDR ID TYPE TIMEOUT_MS [JSON]", 4, true, cmdRequest},
	"request_h": {"K=V[,K=V] ADDR ID TYPE TIMEOUT_MS [JSON]", 5, true, cmdRequestH},
	"send":      {"ADDR ID TYPE [JSON]", 3, true, cmdSend},
	"send_h":    {"K=V[,K=V] ADDR ID TYPE [JSON]", 4, true, cmdSendH},
	"send_from": {"NAME ADDR ID TYPE [JSON]", 4, true, cmdSendFrom},
	"flood":     {"ADDR ID COUNT SIZE", 4, false, cmdFlood},
	"seq":       {"ADDR ID COUNT", 3, false, cmdSeq},

	"watch":   {"NAME ADDR ID", 3, false, cmdWatch},
	"unwatch": {"NAME ADDR ID", 3, false, cmdUnwatch},
	"stop":    {"ADDR ID", 2, false, cmdStop},
	"poison":  {"ADDR ID", 2, false, cmdPoison},
	"touch":   {"ADDR ID TIMEOUT_MS", 3, false, cmdTouch},
	"spawn":   {"ADDR KIND NAME|- TIMEOUT_MS", 4, false, cmdSpawn},

	"local_spawn": {"NAME KIND", 2, false, cmdLocalSpawn},
	"local_stop":  {"NAME", 1, false, cmdLocalStop},
	"count":       {"NAME", 1, false, cmdCount},
	"sink":        {"NAME", 1, false, cmdSink},
}

func cmdPing(*server, []string) (string, error) {
	return "pong", nil
}

func cmdInfo(s *server, _ []string) (string, error) {
	return fmt.Sprintf("address=%s system=%s", s.node.address(), s.node.system.ID), nil
}

func cmdEvents(s *server, args []string) (string, error) {
	if args[0] != "on" && args[0] != "off" {
		return "", errors.New("usage: events on|off")
	}
	s.events.on.Store(args[0] == "on")
	return "", nil
}

func cmdDeadLetters(s *server, _ []string) (string, error) {
	return fmt.Sprint(s.events.deadLetters.Load()), nil
}

// cmdShutdown leaves in protoactor's graceful way; it can take 10 seconds and
// more when a peer does not close its side.
func cmdShutdown(s *server, _ []string) (string, error) {
	s.node.remote.Shutdown(true)
	s.out.answer("ok")
	s.exit(exitOK)
	return "", nil
}

// cmdExit is only reached with a bad argument, see server.read.
func cmdExit(*server, []string) (string, error) {
	return "", errors.New("usage: exit N")
}

// cmdBlock makes this node answer "blocked" to handshakes of that system.
func cmdBlock(s *server, args []string) (string, error) {
	s.node.remote.BlockList().Block(args[0])
	return "", nil
}

func cmdSend(s *server, args []string) (string, error) {
	return s.send(args, &actor.MessageEnvelope{})
}

func cmdSendH(s *server, args []string) (string, error) {
	headers, err := parseHeaders(args[0])
	if err != nil {
		return "", err
	}
	return s.send(args[1:], &actor.MessageEnvelope{Header: headers})
}

// cmdSendFrom sends with a local actor as the sender, which gets the replies.
func cmdSendFrom(s *server, args []string) (string, error) {
	sender := s.node.system.NewLocalPID(args[0])
	return s.send(args[1:], &actor.MessageEnvelope{Sender: sender})
}

func (s *server) send(args []string, env *actor.MessageEnvelope) (string, error) {
	msg, err := parseMessage(args[2], args[3])
	if err != nil {
		return "", err
	}
	env.Message = msg
	s.node.system.Root.Send(actor.NewPID(args[0], args[1]), env)
	return "", nil
}

func cmdFlood(s *server, args []string) (string, error) {
	count, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return "", errors.New("bad count")
	}
	size, err := strconv.Atoi(args[3])
	if err != nil || size < 8 {
		return "", errors.New("bad size, at least 8")
	}
	pid := actor.NewPID(args[0], args[1])
	for i := uint64(1); i <= count; i++ {
		s.node.system.Root.Send(pid, numberedBytes(i, size))
	}
	return fmt.Sprint(count), nil
}

// numberedBytes makes a payload that begins with a little-endian number.
func numberedBytes(number uint64, size int) *wrapperspb.BytesValue {
	data := make([]byte, size)
	binary.LittleEndian.PutUint64(data, number)
	return wrapperspb.Bytes(data)
}

func cmdSeq(s *server, args []string) (string, error) {
	count, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return "", errors.New("bad count")
	}
	pid := actor.NewPID(args[0], args[1])
	for i := uint64(1); i <= count; i++ {
		s.node.system.Root.Send(pid, wrapperspb.String(strconv.FormatUint(i, 10)))
	}
	return fmt.Sprint(count), nil
}

func cmdWatch(s *server, args []string) (string, error) {
	return "", s.watchers.ask(args[0], &watchRequest{actor.NewPID(args[1], args[2])})
}

func cmdUnwatch(s *server, args []string) (string, error) {
	return "", s.watchers.ask(args[0], &unwatchRequest{actor.NewPID(args[1], args[2])})
}

func cmdStop(s *server, args []string) (string, error) {
	s.node.system.Root.Stop(actor.NewPID(args[0], args[1]))
	return "", nil
}

func cmdPoison(s *server, args []string) (string, error) {
	s.node.system.Root.Poison(actor.NewPID(args[0], args[1]))
	return "", nil
}

func cmdLocalSpawn(s *server, args []string) (string, error) {
	pid, err := s.node.spawn(args[0], args[1])
	if err != nil {
		return "", err
	}
	return pidText(pid), nil
}

func cmdLocalStop(s *server, args []string) (string, error) {
	if !s.node.exists(args[0]) {
		return "", errors.New("no such actor")
	}
	pid := s.node.system.NewLocalPID(args[0])
	return "", s.node.system.Root.StopFuture(pid).Wait()
}

// cmdCount asks a counter ("ok N") or a sink ("ok count=N ordered=... last=N").
func cmdCount(s *server, args []string) (string, error) {
	res, err := s.askLocal(args[0], &emptypb.Empty{})
	if err != nil {
		return "", err
	}
	switch m := res.(type) {
	case *wrapperspb.UInt64Value:
		return fmt.Sprint(m.GetValue()), nil
	case *wrapperspb.StringValue:
		return m.GetValue(), nil
	}
	return "", fmt.Errorf("unexpected %s", typeName(res))
}

// cmdSink prints everything that a sink knows as JSON.
func cmdSink(s *server, args []string) (string, error) {
	res, err := s.askLocal(args[0], &structpb.Struct{})
	if err != nil {
		return "", err
	}
	m, ok := res.(*structpb.Struct)
	if !ok {
		return "", fmt.Errorf("unexpected %s", typeName(res))
	}
	return messageJSON(m)
}

func (s *server) askLocal(id string, msg interface{}) (interface{}, error) {
	if !s.node.exists(id) {
		return nil, errors.New("no such actor")
	}
	pid := s.node.system.NewLocalPID(id)
	res, err := s.node.system.Root.RequestFuture(pid, msg, localTimeout).Result()
	if err != nil {
		return nil, requestError(err)
	}
	return res, nil
}
