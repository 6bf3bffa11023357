// SPDX-License-Identifier: BSD-3-Clause

package golden

import (
	"fmt"
	"net"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
)

// frameTimeout is how long a capture waits for one message.
const frameTimeout = 10 * time.Second

// listener is a plain gRPC server that keeps what a node sends to it.
type listener struct {
	remote.UnimplementedRemotingServer
	frames chan frame
	gate   chan struct{} // ConnectResponse is held back until this is closed
	lis    net.Listener
	server *grpc.Server
}

func newListener() (*listener, error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &listener{
		frames: make(chan frame, 100),
		gate:   make(chan struct{}),
		lis:    lis,
		server: grpc.NewServer(grpc.ForceServerCodec(rawCodec{})),
	}
	remote.RegisterRemotingServer(l.server, l)
	go func() { _ = l.server.Serve(lis) }()
	return l, nil
}

// Receive implements remote.RemotingServer. It reads below the generated code
// to get at the bytes.
func (l *listener) Receive(stream remote.Remoting_ReceiveServer) error {
	var first frame
	if err := stream.RecvMsg(&first); err != nil {
		return err
	}
	l.frames <- first
	<-l.gate
	err := stream.Send(&remote.RemoteMessage{
		MessageType: &remote.RemoteMessage_ConnectResponse{
			ConnectResponse: &remote.ConnectResponse{MemberId: "golden-listener"},
		},
	})
	for err == nil {
		var next frame
		if err = stream.RecvMsg(&next); err == nil {
			l.frames <- next
		}
	}
	return err
}

// open lets the handshake finish.
func (l *listener) open() { close(l.gate) }

func (l *listener) next() (frame, error) {
	select {
	case f := <-l.frames:
		return f, nil
	case <-time.After(frameTimeout):
		return nil, fmt.Errorf("nothing arrived in %s", frameTimeout)
	}
}

func (l *listener) close() { l.server.Stop() }
