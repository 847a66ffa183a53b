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

// bytesJob counts the bytes that clients read and write, heads of HTTP and WebSocket frames included, those of TCP and
// IP not: for an opening, for an event, and for a minute in which nothing happens. All servers idle at the same time.
func (r *Runner) bytesJob(t *table) {
	const events = 512 // two times the number after which an SSE client confirms
	var idle sync.WaitGroup
	var mu sync.Mutex // guards t while they idle
	fail := func(row string, err error) {
		mu.Lock()
		defer mu.Unlock()
		t.Errors[row] = err.Error()
		fmt.Fprintf(r.Log, "bytes of %s: %v\n", row, err)
	}
	for _, p := range r.peers {
		for _, transport := range transports {
			if p.Missing != "" || !p.sends(transport) {
				continue
			}
			row := p.Name + ", " + transport
			c, s, err := r.crowd(p, p.Command, p.Protocols[transport])
			if err != nil {
				fail(row, err)
				continue
			}
			var down, up int64
			note := func(what string, per float64) {
				mu.Lock()
				defer mu.Unlock()
				t.add(row, what+" down", float64(c.Loop.In-down)/per)
				t.add(row, what+" up", float64(c.Loop.Out-up)/per)
				down, up = c.Loop.In, c.Loop.Out
			}
			work := func() error {
				if err := c.Open(listeners, 1, patience); err != nil {
					return err
				}
				note("opening", listeners)
				if err := c.Broadcast(events, 1, s.broadcast, patience); err != nil {
					return err
				}
				if err := c.Wait(300 * time.Millisecond); err != nil { // answers to confirms
					return err
				}
				note("event", events*listeners)
				return r.check(c, p.Name)
			}
			if err := work(); err != nil {
				fail(row, err)
				c.Loop.Close()
				s.stop()
				continue
			}
			idle.Go(func() { // ends when the time is over
				defer s.stop()
				defer c.Loop.Close()
				if err := c.Wait(r.Sizes.Idle); err != nil {
					fail(row, err)
					return
				}
				note("idle", listeners*r.Sizes.Idle.Minutes())
			})
		}
	}
	idle.Wait()
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
	c, s, err := r.crowd(p, command, p.Protocols[transport])
	if err != nil {
		return err
	}
	defer s.stop()
	defer c.Loop.Close()
	link, err := faultproxy.Listen(s.addr, faultproxy.Options{Faults: faultproxy.Faults{
		Latency: faultproxy.Millis(roundTrip.Milliseconds() / 2),
	}})
	if err != nil {
		return err
	}
	defer link.Close()
	row := p.Name + ", " + transport
	far := load.NewCrowd(c.Loop, p.Protocols[transport], link.Addr().String())
	if err := far.Open(1, 1, patience); err != nil {
		return err
	}
	note := func(what string) {
		first := far.Sessions[0].First
		t.add(row, what+" ms", float64(first)/float64(time.Millisecond))
		t.add(row, what, float64(first)/float64(roundTrip))
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
	return r.check(far, p.Name)
}
