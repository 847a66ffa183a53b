package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A checker holds what the sections share. It is used by one goroutine.
type checker struct {
	out     io.Writer
	root    string   // absolute
	modules []string // absolute directories that hold a go.mod
	goFiles []string // absolute paths
	total   counts   // of all tests that ran, each counted once

	noBrowsers bool // the section browsers could not install them
}

func newChecker(out io.Writer, root string) (*checker, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	c := &checker{out: out, root: root}
	if err := c.scan(); err != nil {
		return nil, fmt.Errorf("reading the tree: %w", err)
	}
	slices.Sort(c.modules) // the root first
	if len(c.modules) == 0 {
		return nil, fmt.Errorf("no go.mod under %s", root)
	}
	return c, nil
}

// scan finds the modules and the Go files of the tree. It leaves out what the
// go command leaves out, and what npm installs.
func (c *checker) scan() error {
	return filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed while we were looking
		}
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case d.IsDir() && path != c.root && ignoredDir(name):
			return fs.SkipDir
		case d.IsDir():
		case name == "go.mod":
			c.modules = append(c.modules, filepath.Dir(path))
		case strings.HasSuffix(name, ".go"):
			c.goFiles = append(c.goFiles, path)
		}
		return nil
	})
}

func ignoredDir(name string) bool {
	return name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// rel names a directory as a reader of the output knows it.
func (c *checker) rel(dir string) string {
	if r, err := filepath.Rel(c.root, dir); err == nil {
		return r
	}
	return dir
}

// exec runs a command in dir without standard input. Each line that it writes
// to standard output or standard error is handed to line, without its end.
func (c *checker) exec(ctx context.Context, dir string, line func(string), name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	// Stamping a version asks git, which refuses a tree owned by someone else.
	cmd.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -buildvcs=false"))
	// A command's children (browsers, servers) end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	pr, pw := io.Pipe()
	cmd.Stdout, cmd.Stderr = pw, pw
	read := make(chan struct{})
	go func() { // ends when pw is closed below
		defer close(read)
		eachLine(pr, line)
	}()
	err := cmd.Run()
	pw.Close()
	<-read
	if err != nil {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
		}
		return fmt.Errorf("%s: %w", commandName(name, args), err)
	}
	return nil
}

// eachLine hands every line of r to line, however long it is.
func eachLine(r io.Reader, line func(string)) {
	br := bufio.NewReader(r)
	for {
		b, err := br.ReadBytes('\n')
		if len(b) > 0 {
			line(string(bytes.TrimRight(b, "\r\n")))
		}
		if err != nil {
			return
		}
	}
}

// commandName keeps errors short: the command and its first argument.
func commandName(name string, args []string) string {
	name = filepath.Base(name)
	if len(args) > 0 {
		name += " " + args[0]
	}
	return name
}

func (c *checker) print(line string) { fmt.Fprintln(c.out, line) }

// eachModule runs f in every module and says which one it is in.
func (c *checker) eachModule(f func(dir string) error) error {
	for _, dir := range c.modules {
		if len(c.modules) > 1 {
			fmt.Fprintf(c.out, "module %s\n", c.rel(dir))
		}
		if err := f(dir); err != nil {
			return fmt.Errorf("module %s: %w", c.rel(dir), err)
		}
	}
	return nil
}

// exists tells whether the repository has the file.
func (c *checker) exists(path string) bool {
	_, err := os.Stat(filepath.Join(c.root, path))
	return err == nil
}
