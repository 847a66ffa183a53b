package session

import (
	"context"
	"errors"
	"time"

	"github.com/everwire/everwire/transport"
)

// errNormal ends the link of a session that was closed in order.
var errNormal = &transport.CloseError{Code: transport.CodeNormal, Reason: "closed"}

// errFull ends a delivery that cannot wait for room in the queue.
var errFull = errors.New("everwire: the inbound queue is full")

// Deliver takes frames that came in; see transport.Link.
func (l *link) Deliver(ctx context.Context, b transport.Batch) error {
	_, err := l.deliver(ctx, b, false)
	return err
}

// Take takes frames that came in; see transport.Runner.
func (l *link) Take(ctx context.Context, b transport.Batch) (lent bool, err error) {
	return l.deliver(ctx, b, true)
}

// deliver takes frames and leaves their handlers to the caller, if that lends
// itself to it.
func (l *link) deliver(ctx context.Context, b transport.Batch, lend bool) (lent bool, err error) {
	s := l.s
	s.mu.Lock()
	s.seenAt = s.server.now()
	d := delivery{l: l, next: b.Seq, frames: b.Frames}
	err = s.take(&d)
	for err == errFull && ctx.Err() == nil {
		err = s.waitForRoom(ctx, &d)
	}
	if err == errFull {
		err = ctx.Err() // nothing comes by this connection any more
	}
	if s.conclude() {
		d.over = true
	}
	if !lend {
		s.reclaim()
	}
	lent = s.in.lent
	s.mu.Unlock()
	if d.over {
		s.cleanup()
	}
	return lent, err
}

// waitForRoom waits until the inbox or the rate may have room again, and goes on.
// Either may have it by now: then it waits for nothing. s.mu is held at entry
// and return, not while waiting.
func (s *Session) waitForRoom(ctx context.Context, d *delivery) error {
	var room <-chan struct{}
	var token <-chan time.Time
	s.seenAt = s.server.now()
	if f, o := d.frames[0], &s.server.opts; needsRoom(f) && !s.in.room(f.Size(), o.QueueBytes) {
		room = s.in.waitForRoom()
	} else if wait := s.in.rate.wait(s.seenAt, o.FramesPerSecond); wait > 0 {
		token = time.After(wait)
	} else {
		return s.take(d)
	}
	d.l.blocked++
	s.reclaim()
	s.mu.Unlock()
	select {
	case <-room:
	case <-token:
	case <-ctx.Done():
	}
	s.mu.Lock()
	d.l.blocked--
	s.seenAt = s.server.now() // not reading is our doing, not the peer's silence
	s.schedule()
	return s.take(d)
}

// A delivery is a batch on its way into the session.
type delivery struct {
	l       *link
	next    uint64 // number of the next counted frame
	frames  []*transport.Frame
	counted bool // leave out what is not counted: the request is a repeat
	over    bool // the session has ended by it; clean up
}

