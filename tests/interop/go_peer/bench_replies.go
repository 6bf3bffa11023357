// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// quietLimit ends a run when no reply came for this long.
const quietLimit = 5 * time.Second

// requester keeps a fixed number of messages to the remote "echo" in flight
// and sends the next one for each reply.
type requester struct {
	target *actor.PID
	size   int
	window int
	total  int
	timed  bool

	sent    int
	replies int
	sentAt  time.Time
	micros  []float64
	done    chan *requester
}

func (r *requester) Receive(ctx actor.Context) {
	switch ctx.Message().(type) {
	case *actor.Started:
		if r.timed {
			r.micros = make([]float64, 0, r.total)
		}
		ctx.SetReceiveTimeout(quietLimit)
		for i := 0; i < r.window; i++ {
			r.next(ctx)
		}
	case *wrapperspb.BytesValue:
		if r.timed {
			r.micros = append(r.micros, float64(time.Since(r.sentAt).Nanoseconds())/1e3)
		}
		r.replies++
		if r.replies == r.total {
			r.finish(ctx)
		} else {
			r.next(ctx)
		}
	case *actor.DeadLetterResponse, *actor.ReceiveTimeout:
		r.finish(ctx)
	}
}

func (r *requester) next(ctx actor.Context) {
	if r.sent == r.total {
		return
	}
	r.sent++
	if r.timed {
		r.sentAt = time.Now()
	}
	ctx.Request(r.target, numberedBytes(uint64(r.sent), r.size))
}

func (r *requester) finish(ctx actor.Context) {
	select {
	case r.done <- r:
	default:
	}
	ctx.Stop(ctx.Self())
}

// benchReplies runs the modes pingpong and window, after a short warm-up.
func benchReplies(n *node, cfg *benchConfig, result *benchResult) error {
	timed := cfg.mode == "pingpong"
	if err := warmUp(n, cfg); err != nil {
		return err
	}
	usage := readUsage()
	start := time.Now()
	r := runRequester(n, cfg, cfg.count, timed)
	if r == nil {
		return fmt.Errorf("not finished after %s", cfg.timeout)
	}
	result.finish(r.replies, time.Since(start), usageSince(usage))
	result.latencyReport = reportLatencies(r.micros)
	return nil
}

// warmUp also opens both connections.
func warmUp(n *node, cfg *benchConfig) error {
	count := cfg.count / 10
	if count < 100 {
		count = 100
	}
	if count > 2000 {
		count = 2000
	}
	if r := runRequester(n, cfg, count, false); r == nil || r.replies < count {
		return fmt.Errorf("no replies from the echo actor")
	}
	return nil
}

// runRequester returns nil when the run took too long.
func runRequester(n *node, cfg *benchConfig, total int, timed bool) *requester {
	done := make(chan *requester, 1)
	n.system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor {
		return &requester{
			target: actor.NewPID(cfg.addr, "echo"),
			size:   cfg.size,
			window: cfg.width,
			total:  total,
			timed:  timed,
			done:   done,
		}
	}))
	select {
	case r := <-done:
		return r
	case <-time.After(cfg.timeout):
		return nil
	}
}
