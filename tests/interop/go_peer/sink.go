// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// sink counts numbered messages and checks their order. The first number may
// be any; each further one must be its predecessor plus one.
type sink struct {
	count    uint64 // all StringValue and BytesValue messages
	first    uint64 // first number seen
	last     uint64 // latest number seen
	numbered uint64 // messages that had a number
	missing  uint64 // numbers skipped by forward jumps
	backward uint64 // numbers not above their predecessor: repeated or late
	bytes    uint64 // payload bytes
}

func (s *sink) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *wrapperspb.StringValue:
		number, err := strconv.ParseUint(msg.GetValue(), 10, 64)
		s.take(number, err == nil, len(msg.GetValue()))
	case *wrapperspb.BytesValue:
		var number uint64
		if len(msg.GetValue()) >= 8 {
			number = binary.LittleEndian.Uint64(msg.GetValue())
		}
		s.take(number, len(msg.GetValue()) >= 8, len(msg.GetValue()))
	case *emptypb.Empty:
		reply(ctx, nil, wrapperspb.String(s.summary()))
	case *structpb.Struct:
		reply(ctx, nil, s.details())
	}
}

func (s *sink) take(number uint64, valid bool, size int) {
	s.count++
	s.bytes += uint64(size)
	if !valid {
		return
	}
	s.numbered++
	switch {
	case s.numbered == 1:
		s.first = number
	case number <= s.last:
		s.backward++
	default:
		s.missing += number - s.last - 1
	}
	s.last = number
}

// ordered is true as long as no number was missing, repeated or unreadable.
func (s *sink) ordered() bool {
	return s.missing == 0 && s.backward == 0 && s.numbered == s.count
}

func (s *sink) summary() string {
	return fmt.Sprintf("count=%d ordered=%t last=%d", s.count, s.ordered(), s.last)
}

func (s *sink) details() *structpb.Struct {
	number := func(v uint64) *structpb.Value {
		return structpb.NewNumberValue(float64(v))
	}
	return &structpb.Struct{Fields: map[string]*structpb.Value{
		"count":    number(s.count),
		"ordered":  structpb.NewBoolValue(s.ordered()),
		"first":    number(s.first),
		"last":     number(s.last),
		"missing":  number(s.missing),
		"backward": number(s.backward),
		"bytes":    number(s.bytes),
	}}
}