// take takes the frames of d in their order, as many as there is room for. The
// caller has set seenAt, which is the time here. s.mu is held.
func (s *Session) take(d *delivery) error {
	for ; len(d.frames) > 0; d.frames = d.frames[1:] {
		f := d.frames[0]
		if s.state == closed {
			if d.over {
				return nil // nobody's: it stands behind the client's own close
			}
			return s.err
		}
		var err error
		switch {
		case f.Kind == transport.KindMark:
			d.next = f.Num
		case f.Kind.Counted():
			err = s.takeCounted(d, f)
		case !d.counted:
			err = s.takeUncounted(d, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// takeCounted takes a frame that has a number (rule R7).
func (s *Session) takeCounted(d *delivery, f *transport.Frame) error {
	switch num := d.next; {
	case num <= s.got:
		d.next++
		return nil
	case num > s.got+1:
		return transport.ErrGap
	}
	o := &s.server.opts
	if needsRoom(f) && !s.in.room(f.Size(), o.QueueBytes) {
		return errFull
	}
	// A page that goes away may not be able to wait: the last frame is taken.
	if f.Kind != transport.KindClose && !s.in.rate.take(s.seenAt, o.FramesPerSecond) {
		return errFull
	}
	switch {
	case needsRoom(f):
		s.in.lend(item{frame: f})
	case isAck(f):
		s.answered(f)
	}
	s.got = d.next
	d.next++
	if s.link != nil {
		s.link.owe(f.Size())
	}
	if f.Kind == transport.KindClose && s.state != closed {
		s.closeByPeer(f)
		d.over = true
	}
	return nil
}

// needsRoom reports whether a counted frame goes to a handler. Acks must not wait
// behind these: one may wait for the ack.
func needsRoom(f *transport.Frame) bool {
	switch f.Kind {
	case transport.KindEvent, transport.KindEventBytes, transport.KindCall, transport.KindCallBytes:
		return true
	}
	return false
}

// closeByPeer ends the session because its client said so. The link tells the
// client that this has arrived.
func (s *Session) closeByPeer(f *transport.Frame) {
	why := &transport.CloseError{Code: transport.CodeNormal, Reason: f.Name}
	if c := transport.Code(f.Num); f.Num <= uint64(transport.CodeAppLast) && c >= transport.CodeApp {
		why.Code = c
	}
	if s.link != nil {
		s.link.last = s.link.duplex
		s.link.finish(errNormal)
	}
	s.closeNow(why)
}

func (s *Session) takeUncounted(d *delivery, f *transport.Frame) error {
	switch f.Kind {
	case transport.KindVolatile, transport.KindVolatileBytes:
		if s.in.room(f.Size(), s.server.opts.QueueBytes) && s.in.rate.take(s.seenAt, s.server.opts.FramesPerSecond) {
			s.in.lend(item{frame: f})
		}
	case transport.KindPing:
		if d.l.duplex && f.Num != d.next-1 {
			return transport.ErrCount
		}
		if s.link != nil { // the answer comes by what carries the session, or not at all
			s.loose = addLoose(s.loose, &transport.Frame{Kind: transport.KindPong, Num: s.got, Token: f.Token}, 0)
			s.link.told()
			s.wake()
		}
	case transport.KindPong, transport.KindConfirm:
		return s.confirm(f.Num)
	case transport.KindHello:
		return transport.ErrHello
	case transport.KindWelcome, transport.KindError, transport.KindGoAway:
		return transport.ErrFrame
	}
	return nil
}

// confirm forgets what the client has. s.mu is held.
func (s *Session) confirm(seq uint64) error {
	if s.state == closed {
		return nil
	}
	return s.down.confirm(seq)
}

// confirmed reports whether the client has everything, the close frame too. s.mu
// is held.
func (s *Session) confirmed() bool {
	return s.state != closed && s.ending != nil && len(s.down.frames) == 0
}

// conclude closes a session whose close frame has been confirmed, when what came
// with the confirm has been taken as far as there was room: its client had emitted
// that before it knew. It reports whether it did. s.mu is held.
func (s *Session) conclude() bool {
	if !s.confirmed() {
		return false
	}
	if s.link != nil {
		s.link.finish(errNormal)
	}
	s.closeNow(s.ending)
	return true
}

// check looks for faults in a hello and the frames behind it, so that nothing
// is taken of a request that is refused. last is the number of the last frame
// that the client can have.
func check(h *transport.Hello, up transport.Batch, last uint64) error {
	if h.Got > last {
		return transport.ErrConfirm
	}
	next := up.Seq
	for _, f := range up.Frames {
		if f.Kind.Counted() {
			next++
		}
		switch f.Kind {
		case transport.KindMark:
			next = f.Num
		case transport.KindPing:
			if h.Duplex && f.Num != next-1 {
				return transport.ErrCount
			}
		case transport.KindHello:
			return transport.ErrHello
		case transport.KindWelcome, transport.KindError, transport.KindGoAway:
			return transport.ErrFrame
		case transport.KindPong, transport.KindConfirm:
			if f.Num > last {
				return transport.ErrConfirm
			}
		}
	}
	return nil
}
