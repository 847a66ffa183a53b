//go:build linux

package run

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/everwire/everwire/internal/faultproxy"

	"github.com/everwire/everwire/bench/internal/load"
)

// transports in the order of the tables.
var transports = []string{"websocket", "sse", "longpoll"}

// listeners is how many sessions the bytes are counted of.
const listeners = 10

// watched is the count of bytes of a peer over one transport.
type watched struct {
	row      string
	crowd    *load.Crowd
	server   *server
	down, up int64
	notes    []pending
	err      error
}

// note notes the bytes since the last time.
func (w *watched) note(what string, per float64) {
	l := w.crowd.Loop
	w.notes = append(w.notes,
		pending{w.row, what + " down", float64(l.In-w.down) / per},
		pending{w.row, what + " up", float64(l.Out-w.up) / per})
	w.down, w.up = l.In, l.Out
}

// work opens sessions and sends them events.
func (w *watched) work() error {
	const events = 512 // two times the number after which an SSE client confirms
	if err := w.crowd.Open(listeners, 1, patience); err != nil {
		return err
	}
	w.note("opening", listeners)
	if err := w.crowd.Broadcast(events, 1, w.server.broadcast, patience); err != nil {
		return err
	}
	if err := w.crowd.Wait(300 * time.Millisecond); err != nil { // answers to confirms
		return err
	}
	w.note("event", events*listeners)
	return nil
}

// bytesJob counts the bytes that clients read and write, heads of HTTP and WebSocket frames included, those of TCP and
// IP not: for an opening, for an event, and for a minute in which nothing happens. All servers idle at the same time.
func (r *Runner) bytesJob(t *table) {
	var idle sync.WaitGroup
	var all []*watched
	for _, p := range r.peers {
		for _, transport := range transports {
			if p.Missing != "" || !p.sends(transport) {
				continue
			}
			w := r.watch(p, transport)
			all = append(all, w)
			if w.err != nil {
				continue
			}
			if w.err = w.work(); w.err != nil {
				continue
			}
			idle.Go(func() { // ends when the time is over
				if w.err = w.crowd.Wait(r.Sizes.Idle); w.err == nil {
					w.note("idle", listeners*r.Sizes.Idle.Minutes())
				}
			})
		}
	}
	idle.Wait()
	for _, w := range all {
		if w.crowd != nil {
			w.err = r.counted(w.crowd, w.err)
			w.crowd.Loop.Close()
			w.server.stop()
		}
		if w.err != nil {
			fmt.Fprintf(r.Log, "bytes of %s: %v\n", w.row, w.err)
		}
		t.pending = w.notes
		t.end(0, w.row+", bytes", w.err)
	}
}

// watch starts a server of a peer; crowd is nil where that fails.
func (r *Runner) watch(p *Peer, transport string) *watched {
	w := &watched{row: p.Name + ", " + transport}
	if w.server, w.err = r.serve(p, p.Command); w.err != nil {
		return w
	}
	loop, err := load.NewLoop()
	if err != nil {
		w.server.stop()
		w.err = err
		return w
	}
	w.crowd = load.NewCrowd(loop, p.Protocols[transport], w.server.addr)
	return w
}

// roundTrip is the delay of the link that sessions are opened over.
const roundTrip = 100 * time.Millisecond

// linkJob opens sessions over a slow link, one after the other, and has them come back over it: how long until the first
// event? A peer that cannot replay has no figure for coming back.
func (r *Runner) linkJob(t *table, p *Peer, transport string) error {
	command, back := p.Command, p.ResumeCommand != nil && (transport == "websocket" || p.Name == "everwire")
	if back {
		command = p.ResumeCommand
	}
	return r.crowd(p, command, p.Protocols[transport], func(c *load.Crowd, s *server) error {
		link, err := faultproxy.Listen(s.addr, faultproxy.Options{Faults: faultproxy.Faults{
			Latency: faultproxy.Millis(roundTrip.Milliseconds() / 2),
		}})
		if err != nil {
			return err
		}
		defer link.Close()
		far := load.NewCrowd(c.Loop, p.Protocols[transport], link.Addr().String())
		return r.check(far, func() error { return overLink(t, p.Name+", "+transport, far, s, back) })
	})
}

// overLink opens a session over the link and has it come back where it can.
func overLink(t *table, row string, far *load.Crowd, s *server, back bool) error {
	note := func(what string) {
		first := far.Sessions[0].First
		t.add(row, what+" ms", float64(first)/float64(time.Millisecond))
		t.add(row, what, float64(first)/float64(roundTrip))
	}
	if err := far.Open(1, 1, patience); err != nil {
		return err
	}
	note("new")
	if !back {
		return nil
	}
	if err := far.Broadcast(1, 1, s.broadcast, patience); err != nil {
		return err
	}
	if err := far.Wait(2 * roundTrip); err != nil {
		return err
	}
	far.Drop()
	if err := errors.Join(far.Wait(2*roundTrip), s.broadcast(1)); err != nil {
		return err
	}
	if err := far.Resume(far.Complete()+1, patience); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	note("resume")
	return nil
}
