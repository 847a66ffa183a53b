//go:build linux

package run

import (
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"
)

// A Runner measures all peers.
type Runner struct {
	Sizes Sizes
	Dir   string // of this module
	Self  string // this program
	Only  []string
	Jobs  []string
	Log   io.Writer

	peers     []*Peer
	tables    []*table
	others    []float64 // share of the machine that other processes used, by stretch
	delivered int
	began     time.Time
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
	sockets, sse, polls := newTable("websocket"), newTable("sse"), newTable("longpoll")
	resume, growth := newTable("resume"), newTable("growth")
	r.tables = []*table{sockets, sse, polls, resume, growth}
	for round := range r.Sizes.Rounds {
		r.each(round, sockets, "websocket", func(p *Peer) bool { return p.Protocols["websocket"] != nil }, func(p *Peer) error {
			return r.broadcastJob(sockets, p, "websocket", r.Sizes.Sessions)
		})
		r.each(round, sockets, "echo", func(p *Peer) bool { return p.Protocols["websocket"] != nil && !p.Quiet }, func(p *Peer) error {
			return r.echoJob(sockets, p, false)
		})
		r.each(round, sockets, "typed", func(p *Peer) bool { return p.Typed }, func(p *Peer) error { return r.echoJob(sockets, p, true) })
		for _, t := range []*table{sse, polls} {
			r.each(round, t, t.Name, func(p *Peer) bool { return p.Protocols[t.Name] != nil }, func(p *Peer) error {
				return r.broadcastJob(t, p, t.Name, r.Sizes.HTTP)
			})
		}
		r.each(round, resume, "resume", func(p *Peer) bool { return p.ResumeCommand != nil }, func(p *Peer) error { return r.resumeJob(resume, p) })
		r.each(round, growth, "growth", func(p *Peer) bool { return p.Rooms }, func(p *Peer) error { return r.growthJob(growth, p) })
	}
	r.print()
	return nil
}

// each runs a job of a round for every peer that has it. A peer that fails is said so and goes on to the next job.
func (r *Runner) each(round int, t *table, job string, has func(*Peer) bool, run func(*Peer) error) {
	if len(r.Jobs) > 0 && !slices.Contains(r.Jobs, job) {
		return
	}
	for _, p := range r.peers {
		if p.Missing != "" || !has(p) {
			continue
		}
		begin := time.Now()
		err := run(p)
		fmt.Fprintf(r.Log, "%4ds round %d %-9s %-14s %4.1f s", int(time.Since(r.began).Seconds()), round+1, job, p.Name, time.Since(begin).Seconds())
		if err != nil {
			t.Errors[p.Name+", "+job] = err.Error()
			fmt.Fprintf(r.Log, "  FAILED: %v", err)
		}
		fmt.Fprintln(r.Log)
	}
}

func (r *Runner) print() {
	for _, t := range r.tables {
		if len(t.Peers) == 0 {
			continue
		}
		fmt.Fprintln(r.Log, t.Name)
		for _, p := range t.Peers {
			fmt.Fprintf(r.Log, "  %-16s", p)
			var cols []string
			for c := range t.Values[p] {
				cols = append(cols, c)
			}
			slices.Sort(cols)
			for _, c := range cols {
				fmt.Fprintf(r.Log, " %s=%.2f", c, t.median(p, c))
			}
			fmt.Fprintln(r.Log)
		}
	}
	fmt.Fprintf(r.Log, "others %.2f delivered %d\n", slices.Max(append(r.others, 0)), r.delivered)
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
