// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// slowDelay is how long the actor "slow" thinks about each message.
const slowDelay = 200 * time.Millisecond

// actorKinds lists everything local_spawn can start. An actor of each kind
// also runs under the kind's name.
var actorKinds map[string]*actor.Props

func init() {
	// Set here because "starter" refers to the table.
	actorKinds = map[string]*actor.Props{
		"echo":      actor.PropsFromFunc(receiveEcho),
		"counter":   actor.PropsFromProducer(func() actor.Actor { return &counter{} }),
		"blackhole": actor.PropsFromFunc(func(actor.Context) {}),
		"sink":      actor.PropsFromProducer(func() actor.Actor { return &sink{} }),
		"headers":   actor.PropsFromFunc(receiveHeaders),
		"whoami":    actor.PropsFromFunc(receiveWhoami),
		"slow":      actor.PropsFromFunc(receiveSlow),
		"stopper":   actor.PropsFromFunc(receiveStopper),
		"crasher":   actor.PropsFromFunc(receiveCrasher),
		"starter":   actor.PropsFromFunc(receiveStarter),
	}
}

// reply answers the current message with this actor as the sender.
func reply(ctx actor.Context, headers map[string]string, msg interface{}) {
	if ctx.Sender() == nil {
		return
	}
	ctx.Respond(&actor.MessageEnvelope{
		Header:  headers,
		Message: msg,
		Sender:  ctx.Self(),
	})
}

// headersOf returns the received headers, nil if there are none.
func headersOf(ctx actor.Context) map[string]string {
	if h := ctx.MessageHeader(); h != nil && h.Length() > 0 {
		return h.ToMap()
	}
	return nil
}

// headersJSON prints headers as an object with sorted keys.
func headersJSON(headers map[string]string) string {
	if headers == nil {
		return "{}"
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(headers)
	return string(bytes.TrimSpace(out.Bytes()))
}

func receiveEcho(ctx actor.Context) {
	if !isUserMessage(ctx.Message()) {
		return
	}
	if msg, err := toProto(ctx.Message()); err == nil {
		reply(ctx, headersOf(ctx), msg)
	}
}

// counter counts user messages; Empty asks for the count.
type counter struct {
	count uint64
}

func (c *counter) Receive(ctx actor.Context) {
	switch msg := ctx.Message(); msg.(type) {
	case *emptypb.Empty:
		reply(ctx, nil, wrapperspb.UInt64(c.count))
	default:
		if isUserMessage(msg) {
			c.count++
		}
	}
}

// receiveHeaders answers with the received headers.
func receiveHeaders(ctx actor.Context) {
	if isUserMessage(ctx.Message()) {
		reply(ctx, nil, wrapperspb.String(headersJSON(headersOf(ctx))))
	}
}

// receiveWhoami answers with the sender's PID as this node sees it.
func receiveWhoami(ctx actor.Context) {
	if sender := ctx.Sender(); sender != nil && isUserMessage(ctx.Message()) {
		reply(ctx, nil, &actor.PID{
			Address:   sender.Address,
			Id:        sender.Id,
			RequestId: sender.RequestId,
		})
	}
}

// receiveSlow is an echo that keeps its actor busy for a while.
func receiveSlow(ctx actor.Context) {
	if isUserMessage(ctx.Message()) {
		time.Sleep(slowDelay)
		receiveEcho(ctx)
	}
}

// receiveStopper stops itself on any message.
func receiveStopper(ctx actor.Context) {
	if isUserMessage(ctx.Message()) {
		ctx.Stop(ctx.Self())
	}
}

// receiveCrasher fails on any message; its supervisor restarts it.
func receiveCrasher(ctx actor.Context) {
	if isUserMessage(ctx.Message()) {
		panic("crasher got a message")
	}
}

// receiveStarter spawns a child of the kind that a StringValue names and
// answers with the child's PID, whose id contains a slash.
func receiveStarter(ctx actor.Context) {
	msg, ok := ctx.Message().(*wrapperspb.StringValue)
	if !ok {
		return
	}
	props, ok := actorKinds[msg.GetValue()]
	if !ok {
		reply(ctx, nil, &actor.PID{})
		return
	}
	pid := ctx.Spawn(props)
	reply(ctx, nil, actor.NewPID(pid.Address, pid.Id))
}
