package session

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/everwire/everwire/transport"
)

// Bounds for what one Next returns; Options.BodyBytes is another.
const (
	batchBytes  = 64 << 10
	batchFrames = 1024
)

// A client is told what has come from it after this much, a quarter of its queue,
// or confirmAfter, whichever is first (PROTOCOL.md, confirms).
const (
	confirmFrames = 64
	confirmBytes  = 64 << 10
)

// link is a session's end of one connection.
type link struct {
	s      *Session
	n      uint64 // attach number, 0: delivers only
	stream bool   // carries frames down for as long as it lasts
	duplex bool   // a stream that carries frames up, too

	// Guarded by s.mu.
	cursor  uint64                // number of the next counted frame to hand out
	implied uint64                // number that the peer counts the next one by without a mark
	err     *transport.CloseError // why Next ends
	ready   func(now bool)        // set by Notify
	wakeup  chan struct{}         // made by the first Next that waits
	armed   bool                  // ready has to be called when there is something
	parked  bool                  // a Next waits for wakeup
	ping    bool                  // a heartbeat is due
	confirm bool                  // a confirm is due
	last    bool                  // one more confirm before err
	said    uint64                // last confirm that the client was told
	bytes   int                   // that came in since
	sinceAt int64                 // when the first frame above said came in
	holdEnd int64                 // when the Hold that waits ends; 0: none waits, holdOver: it has ended
	wroteAt int64                 // of the attach, and when Next last returned something or a Hold ended
	pinged  int64                 // when it last returned a heartbeat
	blocked int                   // Delivers that wait for room
}

var (
	_ transport.Link     = (*link)(nil)
	_ transport.Notifier = (*link)(nil)
	_ transport.Holder   = (*link)(nil)
	_ transport.Settler  = (*link)(nil)
	_ transport.Runner   = (*link)(nil)
	_ transport.Gatherer = (*link)(nil)
	_ transport.Lender   = (*link)(nil)
)

// Notify sets the function that is called once for what the last Next did not
// return.
func (l *link) Notify(ready func(now bool)) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.ready = ready
	l.armed = true
	if l.pending() {
		l.signal()
	}
}

// holdOver is the holdEnd of a Hold that has ended.
const holdOver = -1

// Next waits for frames; see transport.Link.
func (l *link) Next(ctx context.Context, into []*transport.Frame) (transport.Batch, error) {
	return l.next(ctx, into, math.MaxInt64)
}

// Hold is Next for a time; see transport.Holder.
func (l *link) Hold(ctx context.Context, d time.Duration) (transport.Batch, error) {
	return l.next(ctx, nil, d)
}

// next waits for frames, for d at the most if that is not for ever.
func (l *link) next(ctx context.Context, into []*transport.Frame, d time.Duration) (transport.Batch, error) {
	s := l.s
	for {
		s.mu.Lock()
		b, err := l.now(into)
		if err == nil && len(b.Frames) == 0 {
			err = ctx.Err()
		}
		if err != nil || len(b.Frames) > 0 || d <= 0 || l.holdEnd == holdOver {
			for _, f := range b.Frames {
				f.Keep()
			}
			l.holdEnd = 0
			s.mu.Unlock()
			return b, err
		}
		if d < math.MaxInt64 && l.holdEnd == 0 {
			l.holdEnd = s.server.now() + int64(d)
			s.schedule()
		}
		if l.wakeup == nil {
			l.wakeup = make(chan struct{}, 1)
		}
		l.parked = true
		s.mu.Unlock()
		select {
		case <-l.wakeup: // may be left over from a wait that ctx ended: look again
		case <-ctx.Done():
		}
	}
}

// Borrow is Next for a moment; see transport.Lender.
func (l *link) Borrow(into []*transport.Frame) (transport.Batch, error) {
	l.s.mu.Lock()
	b, err := l.now(into)
	if err == nil && len(b.Frames) == 0 {
		err = transport.Done.Err()
	}
	if err != nil {
		l.s.mu.Unlock()
	}
	return b, err
}

// Return ends what Borrow began.
func (l *link) Return() { l.s.mu.Unlock() }

// now returns what is ready, or why there will be nothing. s.mu is held.
func (l *link) now(into []*transport.Frame) (transport.Batch, error) {
	if l.err != nil && !l.last {
		return transport.Batch{}, l.err
	}
	b := l.take(into[:0])
	l.armed = !b.More
	if len(b.Frames) > 0 {
		l.wroteAt = l.s.recent()
		if !l.stream {
			l.s.pace.answered(l.wroteAt, l.s.got, len(b.Frames))
		}
	}
	return b, nil
}

// Gather returns how long a poll should wait for more; see transport.Gatherer.
func (l *link) Gather() time.Duration {
	s := l.s
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pace.wait(s.server.now)
}

// Settle waits for the handlers of the session; see transport.Settler.
func (l *link) Settle(ctx context.Context) {
	s := l.s
	s.mu.Lock()
	if !s.in.working {
		s.mu.Unlock()
		return
	}
	if s.in.settled == nil {
		s.in.settled = make(chan struct{})
	}
	settled := s.in.settled
	s.mu.Unlock()
	select {
	case <-settled:
	case <-ctx.Done():
	}
}

