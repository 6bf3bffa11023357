// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"
)

const (
	// defaultBatch is protoactor's own batch size.
	defaultBatch = 1000
	// batchByteLimit keeps batches below grpc-go's default receive limit of
	// 4 MiB, above which a whole batch is lost without an error here.
	batchByteLimit = 4<<20 - 64<<10
	// envelopeOverhead is an upper bound for what an envelope adds.
	envelopeOverhead = 64
)

// benchConfig is what the command line asks for.
type benchConfig struct {
	addr    string
	mode    string
	count   int
	size    int
	width   int // senders or window
	rate    int // messages per second, for the open loop
	batch   int
	timeout time.Duration
}

// benchResult is the JSON line that a run prints.
type benchResult struct {
	Mode       string  `json:"mode"`
	Count      int     `json:"count"`
	Size       int     `json:"size"`
	Width      int     `json:"width"`
	Rate       int     `json:"rate,omitempty"`
	Batch      int     `json:"batch"`
	MsgsPerSec float64 `json:"msgs_per_s"`
	Seconds    float64 `json:"seconds"`
	*latencyReport
	usageReport
	Lost        int    `json:"lost"`
	DeadLetters uint64 `json:"dead_letters"`
}

func runBenchClient(args []string) int {
	cfg := &benchConfig{}
	flags := &nodeFlags{}
	fs := flag.NewFlagSet("bench-client", flag.ContinueOnError)
	fs.StringVar(&flags.host, "host", "127.0.0.1", "address to bind to")
	fs.StringVar(&flags.logLevel, "log-level", "error", "debug, info, warn, error or off")
	fs.IntVar(&cfg.batch, "batch", 0, "messages per batch, 0 for 1000 or what fits 4 MiB")
	fs.DurationVar(&cfg.timeout, "timeout", 60*time.Second, "limit for the whole run")
	if err := fs.Parse(args); err != nil {
		return exitUsage
	}
	if err := cfg.parse(fs.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		fmt.Fprintln(os.Stderr, usage)
		return exitUsage
	}
	flags.batch = cfg.batch
	time.AfterFunc(cfg.timeout+10*time.Second, func() { os.Exit(exitExpired) })
	result, err := runBench(flags, cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		return exitError
	}
	line, err := json.Marshal(result)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		return exitError
	}
	fmt.Println(string(line))
	if result.Lost > 0 && cfg.mode != "flood" {
		return exitError
	}
	return exitOK
}

func (cfg *benchConfig) parse(args []string) error {
	if len(args) != 4 && len(args) != 5 {
		return fmt.Errorf("expected ADDR MODE COUNT SIZE [SENDERS|WINDOW] or ADDR openloop RATE SECONDS SIZE")
	}
	cfg.addr, cfg.mode = args[0], args[1]
	numbers := make([]int, 0, 3)
	for _, text := range args[2:] {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 {
			return fmt.Errorf("bad number %s", text)
		}
		numbers = append(numbers, number)
	}
	cfg.count, cfg.size = numbers[0], numbers[1]
	switch cfg.mode {
	case "oneway", "flood", "pingpong":
		cfg.width = 1
	case "window":
		cfg.width = 100
	case "openloop":
		if len(numbers) != 3 {
			return fmt.Errorf("expected RATE SECONDS SIZE")
		}
		cfg.width = 1
		cfg.rate, cfg.count, cfg.size = numbers[0], numbers[0]*numbers[1], numbers[2]
	default:
		return fmt.Errorf("unknown mode %s", cfg.mode)
	}
	if len(numbers) == 3 && cfg.mode != "openloop" {
		cfg.width = numbers[2]
	}
	if cfg.mode == "pingpong" && cfg.width != 1 {
		return fmt.Errorf("pingpong has one message in flight")
	}
	if cfg.size < 8 {
		return fmt.Errorf("bad size %d, at least 8", cfg.size)
	}
	if cfg.batch == 0 {
		cfg.batch = defaultBatch
		if fit := batchByteLimit / (cfg.size + envelopeOverhead); fit < cfg.batch {
			cfg.batch = fit
		}
		if cfg.batch < 1 {
			cfg.batch = 1
		}
	}
	return nil
}

func runBench(flags *nodeFlags, cfg *benchConfig) (*benchResult, error) {
	n, err := startNode(flags)
	if err != nil {
		return nil, err
	}
	events := newEventPrinter(n.system, newLineWriter(os.Stderr))
	events.on.Store(false)
	result := &benchResult{
		Mode:  cfg.mode,
		Count: cfg.count,
		Size:  cfg.size,
		Width: cfg.width,
		Rate:  cfg.rate,
		Batch: cfg.batch,
	}
	switch cfg.mode {
	case "oneway", "flood":
		err = benchOneway(n, cfg, result)
	case "openloop":
		err = benchOpenLoop(n, cfg, result)
	default:
		err = benchReplies(n, cfg, result)
	}
	result.DeadLetters = events.deadLetters.Load()
	return result, err
}

// finish fills in the figures that all modes share.
func (r *benchResult) finish(arrived int, elapsed time.Duration, usage usageReport) {
	r.Lost = r.Count - arrived
	r.Seconds = elapsed.Seconds()
	r.MsgsPerSec = math.Round(float64(arrived) / elapsed.Seconds())
	r.usageReport = usage
}
