package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	fuzzEach = 5 * time.Second  // for one target, unless FUZZTIME says otherwise
	fuzzAll  = 90 * time.Second // for all targets together, without building them

	fuzzTries = 3 // of a target that ends in deadlineRace: seen once in 6 runs with -race, 0 in 12 without
)

// fuzzTarget is a fuzz function in a package of the module in dir.
type fuzzTarget struct{ dir, pkg, name string }

var fuzzName = regexp.MustCompile(`^Fuzz([^\p{Ll}].*)?$`)

// isFuzzName tells whether a line of go test -list is a fuzz target. Other
// lines can only be the package's closing line or output of its TestMain.
func isFuzzName(s string) bool { return fuzzName.MatchString(s) && !strings.ContainsAny(s, " \t") }

// fuzz runs every fuzz target that it finds. New inputs go to the go command's
// cache; only an input that fails is written to the package's testdata/fuzz,
// from where it is to be committed with the fix.
func (c *checker) fuzz(ctx context.Context) (string, error) {
	var targets []fuzzTarget
	for _, dir := range c.modules {
		found, err := c.fuzzTargets(ctx, dir)
		if err != nil {
			return "", err
		}
		targets = append(targets, found...)
	}
	each, err := fuzzTime(os.Getenv("FUZZTIME"), len(targets))
	if err != nil {
		return "", err
	}
	for _, t := range targets {
		if err := c.fuzzOne(ctx, t, each); err != nil {
			c.total.failed++
			return "", fmt.Errorf("%s in %s: %w", t.name, t.pkg, err)
		}
	}
	return fmt.Sprintf("%d targets, %v each", len(targets), each), nil
}

// fuzzTargets lists the fuzz targets of the module in dir, by package.
func (c *checker) fuzzTargets(ctx context.Context, dir string) ([]fuzzTarget, error) {
	var found []fuzzTarget
	err := c.exec(ctx, dir, func(line string) {
		var e testEvent
		if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
			c.print(line)
			return
		}
		name := strings.TrimSpace(e.Output)
		switch {
		case e.Action == "build-output":
			c.print(strings.TrimRight(e.Output, "\n"))
		case e.Action == "output" && isFuzzName(name):
			found = append(found, fuzzTarget{dir, e.Package, name})
		}
	}, "go", "test", "-json", "-vet=off", "-list=^Fuzz", "./...")
	if err != nil {
		return nil, fmt.Errorf("listing fuzz targets: %w", err)
	}
	return found, nil
}

// fuzzTime shares the time for all targets, at most fuzzEach and at least a
// second for each. A time that was asked for is taken as it is.
func fuzzTime(asked string, targets int) (time.Duration, error) {
	if asked != "" {
		d, err := time.ParseDuration(asked)
		if err != nil || d <= 0 {
			return 0, fmt.Errorf("FUZZTIME=%q is not a duration above zero", asked)
		}
		return d, nil
	}
	share := fuzzAll / time.Duration(max(targets, 1))
	return max(min(fuzzEach, share.Truncate(100*time.Millisecond)), time.Second), nil
}

func (c *checker) fuzzOne(ctx context.Context, t fuzzTarget, each time.Duration) error {
	for try := 1; ; try++ {
		lines, err := c.goFuzz(ctx, t, each)
		last := ""
		for _, l := range lines {
			if strings.HasPrefix(l, "fuzz: elapsed:") {
				last = strings.TrimPrefix(l, "fuzz: ")
			}
		}
		if err == nil {
			fmt.Fprintf(c.out, "ok  \t%s\t%s\t%s\n", t.pkg, t.name, last)
			return nil
		}
		for _, l := range lines {
			c.print(l)
		}
		if try == fuzzTries || ctx.Err() != nil || !deadlineRace(lines) {
			return err
		}
		c.print("that is go.dev/issue/75804, a race in the go command at the end of -fuzztime, and no finding: once more")
	}
}

func (c *checker) goFuzz(ctx context.Context, t fuzzTarget, each time.Duration) (lines []string, err error) {
	err = c.exec(ctx, t.dir, func(l string) { lines = append(lines, l) },
		"go", "test", "-vet=off", "-run=^$", "-fuzz=^"+t.name+"$",
		"-fuzztime="+each.String(), "-fuzzminimizetime=5s", t.pkg)
	return lines, err
}

// deadlineRace tells whether a target failed with nothing but the fuzzing
// engine's own deadline: one line after "--- FAIL", and no failing input.
func deadlineRace(lines []string) bool {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.HasPrefix(l, "=== ") })
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "--- FAIL: Fuzz") })
	return i >= 0 && i+2 < len(lines) && strings.TrimSpace(lines[i+1]) == "context deadline exceeded" && lines[i+2] == "FAIL"
}
