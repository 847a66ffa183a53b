package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// counts is how many tests ended how.
type counts struct{ passed, failed, skipped int }

func (c counts) known() bool { return c != counts{} }

func (c *counts) add(o counts) {
	c.passed += o.passed
	c.failed += o.failed
	c.skipped += o.skipped
}

func (c counts) String() string {
	s := fmt.Sprintf("%d passed, %d failed", c.passed, c.failed)
	if c.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return s
}

var (
	// The closing lines of node's test runner: "# pass 12" as TAP, "ℹ pass 12" as spec.
	nodeLine = regexp.MustCompile(`^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$`)
	// The plain closing line, which the browser suite prints.
	plainLine = regexp.MustCompile(`^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$`)
)

// countLine adds what a closing line of a test runner says.
func (c *counts) countLine(line string) {
	if m := nodeLine.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[2])
		switch m[1] {
		case "pass":
			c.passed += n
		case "fail", "cancelled":
			c.failed += n
		default:
			c.skipped += n
		}
		return
	}
	if m := plainLine.FindStringSubmatch(line); m != nil {
		passed, _ := strconv.Atoi(m[1])
		failed, _ := strconv.Atoi(m[2])
		skipped, _ := strconv.Atoi(m[3])
		c.add(counts{passed, failed, skipped})
	}
}
