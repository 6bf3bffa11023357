// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const (
	ticksPerSecond = 1000
	// openLoopDelay is from the making of a schedule to its first message.
	openLoopDelay = 5 * time.Millisecond
)

// schedule says when each message is to be sent, whatever became of those
// before it: what is due in a millisecond is due at its begin.
type schedule struct {
	rate  int
	start time.Time
}

func (s *schedule) tick(number int) int {
	return ((number+1)*ticksPerSecond - 1) / s.rate
}

// due tells when message number was to be sent, from 0.
func (s *schedule) due(number int) time.Time {
	return s.start.Add(time.Duration(s.tick(number)) * time.Second / ticksPerSecond)
}

// run calls send with the number of each message. It sleeps in the kernel,
// which wakes it more exactly than Go's timers do.
func (s *schedule) run(count int, send func(number int)) {
	for i := 0; i < count; i++ {
		if i == 0 || s.tick(i) != s.tick(i-1) {
			for left := time.Until(s.due(i)); left > 0; left = time.Until(s.due(i)) {
				ts := syscall.NsecToTimespec(left.Nanoseconds())
				_ = syscall.Nanosleep(&ts, nil)
			}
		}
		send(i)
	}
}

// listener takes the replies to what somebody else sends in its name.
type listener struct {
	plan   *schedule
	total  int
	micros []float64
	done   chan []float64
}

func (l *listener) Receive(ctx actor.Context) {
	msg, ok := ctx.Message().(*wrapperspb.BytesValue)
	if !ok {
		return
	}
	number := int(binary.LittleEndian.Uint64(msg.GetValue()))
	took := time.Since(l.plan.due(number))
	l.micros = append(l.micros, float64(took.Nanoseconds())/1e3)
	if len(l.micros) == l.total {
		l.done <- l.micros
	}
}

// benchOpenLoop sends to the remote "echo" by a schedule and measures from when
// each message was to be sent.
func benchOpenLoop(n *node, cfg *benchConfig, result *benchResult) error {
	if err := warmUp(n, cfg); err != nil {
		return err
	}
	usage := readUsage()
	start := time.Now()
	plan := &schedule{rate: cfg.rate, start: start.Add(openLoopDelay)}
	done := make(chan []float64, 1)
	sender := n.system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor {
		return &listener{plan: plan, total: cfg.count, micros: make([]float64, 0, cfg.count), done: done}
	}))
	defer n.system.Root.Stop(sender)
	pid := actor.NewPID(cfg.addr, "echo")
	plan.run(cfg.count, func(number int) {
		n.system.Root.RequestWithCustomSender(pid, numberedBytes(uint64(number), cfg.size), sender)
	})
	select {
	case micros := <-done:
		result.finish(len(micros), time.Since(start), usageSince(usage))
		result.latencyReport = reportLatencies(micros)
		return nil
	case <-time.After(cfg.timeout):
		return fmt.Errorf("not finished after %s", cfg.timeout)
	}
}
