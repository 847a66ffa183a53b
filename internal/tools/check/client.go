package main

import (
	"context"
	"errors"
	"path/filepath"
)

// client installs the JS client's development tools and runs its tests.
func (c *checker) client(ctx context.Context) (string, error) {
	if !c.exists("client-js/package.json") {
		return "", absent("client-js/package.json")
	}
	dir := filepath.Join(c.root, "client-js")
	if err := c.exec(ctx, dir, c.print, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return "", err
	}
	return c.counted(ctx, dir, "npm", "test")
}

// e2e installs browsers, holds conversations in them, and looks at the demo.
func (c *checker) e2e(ctx context.Context) (string, error) {
	const install, run, demo = "client-js/e2e/install.sh", "client-js/e2e/run.mjs", "client-js/e2e/demo.mjs"
	if !c.exists(install) && !c.exists(run) {
		return "", absent(run)
	}
	if c.exists(install) {
		if err := c.exec(ctx, c.root, c.print, "bash", install); err != nil {
			return "", err
		}
	}
	if !c.exists(run) {
		return "", absent(run)
	}
	talks, err := c.counted(ctx, c.root, "node", run)
	if !c.exists(demo) {
		return talks, err
	}
	page, also := c.counted(ctx, c.root, "node", demo)
	return talks + "; the demo: " + page, errors.Join(err, also)
}

// counted runs a test command and adds what its closing lines say. One that
// fails without saying how many failed counts as one.
func (c *checker) counted(ctx context.Context, dir, name string, args ...string) (string, error) {
	var n counts
	err := c.exec(ctx, dir, func(l string) {
		n.countLine(l)
		c.print(l)
	}, name, args...)
	if err != nil && n.failed == 0 {
		n.failed = 1
	}
	c.total.add(n)
	if !n.known() {
		return "passed; it prints no count", err
	}
	return n.String(), err
}

// absent is for a section that has nothing to run yet.
func absent(path string) error { return skipped("nothing to run, there is no " + path) }
