package session

import (
	"context"
	"time"

	"github.com/everwire/everwire/transport"
)

// drainBudget is the time that Shutdown takes where its context has no
// deadline.
const drainBudget = 20 * time.Second

// Ready reports whether the server takes new sessions: false from the start of
// Shutdown. Let a health check answer by it, so that a load balancer sends
// clients elsewhere.
func (rt *Server) Ready() bool { return !rt.draining.Load() }

// Shutdown drains the server; call it before http.Server.Shutdown, which knows
// nothing of connections that were taken over. New sessions are refused with
// 503 "drain" at once. Each session is told to attach elsewhere after a delay
// of its own, spread over the first half of the time until ctx's deadline (20 s
// in all without one). Those that are still here by then are closed behind
// everything that was accepted: their handlers run to the end, what is queued
// is delivered and confirmed. A page on polling is heard of only when it polls: let
// the deadline be longer than Options.PollMax, or idle ones miss what is queued.
//
// Shutdown returns nil when every session has ended that way. When ctx is done
// it ends the rest with 4503 "drain" and returns ctx's error: some clients
// could not be reached. Of several calls the first drains, the others wait; the one
// whose time is over first ends the rest for all of them.
//
// It waits for all handlers, so a handler must not wait for it: called in one it
// takes all of its time, and fails. There, start it on a goroutine of its own.
func (rt *Server) Shutdown(ctx context.Context) error {
	rt.draining.Store(true)
	left, first := rt.registry.drain()
	if first {
		go rt.drain(ctx, left) // ends when ctx is done or the sessions have been told
	}
	budget, cancel := ctx, context.CancelFunc(func() {})
	if _, ok := ctx.Deadline(); !ok {
		budget, cancel = context.WithTimeout(ctx, drainBudget)
	}
	defer cancel()
	select {
	case <-rt.registry.empty:
		return nil
	case <-budget.Done():
	}
	select {
	case <-rt.registry.empty: // both were true
		return nil
	default:
	}
	for s := range rt.Sessions() {
		s.abort(transport.ErrDrain)
	}
	return budget.Err()
}

// drain tells the sessions to leave, waits, and closes those that are left.
func (rt *Server) drain(ctx context.Context, left []*Session) {
	total := drainBudget
	if deadline, ok := ctx.Deadline(); ok {
		total = time.Until(deadline)
	}
	phase := max(total/2, 0)
	for i, s := range left {
		s.goAway(phase * time.Duration(i) / time.Duration(len(left)))
	}
	timer := time.NewTimer(phase)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-rt.registry.empty:
		return
	case <-ctx.Done():
		return
	}
	for s := range rt.Sessions() {
		s.mu.Lock()
		if s.state != closed {
			s.enqueue(item{life: lifeDrain}) // behind what was accepted
		}
		s.mu.Unlock()
	}
}

// goAway tells the client to attach anew after a delay.
func (s *Session) goAway(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == closed {
		return
	}
	f := &transport.Frame{Kind: transport.KindGoAway, Num: uint64(after.Milliseconds()), Name: "drain"}
	s.loose = addLoose(s.loose, f, s.down.last())
	s.wake()
}
