// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const benchServerLife = 10 * time.Minute

// runBenchServer serves "counter" and "echo" (and the other actors of serve)
// without events and commands. It reports its resources when stdin closes.
func runBenchServer(args []string) int {
	flags, code := parseNodeFlags("bench-server", args, benchServerLife)
	if flags == nil {
		return code
	}
	s, err := startServer(flags)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		return exitError
	}
	s.events.on.Store(false)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if flags.detached {
		select {}
	}
	report := struct {
		Mode string `json:"mode"`
		usageReport
		DeadLetters uint64 `json:"dead_letters"`
	}{"server", usageSince(syscall.Rusage{}), s.events.deadLetters.Load()}
	line, err := json.Marshal(report)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		return exitError
	}
	s.out.answer(string(line))
	s.exit(exitOK)
	return exitOK
}
