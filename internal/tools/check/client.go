package main

import (
	"context"
	"path/filepath"
	"strings"
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

// browsers installs what the conversations in browsers need.
func (c *checker) browsers(ctx context.Context) (string, error) {
	const install = "client-js/e2e/install.sh"
	if !c.exists(install) {
		return "", absent(install)
	}
	if err := c.exec(ctx, c.root, c.print, "bash", install); err != nil {
		c.noBrowsers = true
		return "", skipped("NOT INSTALLED, see above for what is missing: nothing will be tested in a browser")
	}
	return "", nil
}

// e2e holds conversations in browsers, and looks at the demo and the examples.
func (c *checker) e2e(ctx context.Context) (string, error) {
	if c.noBrowsers {
		return "", skipped("NOT TESTED, there are no browsers")
	}
	var notes []string
	for _, name := range []string{"run", "demo", "examples"} {
		script := "client-js/e2e/" + name + ".mjs"
		if !c.exists(script) {
			continue
		}
		note, err := c.counted(ctx, c.root, "node", script)
		notes = append(notes, name+": "+note)
		if err != nil {
			return strings.Join(notes, "; "), err
		}
	}
	if notes == nil {
		return "", absent("client-js/e2e/run.mjs")
	}
	return strings.Join(notes, "; "), nil
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
