package session

import (
	"context"
	"net/http"

	"github.com/everwire/everwire/transport"
)

// WaitForRoom lets a delivery over l wait as one that has just found no room.
func WaitForRoom(ctx context.Context, l transport.Link, b transport.Batch) error {
	d := delivery{l: l.(*link), next: b.Seq, frames: b.Frames}
	d.l.s.mu.Lock()
	defer d.l.s.mu.Unlock()
	return d.l.s.waitForRoom(ctx, &d)
}

// EndInOpening opens a session step by step, of which the queue runs over before
// the registry has it. The error is that of its attach.
func EndInOpening(rt *Server, r *http.Request, h transport.Hello) error {
	o, _, err := rt.registry.opening(h.Key, "", &rt.opts, rt.now())
	if err != nil {
		return err
	}
	s, err := rt.newSession(r, &h, "", nil)
	if err != nil {
		return err
	}
	rt.enter(s)
	for s.state != closed {
		_ = rt.Emit("x", make([]byte, 32<<10))
	}
	if err := rt.registry.decide(o, h.Key, s, false, nil); err != nil {
		return err
	}
	_, _, err = s.attach(&h, transport.Batch{Seq: 1})
	s.discard()
	return err
}

// DecodeJSON decodes a payload.
func DecodeJSON(data []byte, v any) error { return decodeJSON(data, v) }

// Addrs returns the number of addresses whose openings are counted.
func Addrs(rt *Server) int {
	rt.registry.mu.Lock()
	defer rt.registry.mu.Unlock()
	return len(rt.registry.addrs)
}

// MovedByConfirms returns how many frames are moved when n in a queue are
// confirmed one by one.
func MovedByConfirms(n int) (moved int) {
	var q queue
	for range n {
		q.push(new(transport.Frame))
	}
	for len(q.frames) > 1 {
		last := &q.frames[len(q.frames)-1]
		_ = q.confirm(q.confirmed + 1)
		if &q.frames[len(q.frames)-1] != last {
			moved += len(q.frames)
		}
	}
	return moved
}
