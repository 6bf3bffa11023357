// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// localTimeout limits questions to actors of this process.
const localTimeout = 5 * time.Second

// Requests to a watcher actor; they never leave the process.
type (
	watchRequest   struct{ pid *actor.PID }
	unwatchRequest struct{ pid *actor.PID }
	watchDone      struct{}
)

// watcher watches on request and prints every Terminated it gets.
type watcher struct {
	name string
	out  *lineWriter
}

func (w *watcher) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *watchRequest:
		ctx.Watch(msg.pid)
		ctx.Respond(&watchDone{})
	case *unwatchRequest:
		ctx.Unwatch(msg.pid)
		ctx.Respond(&watchDone{})
	case *actor.Terminated:
		w.out.event("terminated %s %s %s why=%d", w.name,
			msg.GetWho().GetAddress(), msg.GetWho().GetId(), msg.GetWhy())
	}
}

// watchers keeps the watcher actors by name.
type watchers struct {
	mu   sync.Mutex
	node *node
	out  *lineWriter
	pids map[string]*actor.PID
}

func newWatchers(n *node, out *lineWriter) *watchers {
	return &watchers{node: n, out: out, pids: make(map[string]*actor.PID)}
}

// ask hands a request to the named watcher, spawning it when needed.
func (w *watchers) ask(name string, request interface{}) error {
	pid, err := w.get(name)
	if err != nil {
		return err
	}
	return w.node.system.Root.RequestFuture(pid, request, localTimeout).Wait()
}

func (w *watchers) get(name string) (*actor.PID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if pid, ok := w.pids[name]; ok && w.node.exists(name) {
		return pid, nil
	}
	props := actor.PropsFromProducer(func() actor.Actor {
		return &watcher{name: name, out: w.out}
	})
	pid, err := w.node.system.Root.SpawnNamed(props, name)
	if err != nil {
		return nil, errors.New("name exists")
	}
	w.pids[name] = pid
	return pid, nil
}
