// Command check runs everything that this repository asks of a change, one
// section after another, and stops at the first one that fails.
//
//	go run -C internal/tools ./check -root "$PWD" [section ...]
//
// Without sections it runs all of them. It ends with a table of times and,
// where tests were counted, with the line "N passed, N failed".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// A section is one named part of the checks. Its function returns a short
// note for the closing table, such as how many tests passed.
type section struct {
	name  string
	about string
	limit time.Duration // the section fails when it takes longer
	run   func(*checker, context.Context) (note string, err error)
}

// skipped is the error of a section that could not run for a reason that is no
// failure. It is said in place of a verdict.
type skipped string

func (s skipped) Error() string { return string(s) }

// sections lists all checks in the order in which they run: cheap ones first.
func sections() []section {
	return []section{
		{"toolchain", "the tools that the checks need", 5 * time.Minute, (*checker).toolchain},
		{"gofmt", "every Go file is formatted", time.Minute, (*checker).gofmt},
		{"vet", "go vet in every module", 5 * time.Minute, (*checker).vet},
		{"staticcheck", "staticcheck in every module", 5 * time.Minute, (*checker).staticcheck},
		{"govulncheck", "known vulnerabilities in what is called", 5 * time.Minute, (*checker).govulncheck},
		{"browsers", "browsers and old engines, installed where missing", 8 * time.Minute, (*checker).browsers},
		{"test", "the Go suite", 5 * time.Minute, (*checker).test},
		{"race", "the Go suite with the race detector", 10 * time.Minute, (*checker).race},
		{"fuzz", "every fuzz target for a short time", 6 * time.Minute, (*checker).fuzz},
		{"client", "the JS client: npm ci, npm test", 8 * time.Minute, (*checker).client},
		{"e2e", "real browsers against the real server", 15 * time.Minute, (*checker).e2e},
	}
}

func main() {
	root := flag.String("root", ".", "the repository's root `directory`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, *root, flag.Args())
	stop()
	if err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, root string, names []string) error {
	todo, err := choose(sections(), names)
	if err != nil {
		fmt.Fprintln(out, "check:", err)
		return err
	}
	c, err := newChecker(out, root)
	if err != nil {
		fmt.Fprintln(out, "check:", err)
		return err
	}
	return c.runAll(ctx, todo)
}

// choose returns the named sections in the order of all, or all of them when
// there are no names.
func choose(all []section, names []string) ([]section, error) {
	if len(names) == 0 {
		return all, nil
	}
	want := make(map[string]bool)
	for _, name := range names {
		want[name] = true
	}
	var todo []section
	for _, s := range all {
		if want[s.name] {
			todo = append(todo, s)
			delete(want, s.name)
		}
	}
	for name := range want {
		return nil, fmt.Errorf("no section is called %q", name)
	}
	return todo, nil
}

// runAll runs the sections until one fails and prints the table of times.
func (c *checker) runAll(ctx context.Context, todo []section) error {
	var table strings.Builder
	var failure error
	begin := time.Now()
	for _, s := range todo {
		fmt.Fprintf(c.out, "\n==== %s: %s\n", s.name, s.about)
		start := time.Now()
		note, err := c.runOne(ctx, s)
		took := time.Since(start)
		verdict := "ok"
		var skip skipped
		switch {
		case errors.As(err, &skip):
			verdict, note, err = "-", skip.Error(), nil
		case err != nil:
			verdict, note = "FAILED", err.Error()
		}
		if skip != "" {
			fmt.Fprintf(c.out, "---- %s: %s\n", s.name, skip)
		} else {
			fmt.Fprintf(c.out, "---- %s: %s in %.1f s\n", s.name, verdict, took.Seconds())
		}
		fmt.Fprintf(&table, "%-12s %-6s %7.1f s  %s\n", s.name, verdict, took.Seconds(), note)
		if err != nil {
			failure = fmt.Errorf("%s: %w", s.name, err)
			break
		}
	}
	fmt.Fprintf(c.out, "\n==== times\n%s%-19s %7.1f s\n\n", &table, "all", time.Since(begin).Seconds())
	if failure != nil {
		fmt.Fprintf(c.out, "check failed in %v\n", failure)
	}
	// A check that failed outside of a test leaves no count to speak of.
	if failure == nil && c.total.known() || c.total.failed > 0 {
		fmt.Fprintln(c.out, c.total)
	}
	return failure
}

// runOne runs one section within its time limit.
func (c *checker) runOne(ctx context.Context, s section) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit, fmt.Errorf("took longer than %v", s.limit))
	defer cancel()
	note, err := s.run(c, ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return note, err
}
