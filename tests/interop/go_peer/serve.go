// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	defaultLife   = 120 * time.Second
	flushTimeout  = time.Second
	maxLineLength = 64 << 20

	// maxQueuedLines lets the reader run ahead of a command that takes time.
	maxQueuedLines = 1 << 16
)

// server is one node under the control of a line protocol.
type server struct {
	node     *node
	out      *lineWriter
	events   *eventPrinter
	watchers *watchers
	once     sync.Once
}

func runServe(args []string) int {
	flags, code := parseNodeFlags("serve", args, defaultLife)
	if flags == nil {
		return code
	}
	s, err := startServer(flags)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		return exitError
	}
	lines := make(chan string, maxQueuedLines)
	go s.read(os.Stdin, lines, flags.detached)
	for line := range lines {
		s.execute(line)
	}
	select {} // detached: the timer or a signal ends the process
}

func parseNodeFlags(name string, args []string, life time.Duration) (*nodeFlags, int) {
	flags := &nodeFlags{}
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.register(fs, life)
	if err := fs.Parse(args); err != nil {
		return nil, exitUsage
	}
	if fs.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "unexpected argument:", fs.Arg(0))
		return nil, exitUsage
	}
	return flags, exitOK
}

// startServer starts the node with one actor of each kind and announces it.
func startServer(flags *nodeFlags) (*server, error) {
	n, err := startNode(flags)
	if err != nil {
		return nil, err
	}
	out := newLineWriter(os.Stdout)
	s := &server{
		node:     n,
		out:      out,
		events:   newEventPrinter(n.system, out),
		watchers: newWatchers(n, out),
	}
	for kind := range actorKinds {
		if _, err := n.spawn(kind, kind); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	out.answer("listening on " + n.address())
	if flags.life > 0 {
		time.AfterFunc(flags.life, func() { s.exit(exitExpired) })
	}
	return s, nil
}

// read passes lines on. It handles the end of input and "exit" itself, so that
// both work while a command is still running.
func (s *server) read(in io.Reader, lines chan<- string, detached bool) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLineLength)
	for scanner.Scan() {
		line := strings.TrimSpace(scanner.Text())
		if word, rest := cutWord(line); word == "exit" {
			if code, err := strconv.Atoi(rest); err == nil {
				s.out.answer("ok")
				s.exit(code)
			}
		}
		if line != "" {
			lines <- line
		}
	}
	if !detached {
		s.exit(exitOK)
	}
	close(lines)
}

// exit ends the process without telling the peers.
func (s *server) exit(code int) {
	s.once.Do(func() {
		s.out.flush(flushTimeout)
		os.Exit(code)
	})
	select {}
}

// execute runs one command line. A line "@TAG COMMAND" runs beside the others
// and its answer begins with "@TAG ".
func (s *server) execute(line string) {
	if strings.HasPrefix(line, "@") {
		tag, rest := cutWord(line)
		go func() { s.out.answer(tag + " " + s.answer(rest)) }()
		return
	}
	s.out.answer(s.answer(line))
}

func (s *server) answer(line string) (result string) {
	defer func() {
		if r := recover(); r != nil {
			result = fmt.Sprintf("error panic: %v", r)
		}
	}()
	name, rest := cutWord(line)
	cmd, ok := commands[name]
	if !ok {
		return "error unknown command " + name
	}
	args, err := splitArgs(rest, cmd.args, cmd.tail)
	if err != nil {
		return "error usage: " + strings.TrimSpace(name+" "+cmd.usage)
	}
	text, err := cmd.run(s, args)
	if err != nil {
		return "error " + err.Error()
	}
	return strings.TrimSpace("ok " + text)
}

// cutWord splits off the first word.
func cutWord(text string) (word, rest string) {
	word, rest, _ = strings.Cut(text, " ")
	return word, strings.TrimLeft(rest, " ")
}

// splitArgs splits off count words; with tail, the rest of the line, which may
// be empty, is one more argument.
func splitArgs(text string, count int, tail bool) ([]string, error) {
	args := make([]string, 0, count+1)
	for i := 0; i < count; i++ {
		word, rest := cutWord(text)
		if word == "" {
			return nil, fmt.Errorf("too few arguments")
		}
		args = append(args, word)
		text = rest
	}
	if tail {
		return append(args, text), nil
	}
	if text != "" {
		return nil, fmt.Errorf("too many arguments")
	}
	return args, nil
}
