// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// askInterval is when an unanswered question is repeated.
const askInterval = 3 * time.Second

// benchOneway sends to the remote "counter" without waiting, then asks it for
// the count. The question travels behind the messages, so its answer tells
// when they were all processed.
func benchOneway(n *node, cfg *benchConfig, result *benchResult) error {
	before, err := askCount(n, cfg.addr, cfg.timeout)
	if err != nil {
		return fmt.Errorf("no answer from the counter: %w", err)
	}
	usage := readUsage()
	start := time.Now()
	var senders sync.WaitGroup
	for i := 0; i < cfg.width; i++ {
		share := cfg.count / cfg.width
		if i < cfg.count%cfg.width {
			share++
		}
		senders.Add(1)
		go func() {
			defer senders.Done()
			pid := actor.NewPID(cfg.addr, "counter")
			for k := 1; k <= share; k++ {
				n.system.Root.Send(pid, numberedBytes(uint64(k), cfg.size))
			}
		}()
	}
	senders.Wait()
	after, err := askCount(n, cfg.addr, cfg.timeout)
	if err != nil {
		return fmt.Errorf("no answer from the counter: %w", err)
	}
	result.finish(int(after-before), time.Since(start), usageSince(usage))
	return nil
}

// askCount repeats the question now and then, in case it was lost with the
// batch that carried it.
func askCount(n *node, addr string, timeout time.Duration) (uint64, error) {
	replies := make(chan envelope, 1)
	root := n.system.Root
	collector := root.SpawnPrefix(actor.PropsFromFunc(collect(replies)), "ask")
	defer root.Stop(collector)
	limit := time.After(timeout)
	for {
		root.RequestWithCustomSender(actor.NewPID(addr, "counter"), &emptypb.Empty{}, collector)
		select {
		case res := <-replies:
			count, ok := res.msg.(*wrapperspb.UInt64Value)
			if !ok {
				return 0, fmt.Errorf("got %s", typeName(res.msg))
			}
			return count.GetValue(), nil
		case <-time.After(askInterval):
		case <-limit:
			return 0, errTimeout
		}
	}
}
