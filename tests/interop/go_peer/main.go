// SPDX-License-Identifier: BSD-3-Clause

// Command go_peer is a real protoactor-go node for interop tests, the demo and
// the benchmarks. See README.md for its commands.
package main

import (
	"fmt"
	"os"

	"caf_remote/tests/interop/go_peer/golden"
)

// Exit codes of the process.
const (
	exitOK      = 0
	exitError   = 1
	exitUsage   = 2
	exitExpired = 3
)

const usage = `usage:
  go_peer serve [--host H] [--port P] [--advertised ADDR] [--life D] [--batch N]
                [--log-level L] [--detached]
  go_peer bench-server [the same flags]
  go_peer bench-client [--host H] [--batch N] [--timeout D] [--log-level L]
                ADDR oneway|flood|pingpong|window COUNT SIZE [SENDERS|WINDOW]
                ADDR openloop RATE SECONDS SIZE
  go_peer golden [--advertised ADDR] [--target ADDR] [--system-id ID]`

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "serve":
		return runServe(args[1:])
	case "bench-server":
		return runBenchServer(args[1:])
	case "bench-client":
		return runBenchClient(args[1:])
	case "golden":
		return golden.Run(args[1:], os.Stdout)
	case "help", "-h", "--help":
		fmt.Println(usage)
		return exitOK
	}
	fmt.Fprintln(os.Stderr, usage)
	return exitUsage
}
