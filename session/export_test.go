package session

import (
	"context"

	"github.com/everwire/everwire/transport"
)

// WaitForRoom lets a delivery over l wait as one that has just found no room.
func WaitForRoom(ctx context.Context, l transport.Link, b transport.Batch) error {
	d := delivery{l: l.(*link), next: b.Seq, frames: b.Frames}
	d.l.s.mu.Lock()
	defer d.l.s.mu.Unlock()
	return d.l.s.waitForRoom(ctx, &d)
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
