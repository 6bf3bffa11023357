// SPDX-License-Identifier: BSD-3-Clause

package golden

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// blockedSystem is a system id that the node has on its block list.
const blockedSystem = "blocked-system"

// captureListener records what the node sends on connections that it accepts.
// It ends with the node's shutdown.
func (c *capture) captureListener() {
	if c.err != nil {
		return
	}
	c.remote.BlockList().Block(blockedSystem)
	c.withStream(blockedSystem, func(stream remote.Remoting_ReceiveClient) error {
		return c.receive(stream, "connect_response_blocked")
	})
	c.withStream("golden-dialer", func(stream remote.Remoting_ReceiveClient) error {
		if err := c.receive(stream, "connect_response"); err != nil {
			return err
		}
		done := make(chan struct{})
		go func() {
			c.remote.Shutdown(true)
			close(done)
		}()
		if err := c.receive(stream, "disconnect_request"); err != nil {
			return err
		}
		// The node waits for this side to close.
		if err := stream.CloseSend(); err != nil {
			return err
		}
		<-done
		return nil
	})
}

// withStream opens a connection to the node and sends a ConnectRequest.
func (c *capture) withStream(systemID string, use func(remote.Remoting_ReceiveClient) error) {
	if c.err != nil {
		return
	}
	c.err = c.tryStream(systemID, use)
}

func (c *capture) tryStream(systemID string, use func(remote.Remoting_ReceiveClient) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*frameTimeout)
	defer cancel()
	conn, err := grpc.DialContext(ctx, c.port,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := remote.NewRemotingClient(conn).Receive(ctx, grpc.ForceCodec(rawCodec{}))
	if err != nil {
		return err
	}
	err = stream.Send(&remote.RemoteMessage{
		MessageType: &remote.RemoteMessage_ConnectRequest{
			ConnectRequest: &remote.ConnectRequest{
				ConnectionType: &remote.ConnectRequest_ServerConnection{
					ServerConnection: &remote.ServerConnection{
						SystemId: systemID,
						Address:  c.target,
					},
				},
			},
		},
	})
	if err != nil {
		return err
	}
	return use(stream)
}

// receive prints the next message of a stream to the node.
func (c *capture) receive(stream remote.Remoting_ReceiveClient, name string) error {
	result := make(chan error, 1)
	var f frame
	go func() { result <- stream.RecvMsg(&f) }()
	select {
	case err := <-result:
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	case <-time.After(frameTimeout):
		return fmt.Errorf("%s: nothing arrived", name)
	}
	c.print(name, f)
	return nil
}
