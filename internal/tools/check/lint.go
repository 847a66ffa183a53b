package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// toolchain prints what runs the checks and installs the C compiler that the
// race detector needs where it is missing and this is Debian and root.
func (c *checker) toolchain(ctx context.Context) (string, error) {
	if err := c.exec(ctx, c.root, c.print, "go", "version"); err != nil {
		return "", err
	}
	if c.exists("client-js/package.json") {
		for _, tool := range []string{"node", "npm"} {
			if err := c.exec(ctx, c.root, func(l string) { c.print(tool + " " + l) }, tool, "--version"); err != nil {
				return "", fmt.Errorf("the JS client needs Node.js 20 or newer: %w", err)
			}
		}
	}
	return "", c.needCompiler(ctx)
}

func (c *checker) needCompiler(ctx context.Context) error {
	var cc string
	err := c.exec(ctx, c.root, func(l string) { cc = l }, "go", "env", "CC")
	if err != nil {
		return err
	}
	if _, err := exec.LookPath(strings.Fields(cc + " cc")[0]); err == nil {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("the race detector needs a C compiler and there is no %s", cc)
	}
	c.print("no " + cc + ": installing gcc from Debian for the race detector")
	if err := c.exec(ctx, c.root, c.print, "apt-get", "update", "-q"); err != nil {
		return err
	}
	return c.exec(ctx, c.root, c.print, "apt-get", "install", "-q", "-y", "--no-install-recommends", "gcc", "libc6-dev")
}

func (c *checker) gofmt(ctx context.Context) (string, error) {
	var bad int
	args := append([]string{"-l"}, c.goFiles...)
	err := c.exec(ctx, c.root, func(l string) {
		bad++
		c.print(c.rel(l))
	}, "gofmt", args...)
	if err != nil {
		return "", err
	}
	if bad > 0 {
		return "", fmt.Errorf("%d files are not formatted: run gofmt -w on them", bad)
	}
	return fmt.Sprintf("%d files", len(c.goFiles)), nil
}

func (c *checker) vet(ctx context.Context) (string, error) {
	err := c.eachModule(func(dir string) error {
		return c.exec(ctx, dir, c.print, "go", "vet", "./...")
	})
	return c.modulesNote(), err
}

func (c *checker) staticcheck(ctx context.Context) (string, error) {
	err := c.eachModule(func(dir string) error {
		return c.tool(ctx, dir, c.print, "staticcheck", "./...")
	})
	return c.modulesNote(), err
}

func (c *checker) modulesNote() string {
	if len(c.modules) == 1 {
		return "1 module"
	}
	return fmt.Sprintf("%d modules", len(c.modules))
}

// tool runs a development tool pinned in internal/tools/go.mod.
func (c *checker) tool(ctx context.Context, dir string, line func(string), name string, args ...string) error {
	modfile := filepath.Join(c.root, "internal", "tools", "go.mod")
	return c.exec(ctx, dir, line, "go", append([]string{"tool", "-modfile=" + modfile, name}, args...)...)
}

// notChecked is what govulncheck's section says when it could not do its work.
const notChecked = "govulncheck: the vulnerability database cannot be reached from this machine; NOT CHECKED"

// govulncheck fails on any finding and on any error but one: the database
// cannot be reached, which is said and passed over. GOVULNDB names another
// copy of the database (an https or file URL), for closed networks.
func (c *checker) govulncheck(ctx context.Context) (string, error) {
	args := []string{"./..."}
	if db := os.Getenv("GOVULNDB"); db != "" {
		args = []string{"-db", db, "./..."}
	}
	var unreachable bool
	err := c.eachModule(func(dir string) error {
		if unreachable {
			return nil
		}
		var lines []string
		err := c.tool(ctx, dir, func(l string) {
			lines = append(lines, l)
			c.print(l)
		}, "govulncheck", args...)
		var exit *exec.ExitError
		if errors.As(err, &exit) && databaseUnreachable(exit.ExitCode(), lines) {
			unreachable = true
			return nil
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if unreachable {
		c.print(notChecked)
		return "", skipped("NOT CHECKED, the vulnerability database cannot be reached")
	}
	return c.modulesNote(), nil
}

// databaseUnreachable tells whether govulncheck failed for no other reason
// than that its requests got no answer. An answer with an error status is not
// that, and 3 is its exit code for vulnerabilities found.
func databaseUnreachable(code int, lines []string) bool {
	const prefix = "govulncheck: fetching vulnerabilities: "
	if code == 3 {
		return false
	}
	for _, l := range lines {
		what, ok := strings.CutPrefix(l, prefix)
		if ok && (strings.HasPrefix(what, `Get "`) || strings.HasPrefix(what, `Head "`)) {
			return true
		}
	}
	return false
}
