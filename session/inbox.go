package session

import (
	"time"

	"github.com/everwire/everwire/internal/stack"
	"github.com/everwire/everwire/transport"
)

// life is a step in the life of a session that its handlers are told in turn
// with the events.
type life uint8

const (
	lifeEvent life = iota
	lifeConnect
	lifeDisconnect
	lifeDrain
)

// An item is what waits for a handler of a session.
type item struct {
	frame *transport.Frame
	life  life
}

// maxInbox bounds the events that wait for the handlers of one session.
const maxInbox = 1024

// An inbox holds what has been taken from a client and waits for its handler.
// A goroutine works on it while there is something, and only then.
type inbox struct {
	items   []item
	head    int // items before it have been handled or are being handled
	bytes   int // of the frames that wait or are being handled
	working bool
	waiters chan struct{} // closed when there is room again; nil: nobody waits
	settled chan struct{} // closed when nobody works any more; nil: nobody waits
	rate    bucket

	acking bool           // what is pushed is the last that its goroutine does
	write  func(now bool) // noted meanwhile: the link's ready

	// Of handlers that run on the goroutine that reads (transport.Runner).
	lent     bool   // they wait for its Run; with working
	over     func() // has somebody else read; nil: that is done, or they run elsewhere
	relieved bool   // it was called
	watched  bool   // the server's watch has the session
	runAt    int64  // when the last run began
}

// room reports whether a frame of this size may be taken.
func (in *inbox) room(size, limit int) bool {
	n := len(in.items) - in.head
	return n < maxInbox && (in.bytes+size <= limit || n == 0)
}

// waitForRoom returns a channel that is closed when an item has been handled.
func (in *inbox) waitForRoom() <-chan struct{} {
	if in.waiters == nil {
		in.waiters = make(chan struct{})
	}
	return in.waiters
}

func (in *inbox) wakeAll() {
	if in.waiters != nil {
		close(in.waiters)
		in.waiters = nil
	}
}

// next takes the oldest item out; ok is false where there is none.
func (in *inbox) next() (it item, ok bool) {
	if in.head == len(in.items) {
		in.items, in.head = in.items[:0], 0
		if cap(in.items) > keptFrames {
			in.items = nil
		}
		return item{}, false
	}
	it = in.items[in.head]
	in.items[in.head] = item{}
	if in.head++; in.head >= maxInbox/2 {
		in.items = append(in.items[:0], in.items[in.head:]...)
		in.head = 0
	}
	return it, true
}

// enqueue hands an item to the handlers. s.mu is held.
func (s *Session) enqueue(it item) {
	if s.in.add(it) {
		go s.work() // ends when the inbox is empty
	}
}

// add puts an item into the inbox. It reports whether nobody works on that yet:
// then the caller has to see to it.
func (in *inbox) add(it item) bool {
	in.items = append(in.items, it)
	if it.frame != nil {
		in.bytes += it.frame.Size()
	}
	if in.working {
		return false
	}
	in.working = true
	return true
}

// lend puts an item into the inbox for the goroutine that delivers it.
func (in *inbox) lend(it item) {
	if in.add(it) {
		in.lent = true
	}
}

// reclaim has what was lent to a reader run by a goroutine of its own. s.mu is
// held.
func (s *Session) reclaim() {
	if s.in.lent {
		s.in.lent = false
		s.sayConfirm()
		go s.work() // ends when the inbox is empty
	}
}

// Run runs the handlers of what was taken; see transport.Runner.
func (l *link) Run(over func()) bool {
	s := l.s
	s.mu.Lock()
	if !s.in.lent {
		s.mu.Unlock()
		return false
	}
	s.in.lent = false
	s.in.over = over
	s.in.runAt = s.seenAt
	if s.state == closed {
		s.relieve()
	} else if !s.in.watched {
		s.in.watched = true
		s.server.watch.add(s)
	}
	return s.handleAll()
}

// relieve has somebody else read on, if handlers run on the reader. s.mu is held.
func (s *Session) relieve() {
	if over := s.in.over; over != nil {
		s.in.over = nil
		s.in.relieved = true
		s.sayConfirm()
		over()
	}
}

// work runs the handlers on a goroutine of its own.
func (s *Session) work() {
	stack.Grow()
	s.mu.Lock()
	s.handleAll()
}

// handleAll runs the handlers, one at a time and in order, with no lock held. It
// reports whether the reader on whose goroutine it runs was relieved. s.mu is
// held at entry, not at return.
func (s *Session) handleAll() (relieved bool) {
	var it item
	out := false // at the app
	defer func() {
		if out {
			go s.goOn(it) // ends when the inbox is empty
		}
	}()
	for {
		var ok bool
		if it, ok = s.in.next(); !ok {
			relieved = s.in.relieved
			s.in.working, s.in.over, s.in.relieved = false, nil, false
			s.sayConfirm()
			if s.in.settled != nil {
				close(s.in.settled)
				s.in.settled = nil
			}
			s.mu.Unlock()
			return relieved
		}
		s.mu.Unlock()
		out = true
		s.handle(it)
		out = false
		s.mu.Lock()
		s.in.handled(it)
	}
}

// goOn goes on behind a handler that has ended its goroutine, as t.FailNow does:
// that of a reader, too, if it ran there. The item is answered as one whose handler
// panicked.
func (s *Session) goOn(it item) {
	stack.Grow()
	s.mu.Lock()
	s.relieve()
	s.mu.Unlock()
	s.exited = true
	s.handle(it)
	s.exited = false
	s.mu.Lock()
	s.in.handled(it)
	s.handleAll()
}

// handled forgets an item.
func (in *inbox) handled(it item) {
	if it.frame != nil {
		in.bytes -= it.frame.Size()
		it.frame.Free()
	}
	in.wakeAll()
}

// A bucket bounds a rate: it fills with limit tokens a second, up to limit.
// The zero bucket is full.
type bucket struct {
	spent  float64 // tokens taken and not filled up again
	seenAt int64
}

func (b *bucket) fill(now int64, limit int) {
	b.spent = max(0, b.spent-float64(now-b.seenAt)/float64(time.Second)*float64(limit))
	b.seenAt = now
}

func (b *bucket) take(now int64, limit int) bool { return b.takeBurst(now, limit, 1) }

// takeBurst takes a token from a bucket that holds burst seconds' worth.
func (b *bucket) takeBurst(now int64, limit, burst int) bool {
	b.fill(now, limit)
	if b.spent+1 > float64(limit)*float64(burst) {
		return false
	}
	b.spent++
	return true
}

// wait returns the time until the next token, 0 where there is one.
func (b *bucket) wait(now int64, limit int) time.Duration {
	b.fill(now, limit)
	over := b.spent + 1 - float64(limit)
	if over <= 0 {
		return 0
	}
	return time.Duration(over/float64(limit)*float64(time.Second)) + 1
}
