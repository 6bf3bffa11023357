// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// maxQueuedEvents limits how many lines may wait for a reader that does not
// read; further events are dropped, answers never are.
const maxQueuedEvents = 10000

// lineWriter writes whole lines from any goroutine without ever blocking the
// caller: event handlers run inside protoactor's own goroutines.
type lineWriter struct {
	w       io.Writer
	mu      sync.Mutex
	wake    *sync.Cond
	idle    *sync.Cond
	queue   []string
	writing bool
}

func newLineWriter(w io.Writer) *lineWriter {
	out := &lineWriter{w: w}
	out.wake = sync.NewCond(&out.mu)
	out.idle = sync.NewCond(&out.mu)
	go out.loop()
	return out
}

// answer queues the answer to a command.
func (out *lineWriter) answer(line string) {
	out.mu.Lock()
	defer out.mu.Unlock()
	out.push(line)
}

// event queues an asynchronous line; the prefix "event " is added here.
func (out *lineWriter) event(format string, args ...interface{}) {
	out.mu.Lock()
	defer out.mu.Unlock()
	if len(out.queue) < maxQueuedEvents {
		out.push("event " + fmt.Sprintf(format, args...))
	}
}

// flush waits until everything is written, but never longer than the limit.
func (out *lineWriter) flush(limit time.Duration) {
	done := make(chan struct{})
	go func() {
		out.mu.Lock()
		for out.writing || len(out.queue) > 0 {
			out.idle.Wait()
		}
		out.mu.Unlock()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

func (out *lineWriter) push(line string) {
	out.queue = append(out.queue, oneLine(line)+"\n")
	out.wake.Signal()
}

func (out *lineWriter) loop() {
	out.mu.Lock()
	for {
		for len(out.queue) == 0 {
			out.idle.Broadcast()
			out.wake.Wait()
		}
		lines := strings.Join(out.queue, "")
		out.queue = nil
		out.writing = true
		out.mu.Unlock()
		_, _ = io.WriteString(out.w, lines)
		out.mu.Lock()
		out.writing = false
	}
}

var lineBreaks = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// oneLine keeps foreign text (ids, error texts) from breaking the protocol.
func oneLine(text string) string {
	return lineBreaks.Replace(text)
}
