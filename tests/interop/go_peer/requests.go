// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
)

var (
	errTimeout    = errors.New("timeout")
	errDeadLetter = errors.New("deadletter")
)

// requestError turns protoactor's errors into the words of the line protocol.
func requestError(err error) error {
	switch {
	case errors.Is(err, actor.ErrTimeout):
		return errTimeout
	case errors.Is(err, actor.ErrDeadLetter):
		return errDeadLetter
	}
	return err
}

func parseTimeout(text string) (time.Duration, error) {
	ms, err := strconv.Atoi(text)
	if err != nil || ms <= 0 {
		return 0, errors.New("bad timeout")
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// parseHeaders reads K=V[,K=V] with percent-encoding; - means none.
func parseHeaders(text string) (map[string]string, error) {
	if text == "-" {
		return nil, nil
	}
	headers := make(map[string]string)
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("bad header %s", part)
		}
		key, err1 := url.PathUnescape(key)
		value, err2 := url.PathUnescape(value)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("bad header %s", part)
		}
		headers[key] = value
	}
	return headers, nil
}

func cmdRequest(s *server, args []string) (string, error) {
	msg, err := parseMessage(args[2], args[4])
	if err != nil {
		return "", err
	}
	timeout, err := parseTimeout(args[3])
	if err != nil {
		return "", err
	}
	pid := actor.NewPID(args[0], args[1])
	res, err := s.node.system.Root.RequestFuture(pid, msg, timeout).Result()
	if err != nil {
		return "", requestError(err)
	}
	return describe(res)
}

// cmdRequestH asks through an actor, because a future drops the headers of
// the answer.
func cmdRequestH(s *server, args []string) (string, error) {
	headers, err := parseHeaders(args[0])
	if err != nil {
		return "", err
	}
	msg, err := parseMessage(args[3], args[5])
	if err != nil {
		return "", err
	}
	timeout, err := parseTimeout(args[4])
	if err != nil {
		return "", err
	}
	replies := make(chan envelope, 1)
	root := s.node.system.Root
	collector := root.SpawnPrefix(actor.PropsFromFunc(collect(replies)), "request")
	defer root.Stop(collector)
	root.Send(actor.NewPID(args[1], args[2]), &actor.MessageEnvelope{
		Header:  headers,
		Message: msg,
		Sender:  collector,
	})
	select {
	case <-time.After(timeout):
		return "", errTimeout
	case res := <-replies:
		if _, ok := res.msg.(*actor.DeadLetterResponse); ok {
			return "", errDeadLetter
		}
		text, err := describe(res.msg)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s headers=%s", text, headersJSON(res.headers)), nil
	}
}

// envelope is a received message with its headers.
type envelope struct {
	msg     interface{}
	headers map[string]string
}

// collect keeps the first message that is an answer.
func collect(replies chan<- envelope) actor.ReceiveFunc {
	return func(ctx actor.Context) {
		msg := ctx.Message()
		if _, dead := msg.(*actor.DeadLetterResponse); !dead && !isUserMessage(msg) {
			return
		}
		select {
		case replies <- envelope{msg, headersOf(ctx)}:
		default:
		}
	}
}

func cmdTouch(s *server, args []string) (string, error) {
	timeout, err := parseTimeout(args[2])
	if err != nil {
		return "", err
	}
	pid := actor.NewPID(args[0], args[1])
	res, err := s.node.system.Root.RequestFuture(pid, &actor.Touch{}, timeout).Result()
	if err != nil {
		return "", requestError(err)
	}
	touched, ok := res.(*actor.Touched)
	if !ok {
		return "", fmt.Errorf("unexpected %s", typeName(res))
	}
	return "who=" + pidText(touched.GetWho()), nil
}

func cmdSpawn(s *server, args []string) (string, error) {
	timeout, err := parseTimeout(args[3])
	if err != nil {
		return "", err
	}
	name := args[2]
	if name == "-" {
		name = ""
	}
	res, err := s.node.remote.SpawnFuture(args[0], name, args[1], timeout).Result()
	if err != nil {
		return "", requestError(err)
	}
	response, ok := res.(*remote.ActorPidResponse)
	if !ok {
		return "", fmt.Errorf("unexpected %s", typeName(res))
	}
	return fmt.Sprintf("%d %s", response.GetStatusCode(), pidText(response.GetPid())), nil
}