// Confirm forgets what the peer has; see transport.Link.
func (l *link) Confirm(seq uint64) error {
	s := l.s
	s.mu.Lock()
	err := s.confirm(seq)
	over := s.conclude()
	s.mu.Unlock()
	if over {
		s.cleanup()
	}
	return err
}

// Close says that the connection has ended; see transport.Link.
func (l *link) Close(error) {
	s := l.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.err == nil {
		l.err = transport.ErrReplaced
	}
	l.last = false
	l.ready = nil
	if s.link == l {
		s.link = nil
		s.to(detached)
		s.schedule()
	}
}

// finish ends the link: Next returns why. s.mu is held.
func (l *link) finish(why *transport.CloseError) {
	if l.err == nil {
		l.err = why
		l.signal()
	}
}

// signal wakes Next or calls ready, if either waits. s.mu is held.
func (l *link) signal() {
	if l.parked {
		l.parked = false
		select {
		case l.wakeup <- struct{}{}:
		default:
		}
	}
	if l.armed && l.ready != nil {
		l.armed = false
		if l.s.in.acking {
			l.s.in.write = l.ready
			return
		}
		l.ready(false)
	}
}

// pending reports whether Next would return at once. s.mu is held.
func (l *link) pending() bool {
	return l.err != nil || l.ping || l.confirm || len(l.s.loose) > 0 || l.cursor <= l.s.down.last()
}

// take appends what is ready to into. s.mu is held.
func (l *link) take(into []*transport.Frame) transport.Batch {
	s := l.s
	if l.last {
		l.last = false
		bye := &transport.Frame{Kind: transport.KindConfirm, Num: s.got}
		return transport.Batch{Frames: append(into, bye), More: true}
	}
	l.cursor = max(l.cursor, s.down.confirmed+1) // R4, R6: what is confirmed is gone
	ready := len(s.loose) + int(s.down.last()+1-l.cursor)
	b := transport.Batch{Seq: l.cursor, Frames: slices.Grow(into, min(ready, batchFrames))}
	bytes, taken := 0, 0
	for {
		for taken < len(s.loose) && s.loose[taken].behind < l.cursor && len(b.Frames) < batchFrames {
			b.Frames = append(b.Frames, s.loose[taken].frame)
			taken++
		}
		left := l.cursor <= s.down.last()
		if len(b.Frames) >= batchFrames {
			b.More = left || taken < len(s.loose)
			break
		}
		if !left {
			break
		}
		f := s.down.at(l.cursor)
		size := lineSize(f) + len("\n")
		if bytes > 0 && bytes+size > min(batchBytes, s.server.opts.BodyBytes) {
			b.More = true
			break
		}
		bytes += size
		b.Frames = append(b.Frames, f)
		l.cursor++
		l.implied = l.cursor
	}
	if taken > 0 {
		rest := copy(s.loose, s.loose[taken:])
		clear(s.loose[rest:])
		s.loose = s.loose[:rest]
		if rest == 0 {
			s.loose = nil
		}
	}
	if l.confirm {
		b.Frames = append(b.Frames, &transport.Frame{Kind: transport.KindConfirm, Num: s.got})
		l.told()
	}
	if l.ping {
		l.ping = false
		l.pinged = s.server.now()
		l.wroteAt = l.pinged
		b.Frames = append(b.Frames, &transport.Frame{Kind: transport.KindPing, Num: l.implied - 1})
		s.schedule() // the next one
	}
	return b
}

// told notes that the client is told what has come in. s.mu is held.
func (l *link) told() {
	l.said = l.s.got
	l.bytes, l.sinceAt, l.confirm = 0, 0, false
}

// owe counts a frame of the given size that came in over the link, or another
// connection of the session, and makes a confirm due. Where the reader is about
// to run handlers, it rides with what they answer: then sayConfirm has to follow,
// as no timer looks after a confirm that is due. s.mu is held.
func (l *link) owe(size int) {
	if !l.duplex {
		return // every answer to a request says it
	}
	l.bytes += size
	if l.sinceAt == 0 {
		l.sinceAt = l.s.server.now()
		l.s.schedule()
	}
	if l.s.got-l.said >= confirmFrames || l.bytes >= min(confirmBytes, l.s.server.opts.QueueBytes/4) {
		l.confirm = true
		if !l.s.in.lent {
			l.signal()
		}
	}
}

// confirmAhead puts a confirm of what has come in before the next counted frame,
// a close: a client takes nothing behind that, and would have to say that nobody
// knows whether what it emitted was handled. s.mu is held.
func (s *Session) confirmAhead() {
	if l := s.link; l != nil && l.said < s.got {
		s.loose = addLoose(s.loose, &transport.Frame{Kind: transport.KindConfirm, Num: s.got}, s.down.last())
		l.told()
	}
}

// sayConfirm sees to it that the client hears of the confirm that waited for an
// answer. s.mu is held.
func (s *Session) sayConfirm() {
	if s.link != nil && s.link.confirm {
		s.link.signal()
	}
}
