//go:build linux

package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/everwire/everwire/bench/internal/wire"
)

// A Runner measures all peers.
type Runner struct {
	Sizes Sizes
	Dir   string // of this module
	Self  string // this program
	Only  []string
	Jobs  []string

	// Commandline is what a reader of the results types to repeat them.
	Commandline string

	Log io.Writer

	// Profile is a directory for CPU profiles of every stretch, of the servers written in Go. The figures suffer.
	Profile string

	peers    []*Peer
	tables   []*table
	others   []float64     // share of the machine that other processes used, by stretch
	foreign  time.Duration // what they used in stretches that are not in others yet
	passed   time.Duration // on all cores, in those
	count    wire.Count    // of all sessions of all jobs
	began    time.Time
	now      string // what runs, for the names of profiles
	profiles int
	tmp      string
}

// Run measures everything.
func (r *Runner) Run() error {
	r.began = time.Now()
	if err := raiseLimit(); err != nil {
		return err
	}
	for _, p := range peers(r.Self) {
		if len(r.Only) == 0 || slices.Contains(r.Only, p.Name) {
			r.peers = append(r.peers, p)
		}
	}
	if err := r.prepare(); err != nil {
		return err
	}
	defer os.RemoveAll(r.tmp)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() { // ends with the program; servers end with the standard input that it held
		<-interrupted
		os.RemoveAll(r.tmp)
		os.Exit(130)
	}()
	for _, name := range []string{"websocket", "sse", "longpoll", "resume", "growth", "link"} {
		r.tables = append(r.tables, newTable(name, r.Sizes.Rounds))
	}
	sizes := newTable("bytes", 1)
	r.tables = append(r.tables, sizes)
	sockets, sse, polls := r.table("websocket"), r.table("sse"), r.table("longpoll")
	resume, growth, link := r.table("resume"), r.table("growth"), r.table("link")
	for round := range r.Sizes.Rounds {
		r.each(round, sockets, "websocket", func(p *Peer) bool { return p.sends("websocket") }, func(p *Peer) error {
			return r.broadcastJob(sockets, p, "websocket", r.Sizes.Sessions)
		})
		r.each(round, sockets, "echo", func(p *Peer) bool { return p.Protocols["websocket"] != nil }, func(p *Peer) error {
			return r.echoJob(sockets, p, false)
		})
		r.each(round, sockets, "typed", func(p *Peer) bool { return p.Typed }, func(p *Peer) error { return r.echoJob(sockets, p, true) })
		for _, t := range []*table{sse, polls} {
			r.each(round, t, t.Name, func(p *Peer) bool { return p.sends(t.Name) }, func(p *Peer) error {
				return r.broadcastJob(t, p, t.Name, r.Sizes.HTTP)
			})
		}
		for _, t := range []*table{sockets, sse, polls} {
			r.each(round, t, "opening", func(p *Peer) bool { return p.sends(t.Name) }, func(p *Peer) error {
				if err := r.openingJob(t, p, t.Name); err != nil {
					return fmt.Errorf("%s: %w", t.Name, err)
				}
				return nil
			})
		}
		r.each(round, resume, "resume", func(p *Peer) bool { return p.ResumeCommand != nil }, func(p *Peer) error { return r.resumeJob(resume, p) })
		r.each(round, growth, "growth", func(p *Peer) bool { return p.GrowthCommand != nil }, func(p *Peer) error { return r.growthJob(growth, p) })
		for _, transport := range transports {
			r.each(round, link, "link", func(p *Peer) bool { return p.sends(transport) && p.Name != "tcp" }, func(p *Peer) error {
				if err := r.linkJob(link, p, transport); err != nil {
					return fmt.Errorf("%s: %w", transport, err)
				}
				return nil
			})
		}
	}
	if r.wants("bytes") {
		r.bytesJob(sizes)
	}
	return errors.Join(r.report(), r.failed())
}

// failed returns an error where any job has failed.
func (r *Runner) failed() error {
	n := 0
	for _, t := range r.tables {
		n += len(t.Errors)
	}
	if n > 0 {
		return fmt.Errorf("%d failures, which RESULTS.md tells", n)
	}
	return nil
}

func (r *Runner) wants(job string) bool { return len(r.Jobs) == 0 || slices.Contains(r.Jobs, job) }

// each runs a job of a round for every peer that has it. A peer that fails has no figures of that job and round, which is
// said, and goes on to the next job.
func (r *Runner) each(round int, t *table, job string, has func(*Peer) bool, run func(*Peer) error) {
	if !r.wants(job) {
		return
	}
	for _, p := range r.peers {
		if p.Missing != "" || !has(p) {
			continue
		}
		begin := time.Now()
		r.now = job + "-" + p.Name
		err := run(p)
		fmt.Fprintf(r.Log, "%4ds round %d %-9s %-14s %4.1f s", int(time.Since(r.began).Seconds()), round+1, job, p.Name, time.Since(begin).Seconds())
		t.end(round, p.Name+", "+job, err)
		if err != nil {
			fmt.Fprintf(r.Log, "  FAILED: %v", err)
		}
		fmt.Fprintln(r.Log)
	}
}

// raiseLimit allows this process and its children as many open files as the kernel lets it.
func raiseLimit() error {
	const want = 9000
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
			return err
		}
	}
	if l.Cur < want {
		return fmt.Errorf("the limit of open files is %d and must be %d: ulimit -n %d", l.Cur, want, want)
	}
	return nil
}

func selfCPU() time.Duration {
	d, err := processCPU(os.Getpid())
	if err != nil {
		return 0
	}
	return d
}
