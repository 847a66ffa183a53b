// Package sse carries a session down a stream of server-sent events (the
// EventSource of browsers, WHATWG HTML section 9.2). Frames go up by POSTs to
// "send". What EventSource cannot say, an id in a body, is said by a one-time
// ticket in the URL (PROTOCOL.md, server-sent events).
//
// Over HTTP/1.1 a stream is taken over from net/http behind its head, so that an
// idle one costs no more than an idle WebSocket. What follows from that is the
// same, too: middleware sees the request end when the stream begins, and
// http.Server.Shutdown does not see the stream; session.Server.Shutdown ends it.
package sse

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/everwire/everwire/transport"
)

const (
	// probeTime is how long a probe stream is left open: its one event has long
	// arrived, or is held back by a proxy.
	probeTime = 2 * time.Second

	// maxProbes bounds the probes that are open at once. They need no session.
	maxProbes = 256

	// padding opens streams of clients that ask for it: some old engines and
	// proxies hold back the first 1 to 4 KB.
	padding = 2048

	maxParam = 64 // bytes of a ticket or number in the URL
)

// Transport is the transport over server-sent events; use a pointer to one. The
// zero value is ready.
type Transport struct {
	probes  atomic.Int64
	flusher transport.Flusher
}

var _ transport.Transport = (*Transport)(nil)

// Name returns "sse".
func (*Transport) Name() string { return "sse" }

// Serve carries a session down one stream until the client goes away or another
// connection takes the session over. Over HTTP/1.1 it writes the head and the
// first event through w, so that what middleware does to the head is kept, then
// takes the connection over and returns: an idle stream costs a socket and a
// small goroutine. Over HTTP/2, and where the writer cannot be hijacked or
// middleware encodes the body (its Content-Encoding is in the head), it serves
// the stream itself and returns at its end.
func (t *Transport) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, OPTIONS")
		return refuse(w, transport.ErrMethod)
	}
	if !r.ProtoAtLeast(1, 1) { // no chunks: nothing would arrive before the end
		return refuse(w, transport.ErrTransport)
	}
	q := r.URL.Query()
	if !q.Has("t") {
		return t.probe(w, r, d, q.Has("pad"))
	}
	h, err := hello(q)
	if err != nil {
		return refuse(w, err)
	}
	s := stream{w: w, rc: http.NewResponseController(w), limit: d.Limits().WriteTimeout}
	if !s.canFlush() {
		return refuse(w, transport.ErrTransport)
	}
	link, welcome, err := d.Attach(r, h, transport.Batch{Seq: 1})
	if err != nil {
		return refuse(w, err)
	}
	s.count = transport.NewCounter(welcome.Seq)
	if hijackable(w, r) {
		// Nobody can read a second answer off the connection, whoever ends it.
		w.Header().Set("Connection", "close")
	}
	err = s.open(q.Has("pad"), welcome.Frame())
	if err == nil && t.takeOver(&s, r, link) {
		return nil
	}
	defer link.Close(nil)
	if err != nil {
		return err
	}
	return s.run(r.Context(), link)
}

// hello reads what a GET says in its URL. Other items are ignored.
func hello(q url.Values) (transport.Hello, error) {
	h := transport.Hello{Ticket: q.Get("t"), Seq: 1, Transport: "sse", Stream: true}
	n, err := number(q.Get("n"))
	got, err2 := number(q.Get("got"))
	if err != nil || err2 != nil || n == 0 || h.Ticket == "" || len(h.Ticket) > maxParam {
		return h, transport.ErrHello
	}
	h.Attach, h.Got = n, got
	return h, nil
}

// number reads a whole number below 2^53; "" is 0.
func number(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseUint(s, 10, 53)
}

// probe shows a client whether a stream gets through, without a session: one
// event, flushed, and the end a little later.
func (t *Transport) probe(w http.ResponseWriter, r *http.Request, d transport.Door, pad bool) error {
	defer t.probes.Add(-1)
	if t.probes.Add(1) > maxProbes {
		return refuse(w, transport.ErrBusy)
	}
	s := stream{w: w, rc: http.NewResponseController(w), limit: d.Limits().WriteTimeout}
	if !s.canFlush() {
		return refuse(w, transport.ErrTransport)
	}
	if err := s.open(pad, (&transport.Welcome{}).Frame()); err != nil {
		return err
	}
	timer := time.NewTimer(probeTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
	return nil
}

func refuse(w http.ResponseWriter, err error) error {
	transport.WriteError(w, err, false)
	return err
}

// stream writes events. It is owned by the handler's goroutine.
type stream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	limit time.Duration // for one write
	count transport.Counter
	buf   []byte
}

// canFlush reports whether anything below w can flush, without flushing: the
// status must still be open. It follows Unwrap as http.ResponseController
// does.
func (s *stream) canFlush() bool {
	for w := s.w; ; {
		switch v := w.(type) {
		case interface{ FlushError() error }, interface{ Flush() }:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return false
		}
	}
}

// open sends the head and the first event, which proves the stream.
func (s *stream) open(pad bool, welcome *transport.Frame) error {
	h := s.w.Header()
	transport.Head(h, "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx
	s.w.WriteHeader(http.StatusOK)
	// The server's ReadTimeout would end the stream: net/http watches the
	// connection while the handler runs.
	_ = s.rc.SetReadDeadline(time.Time{})
	if pad {
		s.buf = append(s.buf, ':')
		s.buf = append(s.buf, strings.Repeat(" ", padding)...)
		s.buf = append(s.buf, '\n')
	}
	return s.events([]*transport.Frame{welcome})
}

// run moves frames from the link to the stream until either ends.
func (s *stream) run(ctx context.Context, link transport.Link) error {
	var frames []*transport.Frame
	for {
		b, err := link.Next(ctx, frames)
		if err != nil {
			return s.end(ctx, err)
		}
		frames = numbered(&s.count, b)
		if err := s.events(frames); err != nil {
			return err
		}
		clear(frames) // a stream at rest keeps no frames alive
	}
}

// events writes frames in as many events as they need, each with one write.
func (s *stream) events(frames []*transport.Frame) error {
	for len(frames) > 0 {
		n, _ := fits(frames)
		s.buf = appendEvent(s.buf, frames[:n])
		if err := s.flush(); err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// end tells the client why the stream ends, if it is still there.
func (s *stream) end(ctx context.Context, err error) error {
	if ce := told(err); ce != nil && ctx.Err() == nil {
		_ = s.events([]*transport.Frame{ce.Frame()}) // the client finds out by the end of the stream, too
	}
	return err
}

// maxIdle is the largest buffer that a stream keeps while it is idle.
const maxIdle = 1 << 10

// flush writes what is in the buffer at once. A deadline for each write
// overrules the server's WriteTimeout, which would end the stream.
func (s *stream) flush() error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(s.limit))
	if _, err := s.w.Write(s.buf); err != nil {
		return err
	}
	if s.buf = s.buf[:0]; cap(s.buf) > maxIdle {
		s.buf = nil
	}
	err := s.rc.Flush()
	// Over HTTP/2 a deadline resets the stream even while nothing is written.
	_ = s.rc.SetWriteDeadline(time.Time{})
	return err
}
