// Package leak finds goroutines that tests leave behind. A package with
// goroutines of its own calls Main from its TestMain. Tests that run in a
// bubble of testing/synctest need it least: a bubble fails by itself.
package leak

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long goroutines have to end after the last test: some are
// about to, as those of connections that were closed a moment ago.
const patience = 5 * time.Second

// Main runs the tests of a package and exits, with status 1 and the stacks on
// standard error if they passed but left goroutines behind.
func Main(m *testing.M) {
	before := snapshot()
	code := m.Run()
	if code == 0 {
		if left := wait(before, patience); len(left) > 0 {
			fmt.Fprintf(os.Stderr, "leak: %d goroutines are left after all tests:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// wait returns the stacks of the goroutines that were not there before and do
// not end within the limit. It looks again at growing intervals and returns as
// soon as there are none.
func wait(before map[string]string, limit time.Duration) []string {
	// Idle connections of the default client belong to no test.
	http.DefaultClient.CloseIdleConnections()
	end := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		left := since(before)
		rest := time.Until(end)
		if len(left) == 0 || rest <= 0 {
			return left
		}
		<-time.After(min(pause, rest))
	}
}

// since returns the stacks of the goroutines that are not in before, sorted.
func since(before map[string]string) []string {
	var left []string
	for id, stack := range snapshot() {
		if _, old := before[id]; !old && !harmless(stack) {
			left = append(left, stack)
		}
	}
	slices.Sort(left)
	return left
}

// harmless reports whether a goroutine belongs to the runtime or to the test
// framework, which start some of theirs late.
func harmless(stack string) bool {
	for _, of := range []string{
		"os/signal.signal_recv", "os/signal.loop", "runtime.ensureSigM",
		"testing.(*M).", "testing.runFuzzing", "testing.(*F).Fuzz", "internal/fuzz.",
		"runtime/pprof.", "runtime/trace.",
	} {
		if strings.Contains(stack, of) {
			return true
		}
	}
	return false
}

// snapshot returns the stacks of all other goroutines by their ids.
func snapshot() map[string]string {
	buf := make([]byte, 64<<10)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	// The goroutine that asks comes first.
	_, others, _ := strings.Cut(string(buf[:n]), "\n\n")
	stacks := make(map[string]string)
	for stack := range strings.SplitSeq(strings.TrimSpace(others), "\n\n") {
		id, _, ok := strings.Cut(stack, " [") // "goroutine 7 [chan receive]:"
		if ok {
			stacks[id] = stack
		}
	}
	return stacks
}
