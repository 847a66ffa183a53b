package session

import (
	"fmt"
	"slices"

	"github.com/everwire/everwire/transport"
)

// An EmitOption changes what happens to one emit.
type EmitOption uint8

// DropWhenFull leaves the emit out, with ErrQueueFull, for a session whose
// queue is full. Without it such a session is closed with 4410 "overflow".
const DropWhenFull EmitOption = 1

// A Broadcast is an emit to many sessions that has not said what yet: which
// rooms, and who is left out. It is a value and may be kept; the zero value
// reaches nobody.
type Broadcast struct {
	server *Server
	all    bool     // everybody, whatever the rooms
	names  []string // rooms
	except []*Session
}

// To returns a broadcast that reaches these rooms, too: one to everybody, as of
// Server.Except, goes on reaching everybody. A session in several of them gets an
// event once.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.names = append(slices.Clip(b.names), rooms...)
	return b
}

// Except returns a broadcast that leaves out these sessions.
func (b Broadcast) Except(sessions ...*Session) Broadcast {
	b.except = append(slices.Clip(b.except), sessions...)
	return b
}

// Emit sends an event to every session that the broadcast reaches. The payload
// is encoded once. All members of a room see its broadcasts in the same order.
// The error is that of the payload or name, or wraps ErrQueueFull where
// DropWhenFull left sessions out; the rest have got it.
func (b Broadcast) Emit(name string, payload any, opts ...EmitOption) error {
	return b.emit(false, name, payload, opts)
}

// Volatile sends an event that is dropped for the sessions that are not keeping
// up, and not repeated if it is lost on the way. The error is that of the payload
// or name.
func (b Broadcast) Volatile(name string, payload any) error {
	return b.emit(true, name, payload, nil)
}

func (b Broadcast) emit(volatile bool, name string, payload any, opts []EmitOption) error {
	if b.server == nil {
		return nil
	}
	f, err := newEvent(transport.NewFrame, volatile, name, payload, b.server.opts.FrameBytes)
	if err != nil {
		return err
	}
	drop := slices.Contains(opts, DropWhenFull)
	var t tally
	if b.all {
		b.server.everybody.mu.Lock()
		t.push(b.server.everybody.members, f, b.except, drop)
		b.server.everybody.mu.Unlock()
	} else {
		b.emitRooms(f, drop, &t)
	}
	for _, s := range t.over {
		s.cleanup()
	}
	if t.dropped > 0 {
		return fmt.Errorf("everwire: %d of %d sessions left out: %w", t.dropped, t.dropped+t.reached, ErrQueueFull)
	}
	return nil
}

func (b Broadcast) emitRooms(f *transport.Frame, drop bool, t *tally) {
	in := b.server.rooms.find(b.names)
	for _, r := range in {
		r.mu.Lock()
	}
	if len(in) > 1 {
		t.seen = make(map[*Session]bool)
	}
	for _, r := range in {
		t.push(r.members, f, b.except, drop)
	}
	for _, r := range in {
		r.mu.Unlock()
	}
}

// A tally is what became of one broadcast.
type tally struct {
	seen             map[*Session]bool // where there are several rooms
	over             []*Session        // ended by it; cleaned up without the locks
	reached, dropped int
}

func (t *tally) push(members []*Session, f *transport.Frame, except []*Session, drop bool) {
	for _, s := range members {
		if len(except) > 0 && slices.Contains(except, s) {
			continue
		}
		if t.seen != nil {
			if t.seen[s] {
				continue
			}
			t.seen[s] = true
		}
		s.mu.Lock()
		err := s.push(f, drop)
		s.mu.Unlock()
		switch err {
		case nil:
			t.reached++
		case ErrQueueFull:
			t.dropped++
		case transport.ErrOverflow:
			t.over = append(t.over, s)
		}
	}
}
