// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	gogo "github.com/gogo/protobuf/proto"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// A type that is not linked in does not resolve, and an unresolved type
	// name ends a protoactor-go process.
	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/emptypb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// isUserMessage tells messages for the actor's own logic from lifecycle
// messages and from those that protoactor answers by itself.
func isUserMessage(msg interface{}) bool {
	switch msg.(type) {
	case actor.SystemMessage, actor.AutoReceiveMessage, actor.AutoRespond,
		*actor.DeadLetterResponse, *actor.ReceiveTimeout:
		return false
	}
	return true
}

// typeName returns the protobuf full name, or the Go type's name for values
// that never travel.
func typeName(msg interface{}) string {
	switch m := msg.(type) {
	case proto.Message:
		return string(proto.MessageName(m))
	case *remote.JsonMessage:
		return "json/" + m.TypeName
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", msg), "*")
}

// newMessage creates an empty message from its protobuf full name.
func newMessage(name string) (proto.Message, error) {
	mt, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("unknown type %s", name)
	}
	return mt.New().Interface(), nil
}

// parseMessage builds a message from a type name and protobuf JSON; no JSON at
// all means the empty message.
func parseMessage(name, text string) (proto.Message, error) {
	msg, err := newMessage(name)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return msg, nil
	}
	if err := protojson.Unmarshal([]byte(text), msg); err != nil {
		return nil, fmt.Errorf("bad json: %w", err)
	}
	return msg, nil
}

// messageJSON prints a message as compact JSON. protojson varies its white
// space on purpose, hence the second step.
func messageJSON(msg proto.Message) (string, error) {
	data, err := protojson.Marshal(msg)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := json.Compact(&out, data); err != nil {
		return "", err
	}
	return out.String(), nil
}

// describe prints "TYPE JSON".
func describe(msg interface{}) (string, error) {
	m, err := toProto(msg)
	if err != nil {
		return "", err
	}
	text, err := messageJSON(m)
	if err != nil {
		return "", err
	}
	return typeName(m) + " " + text, nil
}

// toProto returns the message in the form that protoactor can send. A payload
// that arrived with the JSON serializer is either a *remote.JsonMessage or a
// message of the gogo registry, and the endpoint writer refuses both.
func toProto(msg interface{}) (proto.Message, error) {
	switch m := msg.(type) {
	case proto.Message:
		return m, nil
	case *remote.JsonMessage:
		return parseMessage(m.TypeName, m.Json)
	case gogo.Message:
		out, err := newMessage(gogo.MessageName(m))
		if err != nil {
			return nil, err
		}
		data, err := gogo.Marshal(m)
		if err != nil {
			return nil, err
		}
		return out, proto.Unmarshal(data, out)
	}
	return nil, fmt.Errorf("not a protobuf message: %T", msg)
}
