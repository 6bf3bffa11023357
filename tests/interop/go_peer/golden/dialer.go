// SPDX-License-Identifier: BSD-3-Clause

package golden

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// captureDialer records what the node sends on the connections it opens.
func (c *capture) captureDialer() {
	if c.err == nil {
		c.err = c.listen()
	}
	if c.err != nil {
		return
	}
	c.peer.open()
	alice := c.pid("alice")
	// The first message makes the node connect.
	c.send(alice, &actor.MessageEnvelope{Message: wrapperspb.String("hello")})
	c.expect("connect_request")
	c.expect("user_string")
	c.captureUser(alice)
	c.captureTypes(alice)
	c.captureSystem(alice)
	c.captureActivator()
	c.peer.close()
	c.captureBatches()
}

// listen starts the listener that new connections of the node end at.
func (c *capture) listen() (err error) {
	c.peer, err = newListener()
	return err
}

// pid makes a PID at the listener.
func (c *capture) pid(id string) *actor.PID {
	return actor.NewPID(c.target, id)
}

// local makes a PID at the node.
func (c *capture) local(id string) *actor.PID {
	return c.system.NewLocalPID(id)
}

func (c *capture) spawn(id string) *actor.PID {
	pid, err := c.system.Root.SpawnNamed(nothing, id)
	if err != nil && c.err == nil {
		c.err = err
	}
	return pid
}

func (c *capture) send(to *actor.PID, env *actor.MessageEnvelope) {
	c.system.Root.Send(to, env)
}

// sendSystem sends a system message as an actor's context would.
func (c *capture) sendSystem(to *actor.PID, msg interface{}) {
	process, _ := c.system.ProcessRegistry.Get(to)
	process.SendSystemMessage(to, msg)
}

func (c *capture) captureUser(alice *actor.PID) {
	hello := func() proto.Message { return wrapperspb.String("hello") }

	c.send(alice, &actor.MessageEnvelope{Message: hello(), Sender: c.local("client")})
	c.expect("user_with_sender")

	c.send(alice, &actor.MessageEnvelope{
		Message: hello(),
		Header:  map[string]string{"key": "value"},
	})
	c.expect("user_one_header")

	c.send(alice, &actor.MessageEnvelope{
		Message: hello(),
		Header:  map[string]string{"a": "1", "b": "", "": "empty key"},
		Sender:  c.local("client"),
	})
	c.expect("user_three_headers_with_sender")

	client := c.local("client")
	client.RequestId = 7
	c.send(alice, &actor.MessageEnvelope{Message: hello(), Sender: client})
	c.expect("request_with_request_id")

	caller := c.pid("caller")
	caller.RequestId = 300
	c.send(caller, &actor.MessageEnvelope{Message: hello(), Sender: c.local("server")})
	c.expect("reply_to_request_id")

	c.send(c.pid("grüße/日本$1"), &actor.MessageEnvelope{Message: wrapperspb.String("ünïcode ☃")})
	c.expect("unicode")
}

func (c *capture) captureTypes(alice *actor.PID) {
	packed, err := anypb.New(wrapperspb.String("packed"))
	if err != nil && c.err == nil {
		c.err = err
	}
	for _, item := range []struct {
		name string
		msg  proto.Message
	}{
		{"type_empty", &emptypb.Empty{}},
		{"type_string_empty", wrapperspb.String("")},
		{"type_bytes", wrapperspb.Bytes([]byte{0, 1, 0x7f, 0x80, 0xff})},
		{"type_bool", wrapperspb.Bool(true)},
		{"type_int32", wrapperspb.Int32(-1)},
		{"type_int64", wrapperspb.Int64(-1 << 63)},
		{"type_uint32", wrapperspb.UInt32(1<<32 - 1)},
		{"type_uint64", wrapperspb.UInt64(1<<64 - 1)},
		{"type_float", wrapperspb.Float(1.5)},
		{"type_double", wrapperspb.Double(-0.25)},
		{"type_timestamp", timestamppb.New(time.Unix(1700000000, 123456789))},
		{"type_duration", durationpb.New(-1500 * time.Millisecond)},
		{"type_any", packed},
		{"type_struct", &structpb.Struct{Fields: map[string]*structpb.Value{
			"list": structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{
				structpb.NewNullValue(),
				structpb.NewBoolValue(true),
				structpb.NewNumberValue(1.5),
				structpb.NewStringValue("text"),
			}}),
		}}},
		{"type_pid", &actor.PID{Address: "127.0.0.1:1", Id: "x", RequestId: 5}},
	} {
		c.send(alice, &actor.MessageEnvelope{Message: item.msg})
		c.expect(item.name)
	}
}

