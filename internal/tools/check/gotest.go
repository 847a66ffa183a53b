package main

import (
	"context"
	"encoding/json"
	"strings"
)

// test runs the Go suite. -count=1, because a cached result is no run.
func (c *checker) test(ctx context.Context) (string, error) {
	n, err := c.goTest(ctx, "-count=1", "-timeout=2m")
	c.total.add(n)
	return n.String(), err
}

// race runs the same tests again. After test only failures add to the total.
func (c *checker) race(ctx context.Context) (string, error) {
	n, err := c.goTest(ctx, "-race", "-count=1", "-timeout=6m")
	if c.total.known() {
		c.total.failed += n.failed
	} else {
		c.total.add(n)
	}
	return n.String() + ", with the race detector", err
}

func (c *checker) goTest(ctx context.Context, flags ...string) (counts, error) {
	var sum counts
	err := c.eachModule(func(dir string) error {
		log := newTestLog(c.print)
		args := append([]string{"test", "-json", "-vet=off"}, flags...)
		err := c.exec(ctx, dir, log.line, "go", append(args, "./...")...)
		sum.add(log.counts)
		return err
	})
	return sum, err
}

// testEvent is a line of go test -json; see go doc cmd/test2json.
type testEvent struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A testLog turns the events of go test -json into what go test prints, with
// the whole output of tests that failed, and counts tests. A test with
// subtests is not counted beside them, unless it failed by itself.
type testLog struct {
	counts counts
	print  func(string)
	output map[string]map[string]*strings.Builder // package, test ("" is the package itself)
	parent map[string]verdicts                    // package and test
	failed map[string]bool                        // packages with a failed test
}

// verdicts is what is known of a test's subtests.
type verdicts struct{ some, failed bool }

func newTestLog(print func(string)) *testLog {
	return &testLog{
		print:  print,
		output: make(map[string]map[string]*strings.Builder),
		parent: make(map[string]verdicts),
		failed: make(map[string]bool),
	}
}

// line takes one line of go test -json. A line that is no event, such as an
// error of the go command itself, is printed as it is.
func (t *testLog) line(line string) {
	var e testEvent
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		t.print(line)
		return
	}
	switch e.Action {
	case "build-output":
		t.print(strings.TrimRight(e.Output, "\n"))
	case "output":
		t.keep(e)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
	}
}

// keep stores output until it is known how its test ends.
func (t *testLog) keep(e testEvent) {
	if e.Test == "" && (e.Output == "PASS\n" || e.Output == "FAIL\n") || strings.HasPrefix(e.Output, "=== ") {
		return
	}
	tests := t.output[e.Package]
	if tests == nil {
		tests = make(map[string]*strings.Builder)
		t.output[e.Package] = tests
	}
	if tests[e.Test] == nil {
		tests[e.Test] = new(strings.Builder)
	}
	tests[e.Test].WriteString(e.Output)
}

func (t *testLog) endTest(e testEvent) {
	key := e.Package + " " + e.Test
	sub := t.parent[key]
	switch {
	case e.Action == "fail" && !sub.failed:
		t.counts.failed++
	case sub.some: // counted by its subtests
	case e.Action == "skip":
		t.counts.skipped++
	case e.Action == "pass":
		t.counts.passed++
	}
	failed := e.Action == "fail"
	// A subtest's own name may hold slashes, so every prefix may be its parent.
	for i := range e.Test {
		if e.Test[i] == '/' {
			above := e.Package + " " + e.Test[:i]
			v := t.parent[above]
			t.parent[above] = verdicts{some: true, failed: v.failed || failed}
		}
	}
	if failed {
		t.failed[e.Package] = true
		t.show(e.Package, e.Test)
	}
	delete(t.output[e.Package], e.Test)
}

// endPackage prints a package's closing line. A package that failed without a
// failing test (it did not build, it leaked, it ran out of time) counts as one.
func (t *testLog) endPackage(e testEvent) {
	if e.Action == "fail" {
		if !t.failed[e.Package] {
			t.counts.failed++
		}
		for test := range t.output[e.Package] {
			if test != "" {
				t.show(e.Package, test)
			}
		}
	}
	t.show(e.Package, "")
	delete(t.output, e.Package)
}

func (t *testLog) show(pkg, test string) {
	if b := t.output[pkg][test]; b != nil && b.Len() > 0 {
		t.print(strings.TrimRight(b.String(), "\n"))
	}
}
