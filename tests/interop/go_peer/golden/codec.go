// SPDX-License-Identifier: BSD-3-Clause

package golden

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// frame is one gRPC message exactly as it was on the wire.
type frame []byte

// rawCodec hands frames through untouched and treats everything else as
// protobuf, so that one stream can send messages and receive bytes.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v interface{}) ([]byte, error) {
	switch m := v.(type) {
	case *frame:
		return *m, nil
	case proto.Message:
		return proto.Marshal(m)
	}
	return nil, fmt.Errorf("cannot marshal %T", v)
}

func (rawCodec) Unmarshal(data []byte, v interface{}) error {
	switch m := v.(type) {
	case *frame:
		*m = append(frame(nil), data...)
		return nil
	case proto.Message:
		return proto.Unmarshal(data, m)
	}
	return fmt.Errorf("cannot unmarshal %T", v)
}