func (c *capture) captureSystem(alice *actor.PID) {
	c.sendSystem(alice, &actor.Watch{Watcher: c.local("observer")})
	c.expect("watch")
	c.sendSystem(alice, &actor.Unwatch{Watcher: c.local("observer")})
	c.expect("unwatch")
	c.system.Root.Stop(alice)
	c.expect("stop")
	c.system.Root.Poison(alice)
	c.expect("poison_pill")
	c.send(alice, &actor.MessageEnvelope{Message: &actor.Touch{}, Sender: c.local("client")})
	c.expect("touch")

	// A remote watcher of a local actor that stops.
	subject := c.spawn("subject")
	c.sendSystem(subject, &actor.Watch{Watcher: c.pid("observer")})
	c.system.Root.Stop(subject)
	c.expect("terminated_stopped")
	c.sendSystem(c.local("nobody"), &actor.Watch{Watcher: c.pid("observer")})
	c.expect("terminated_not_found")

	// What a node answers by itself.
	toucher := c.pid("toucher")
	c.send(c.spawn("touched"), &actor.MessageEnvelope{Message: &actor.Touch{}, Sender: toucher})
	c.expect("touched")
	c.send(c.local("nobody"), &actor.MessageEnvelope{Message: &emptypb.Empty{}, Sender: c.pid("asker")})
	c.expect("dead_letter_response")
}

func (c *capture) captureActivator() {
	c.send(c.remote.ActivatorForAddress(c.target), &actor.MessageEnvelope{
		Message: &remote.ActorPidRequest{Name: "name", Kind: "kind"},
		Sender:  c.local("client"),
	})
	c.expect("actor_pid_request")

	for _, item := range []struct{ name, kind string }{
		{"actor_pid_response_ok", "thing"},
		{"actor_pid_response_name_exists", "thing"},
		{"actor_pid_response_unknown_kind", "no such kind"},
	} {
		c.send(c.local("activator"), &actor.MessageEnvelope{
			Message: &remote.ActorPidRequest{Name: "first", Kind: item.kind},
			Sender:  c.pid("spawner"),
		})
		c.expect(item.name)
	}
}

// captureBatches gets several messages into one batch by queueing them before
// the handshake ends.
func (c *capture) captureBatches() {
	c.captureBatch("batch_two_targets", "127.0.0.1:19997", func(alice, bob *actor.PID) {
		client, other := c.local("client"), c.local("other")
		c.send(alice, &actor.MessageEnvelope{Message: wrapperspb.String("one")})
		c.send(bob, &actor.MessageEnvelope{Message: wrapperspb.Bytes([]byte("two")), Sender: client})
		c.send(alice, &actor.MessageEnvelope{Message: wrapperspb.Bytes([]byte("three")), Sender: other})
		c.send(bob, &actor.MessageEnvelope{
			Message: wrapperspb.String("four"),
			Header:  map[string]string{"key": "value"},
			Sender:  client,
		})
		c.send(alice, &actor.MessageEnvelope{Message: &emptypb.Empty{}})
	})
	c.captureBatch("batch_request_ids", "127.0.0.1:19996", func(alice, bob *actor.PID) {
		for id := uint32(1); id <= 3; id++ {
			sender := c.local("future")
			sender.RequestId = id
			c.send(alice, &actor.MessageEnvelope{Message: wrapperspb.UInt32(id), Sender: sender})
		}
		target := c.pid("bob")
		target.RequestId = 9
		c.send(target, &actor.MessageEnvelope{Message: wrapperspb.UInt32(9)})
		c.send(bob, &actor.MessageEnvelope{Message: wrapperspb.UInt32(0)})
	})
	c.captureBatch("batch_user_and_system", "127.0.0.1:19995", func(alice, bob *actor.PID) {
		c.send(alice, &actor.MessageEnvelope{Message: wrapperspb.String("first")})
		c.system.Root.Poison(bob)
		c.system.Root.Stop(alice)
		c.send(alice, &actor.MessageEnvelope{Message: wrapperspb.String("last")})
	})
}

// captureBatch needs an address of its own, which makes the node open a fresh
// connection.
func (c *capture) captureBatch(name, target string, fill func(alice, bob *actor.PID)) {
	if c.err != nil {
		return
	}
	usual := c.target
	c.target = target
	defer func() { c.target = usual }()
	if c.err = c.listen(); c.err != nil {
		return
	}
	defer c.peer.close()
	fill(c.pid("alice"), c.pid("bob"))
	if _, err := c.peer.next(); err != nil {
		c.err = err
		return
	}
	c.peer.open()
	c.expect(name)
}
