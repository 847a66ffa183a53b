package sse

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/everwire/everwire/internal/socket"
	"github.com/everwire/everwire/transport"
)

const (
	// endGrace is how long a client has to close the connection behind the last
	// chunk before it is cut.
	endGrace = 5 * time.Second

	// maxStray bounds what a client may send behind its request: nobody reads
	// it, as the answer says that the connection closes behind it.
	maxStray = 4 << 10
)

// A conn is a stream whose connection was taken over from net/http when its
// head and welcome had been written. It costs one small goroutine that waits
// for the client to go away; what is ready is written by a transport.Flusher.
type conn struct {
	// Immutable after takeOver.
	nc     net.Conn
	link   transport.Link
	writer socket.Writer

	// Owned by who has the duty to write.
	count transport.Counter
	over  bool // the last chunk has been filled in

	// Owned by the watching goroutine.
	stray [1]byte
}

var _ socket.Source = (*conn)(nil)

// hijackable reports whether the connection below w may be taken over behind
// the head. It follows Unwrap as http.ResponseController does, and asks before
// the head because that has to say that the connection closes. A request that
// has a body leaves it unread on the connection.
func hijackable(w http.ResponseWriter, r *http.Request) bool {
	if r.ProtoMajor != 1 || r.ContentLength != 0 {
		return false
	}
	for {
		if !verbatim(w.Header()) {
			return false
		}
		switch v := w.(type) {
		case interface {
			Hijack() (net.Conn, *bufio.ReadWriter, error)
		}:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return false
		}
	}
}

// verbatim reports whether a head lets the bytes of the stream be written past
// the writers that middleware has put around the connection: nobody encodes
// the body, frames it in a way of their own, or has something to say behind it.
func verbatim(h http.Header) bool {
	for _, name := range []string{"Content-Encoding", "Content-Length", "Transfer-Encoding", "Trailer"} {
		if len(h[name]) > 0 {
			return false
		}
	}
	return true
}

// takeOver takes the connection of a stream that has been opened, and serves
// the link from then on. Where it reports false nothing has changed.
func (t *Transport) takeOver(s *stream, r *http.Request, link transport.Link) bool {
	ready, ok := link.(transport.Notifier)
	if !ok || !hijackable(s.w, r) { // middleware has seen the head, and may have changed it
		return false
	}
	nc, rw, err := s.rc.Hijack()
	if err != nil {
		return false
	}
	c := &conn{nc: nc, link: link, count: s.count}
	c.writer = socket.New(nc, &t.flusher, s.limit, c)
	_ = nc.SetDeadline(time.Time{})
	ready.Notify(c.writer.Ready)
	go c.watch(rw.Reader.Buffered()) // ends when the connection ends
	return true
}

// watch waits for the end of the connection and closes the link.
func (c *conn) watch(stray int) {
	for stray <= maxStray {
		n, err := c.nc.Read(c.stray[:])
		if err != nil {
			break
		}
		stray += n
	}
	c.nc.Close()
	c.link.Close(nil)
}

// Fill takes the frames of the session that are ready as one chunk (RFC 9112
// section 7.1), or its end.
func (c *conn) Fill(s *transport.Scratch) socket.Next {
	if c.over {
		return socket.Last
	}
	b, err := c.link.Next(transport.Done, s.Frames)
	if err != nil {
		return c.ended(s, err)
	}
	s.Frames = numbered(&c.count, b)
	s.Buf = appendChunk(s.Buf, s.Frames)
	if b.More {
		return socket.More
	}
	return socket.Idle
}

// ended appends the end of the session and the last chunk, if err is an end.
func (c *conn) ended(s *transport.Scratch, err error) socket.Next {
	ce := told(err)
	if ce == nil { // nothing was ready
		return socket.Idle
	}
	c.over = true
	s.Frames = append(s.Frames, ce.Frame())
	s.Buf = appendChunk(s.Buf, s.Frames)
	s.Buf = append(s.Buf, "0\r\n\r\n"...)
	return socket.Last
}

// Done ends the answer: the client closes the connection when it has read so
// far, or is cut a little later.
func (c *conn) Done() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		c.nc.SetReadDeadline(time.Now().Add(endGrace))
		return
	}
	c.nc.Close()
}

// Fail gives the connection up; the watching goroutine finds out.
func (c *conn) Fail() { c.nc.Close() }

// told returns what a client is told of the end of its link, nil where err is
// no end.
func told(err error) *transport.CloseError {
	var ce *transport.CloseError
	if !errors.As(err, &ce) {
		return nil
	}
	if ce.Code < transport.CodeBad {
		return transport.ErrClosed // in order
	}
	return ce
}

// appendChunk appends the events of the frames as one chunk.
func appendChunk(b []byte, frames []*transport.Frame) []byte {
	size := 0
	for rest := frames; len(rest) > 0; {
		n, bytes := fits(rest)
		size += bytes
		rest = rest[n:]
	}
	b = append(strconv.AppendUint(b, uint64(size), 16), "\r\n"...)
	for rest := frames; len(rest) > 0; {
		n, _ := fits(rest)
		b = appendEvent(b, rest[:n])
		rest = rest[n:]
	}
	return append(b, "\r\n"...)
}
