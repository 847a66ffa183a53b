//go:build linux

package run

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// gocode is where Debian puts Go sources, as a GOPATH.
const gocode = "/usr/share/gocode"

// debian are the packages that a build in GOPATH mode needs. Some of these the packages ask for only as recommended.
var debian = map[string][]string{
	"centrifuge015": {
		"golang-github-centrifugal-centrifuge-dev", "golang-github-centrifugal-protocol-dev", "golang-github-mna-redisc-dev",
		"golang-github-fzambia-eagle-dev", "golang-github-gomodule-redigo-dev", "golang-github-igm-sockjs-go-dev",
	},
	"sockjs": {"golang-github-igm-sockjs-go-dev"},
}

// build makes a server of _peers, with its module's versions or else from Debian's sources, and returns its path. The
// sources are put together in a directory of their own, where both ways of building find them.
func (r *Runner) build(name string) (string, error) {
	root := filepath.Join(r.tmp, name)
	src := filepath.Join(root, "src", "peer")
	if err := os.CopyFS(src, os.DirFS(filepath.Join(r.Dir, "_peers", name))); err != nil {
		return "", err
	}
	if err := os.CopyFS(filepath.Join(src, "control"), os.DirFS(filepath.Join(r.Dir, "control"))); err != nil {
		return "", err
	}
	bin := filepath.Join(root, name)
	var why error
	if _, err := os.Stat(filepath.Join(src, "go.mod")); err == nil {
		if why = r.run(src, nil, "go", "build", "-buildvcs=false", "-o", bin, "."); why == nil {
			return bin, nil
		}
		fmt.Fprintf(r.Log, "%s as a module: %v\n", name, why)
	}
	if debian[name] == nil {
		return "", why
	}
	version, err := r.install(debian[name])
	if err != nil {
		return "", errors.Join(why, err)
	}
	env := []string{"GO111MODULE=off", "GOFLAGS=", "GOPATH=" + root + ":" + gocode}
	err = r.run(src, env, "go", "build", "-ldflags", "-X main.version="+version, "-o", bin, ".")
	if err != nil {
		return "", errors.Join(why, err)
	}
	return bin, nil
}

// install sees to it that Debian's packages are there and returns the version of the first.
func (r *Runner) install(packages []string) (string, error) {
	version := func() (string, error) {
		var first string
		for _, p := range packages {
			out, err := exec.Command("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", p).Output()
			v, ok := strings.CutPrefix(string(out), "installed ")
			if err != nil || !ok {
				return "", fmt.Errorf("%s is not installed", p)
			}
			if first == "" {
				first = v
			}
		}
		return first, nil
	}
	v, err := version()
	if err == nil {
		return v, nil
	}
	if _, e := exec.LookPath("apt-get"); e != nil || os.Geteuid() != 0 {
		return "", fmt.Errorf("%w, and only root on Debian can install it", err)
	}
	_ = r.run("", nil, "apt-get", "update", "-q")
	if err := r.run("", nil, "apt-get", append([]string{"install", "-q", "-y", "--no-install-recommends"}, packages...)...); err != nil {
		return "", err
	}
	return version()
}

// node sees to it that the packages of node/ are installed.
func (r *Runner) node() error {
	if _, err := exec.LookPath("node"); err != nil {
		return err
	}
	dir := filepath.Join(r.Dir, "node")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil {
		return nil
	}
	return r.run(dir, nil, "npm", "ci", "--no-audit", "--no-fund")
}

// run runs a command; what it says is in the error, cut to a line or two.
func (r *Runner) run(dir string, env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.Join(lines[max(0, len(lines)-2):], "; "))
	}
	return nil
}

// prepare builds the servers that are not part of this program. One that cannot be had is left out, with the reason.
func (r *Runner) prepare() error {
	var err error
	if r.tmp, err = os.MkdirTemp("", "everwire-bench-"); err != nil {
		return err
	}
	nodeErr := r.node()
	for _, p := range r.peers {
		switch {
		case p.build != "":
			bin, err := r.build(p.build)
			if err != nil {
				p.Missing = err.Error()
				break
			}
			p.Command[0] = bin
			if p.ResumeCommand != nil {
				p.ResumeCommand[0] = bin
			}
		case p.node && nodeErr != nil:
			p.Missing = nodeErr.Error()
		}
		if p.Missing != "" {
			fmt.Fprintf(r.Log, "%s is left out: %s\n", p.Name, p.Missing)
		}
	}
	return nil
}
