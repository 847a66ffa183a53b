// Package socket writes to connections that were taken over from net/http and
// hold no goroutine for it: a WebSocket, a stream of events. A Writer is the one
// writer of its connection; the workers of a transport.Flusher write for all of
// them, without blocking where the system allows it.
package socket

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/everwire/everwire/transport"
)

// A Source is where a Writer gets its bytes from. Its methods are called by
// whoever has the duty to write, so one at a time and with no lock held. Done and
// Fail may close the connection. What is noted has to stand before that under a
// lock that Fill takes: a note of what is noted already tells nobody anything.
type Source interface {
	// Fill appends to s.Buf what is ready to be written.
	Fill(s *transport.Scratch) Next

	// Done is called when all that came with Last has been written, unless more
	// was noted meanwhile: then Fill is asked again first.
	Done()

	// Fail is called when the connection cannot be written.
	Fail()
}

// Next is what a Source says of what comes behind the bytes of a Fill.
type Next uint8

// What comes next.
const (
	Idle Next = iota // nothing, until it is noted
	More             // there is more that did not fit: ask again
	Last             // nothing at all: the end has been filled in
)

// The duty says who writes to the connection: whoever has it, nobody else.
//
//	          Note     Ready(true)  Flush     done
//	idle      noted    noted        -         -
//	noted     .        .            writing   -
//	writing   again    again        -         idle, or noted where there is more
//	again     .        .            -         noted
const (
	idle    uint32 = iota
	noted          // in the flusher's queue, or about to be served
	writing        // a worker, or a goroutine for what did not fit, writes
	again          // writing, and more has come meanwhile
)

// A Writer writes what its source has, all that is ready with one write. Use it
// as part of the source, by New.
type Writer struct {
	// Immutable after New.
	nc      net.Conn
	raw     syscall.RawConn // nil: the connection can only be written with blocking
	flusher *transport.Flusher
	limit   time.Duration // for a write that blocks
	source  Source

	duty atomic.Uint32
}

var _ transport.Flushable = (*Writer)(nil)

// New returns the writer of nc for src. limit bounds a write that the socket
// does not take at once.
func New(nc net.Conn, f *transport.Flusher, limit time.Duration, src Source) Writer {
	return newWriter(nc, rawConn(nc), f, limit, src)
}

func newWriter(nc net.Conn, raw syscall.RawConn, f *transport.Flusher, limit time.Duration, src Source) Writer {
	return Writer{nc: nc, raw: raw, flusher: f, limit: limit, source: src}
}

// Note sees to it that the source is asked soon. It takes note and returns, so
// it may be called under locks.
func (w *Writer) Note() {
	for {
		switch w.duty.Load() {
		case idle:
			if w.duty.CompareAndSwap(idle, noted) {
				w.flusher.Note(w)
				return
			}
		case writing:
			if w.duty.CompareAndSwap(writing, again) {
				return
			}
		default: // whoever has the duty has not looked yet, or looks again
			return
		}
	}
}

// Ready is Note, or with now, where nobody has the duty, the write itself.
func (w *Writer) Ready(now bool) {
	if now && w.duty.CompareAndSwap(idle, noted) {
		w.flusher.Flush(w)
		return
	}
	w.Note()
}

// Flush writes everything that is ready; see transport.Flushable. It is for the
// flusher alone.
func (w *Writer) Flush(s *transport.Scratch) {
	w.duty.Store(writing)
	next := w.source.Fill(s)
	switch {
	case w.raw == nil && (len(s.Buf) > 0 || next == Last):
		// Even to close such a connection may have to wait for its peer: TLS says
		// goodbye (RFC 8446 section 6.1).
		rest := s.Buf
		s.Buf = nil
		go w.finish(rest, next) // ends by the write deadline
		return
	case len(s.Buf) == 0:
		w.done(next)
		return
	}
	n, err := tryWrite(w.raw, s)
	switch {
	case err != nil:
		w.source.Fail()
		w.done(Idle)
	case n < len(s.Buf):
		go w.finish(append([]byte(nil), s.Buf[n:]...), next) // ends by the write deadline
	default:
		w.done(next)
	}
}

// finish writes what a write without blocking left over, if anything.
func (w *Writer) finish(rest []byte, next Next) {
	if len(rest) == 0 {
		w.done(next)
		return
	}
	w.nc.SetWriteDeadline(time.Now().Add(w.limit))
	if _, err := w.nc.Write(rest); err != nil {
		w.source.Fail()
		w.done(Idle)
		return
	}
	w.nc.SetWriteDeadline(time.Time{})
	w.done(next)
}

// done gives the duty back, or queues again for what has come meanwhile.
func (w *Writer) done(next Next) {
	if next == Last && w.duty.Load() != again {
		w.source.Done()
	}
	if next != More && w.duty.CompareAndSwap(writing, idle) {
		return
	}
	w.duty.Store(noted)
	w.flusher.Note(w)
}

// A rawWriter is one write without blocking. Each scratch has one, so that its
// closure is made once.
type rawWriter struct {
	p   []byte
	n   int
	err error
	do  func(fd uintptr)
}

func newRawWriter() *rawWriter {
	w := new(rawWriter)
	w.do = func(fd uintptr) { w.n, w.err = writeOnce(fd, w.p) }
	return w
}

// tryWrite writes what of s.Buf the socket takes without blocking. That needs no
// more of RawConn than Control: whoever has the duty is the only one who writes,
// and a write that never waits has no use for the poller, or for a deadline.
func tryWrite(raw syscall.RawConn, s *transport.Scratch) (int, error) {
	w, ok := s.Own.(*rawWriter)
	if !ok {
		w = newRawWriter()
		s.Own = w
	}
	w.p, w.n, w.err = s.Buf, 0, nil
	err := raw.Control(w.do)
	if err == nil {
		err = w.err
	}
	w.p = nil
	return w.n, err
}
