// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
)

// maxDeadLetterEvents is how many dead letters are printed per second.
const maxDeadLetterEvents = 20

// eventPrinter prints what protoactor publishes on its event stream.
type eventPrinter struct {
	out         *lineWriter
	on          atomic.Bool
	deadLetters atomic.Uint64

	mu         sync.Mutex
	windowEnd  time.Time
	printed    int
	suppressed int
}

func newEventPrinter(system *actor.ActorSystem, out *lineWriter) *eventPrinter {
	p := &eventPrinter{out: out}
	p.on.Store(true)
	system.EventStream.Subscribe(p.handle)
	return p
}

func (p *eventPrinter) handle(event interface{}) {
	switch e := event.(type) {
	case *actor.DeadLetterEvent:
		p.deadLetters.Add(1)
		if p.on.Load() {
			p.printDeadLetter(e)
		}
	case *remote.EndpointConnectedEvent:
		if p.on.Load() {
			p.out.event("connected %s", e.Address)
		}
	case *remote.EndpointTerminatedEvent:
		if p.on.Load() {
			p.out.event("endpoint_terminated %s", e.Address)
		}
	}
}

func (p *eventPrinter) printDeadLetter(e *actor.DeadLetterEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.After(p.windowEnd) {
		p.windowEnd = now.Add(time.Second)
		p.printed = 0
		time.AfterFunc(time.Second, p.reportSuppressed)
	}
	if p.printed == maxDeadLetterEvents {
		p.suppressed++
		return
	}
	p.printed++
	p.out.event("deadletter %s %s", pidText(e.PID), typeName(e.Message))
}

func (p *eventPrinter) reportSuppressed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.suppressed > 0 {
		p.out.event("deadletters_suppressed %d", p.suppressed)
		p.suppressed = 0
	}
}

// pidText prints ADDR/ID, or - for no PID.
func pidText(pid *actor.PID) string {
	if pid == nil {
		return "-"
	}
	return pid.Address + "/" + pid.Id
}
