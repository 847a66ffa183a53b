package websocket

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/transport"
)

var _ transport.Flushable = (*conn)(nil)

// note sees to it that the connection is flushed. It may be called under locks.
func (c *conn) note() {
	c.mu.Lock()
	was := c.duty
	switch was {
	case idle:
		c.duty = noted
	case writing:
		c.duty = again
	}
	c.mu.Unlock()
	if was == idle {
		c.flusher.Note(c)
	}
}

// Flush writes everything that is ready with one write that does not block.
func (c *conn) Flush(s *transport.Scratch) {
	c.mu.Lock()
	c.duty = writing
	s.Buf = append(s.Buf, c.out...)
	c.out = nil
	link, closing := c.link, c.closing
	c.mu.Unlock()
	more := false
	if link != nil && !closing {
		more = c.collect(link, s)
	}
	if c.raw == nil {
		if len(s.Buf) == 0 {
			c.done(more)
			return
		}
		rest := s.Buf
		s.Buf = nil
		go c.finish(rest, more) // ends by the write deadline
		return
	}
	n, err := tryWrite(c.raw, s.Buf)
	switch {
	case err != nil:
		c.fail()
		c.done(false)
	case n < len(s.Buf):
		go c.finish(append([]byte(nil), s.Buf[n:]...), more) // ends by the write deadline
	default:
		c.done(more)
	}
}

// collect appends the frames of the session that are ready, or its end.
func (c *conn) collect(link transport.Link, s *transport.Scratch) (more bool) {
	b, err := link.Next(transport.Done, s.Frames)
	var ce *transport.CloseError
	if errors.As(err, &ce) {
		c.mu.Lock()
		c.closing = true
		c.mu.Unlock()
		s.Buf = appendEnd(s.Buf, ce)
		return false
	}
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			c.fail()
		}
		return false
	}
	s.Frames = b.Frames
	if mark := c.count.Take(b); mark != nil {
		s.Buf = appendText(s.Buf, mark.Line())
	}
	for _, f := range b.Frames {
		s.Buf = c.appendFrame(s.Buf, f)
	}
	return b.More
}

// finish writes what a write without blocking left over.
func (c *conn) finish(rest []byte, more bool) {
	c.nc.SetWriteDeadline(time.Now().Add(c.limits.WriteTimeout))
	if _, err := c.nc.Write(rest); err != nil {
		c.fail()
		c.done(false)
		return
	}
	c.nc.SetWriteDeadline(time.Time{})
	c.done(more)
}

// done gives the duty back, or queues again for what has come meanwhile. After
// a close frame it bounds the wait for the peer's.
func (c *conn) done(more bool) {
	c.mu.Lock()
	requeue := more || c.duty == again
	c.duty = idle
	if requeue {
		c.duty = noted
	}
	closing, hangup := c.closing, c.hangup
	c.mu.Unlock()
	switch {
	case requeue:
		c.flusher.Note(c)
	case hangup:
		c.nc.Close()
	case closing:
		c.cancel() // a reader that waits for the session to take frames reads on
		c.nc.SetReadDeadline(time.Now().Add(closeGrace))
	}
}

// appendFrame appends a frame as one message.
func (c *conn) appendFrame(b []byte, f *transport.Frame) []byte {
	data, bin := f.Line(), false
	if c.binary {
		data, bin = f.Message()
	}
	op := byte(gorilla.TextMessage)
	if bin {
		op = gorilla.BinaryMessage
	}
	if c.compress && len(data) >= compressFrom {
		return append(appendHead(b, op|rsv1, len(deflated(f, data, bin))), deflated(f, data, bin)...)
	}
	return append(appendHead(b, op, len(data)), data...)
}

// appendText appends a line as one text message.
func appendText(b, line []byte) []byte {
	return append(appendHead(b, gorilla.TextMessage, len(line)), line...)
}

// appendEnd appends the frame that says why a connection ends, and the close
// frame that says it again.
func appendEnd(b []byte, ce *transport.CloseError) []byte {
	code := int(ce.Code)
	switch {
	case ce.Is(transport.ErrUTF8):
		code = gorilla.CloseInvalidFramePayloadData
	case ce.Is(transport.ErrSize):
		code = gorilla.CloseMessageTooBig
	case ce.Code < transport.CodeBad:
		code = gorilla.CloseNormalClosure
	}
	if ce.Code >= transport.CodeBad {
		b = appendText(b, ce.Frame().Line())
	}
	body := gorilla.FormatCloseMessage(code, ce.Reason)
	return append(appendHead(b, gorilla.CloseMessage, len(body)), body...)
}

const (
	fin  = 0x80
	rsv1 = 0x40 // compressed (RFC 7692 section 6)
)

// appendHead appends the head of an unmasked message in one piece (RFC 6455
// section 5.2).
func appendHead(b []byte, op byte, n int) []byte {
	switch {
	case n < 126:
		return append(b, fin|op, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, fin|op, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, fin|op, 127), uint64(n))
	}
}

// A rawWriter is one write without blocking; pooled, so that its closure is
// made once.
type rawWriter struct {
	p   []byte
	n   int
	err error
	do  func(fd uintptr) bool
}

var rawWriters = sync.Pool{New: func() any {
	w := new(rawWriter)
	w.do = func(fd uintptr) bool {
		w.n, w.err = writeOnce(fd, w.p)
		return true // whatever it did: never wait
	}
	return w
}}

// tryWrite writes what the socket takes without blocking.
func tryWrite(raw syscall.RawConn, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	w := rawWriters.Get().(*rawWriter)
	w.p, w.n, w.err = p, 0, nil
	err := raw.Write(w.do)
	n := w.n
	if err == nil {
		err = w.err
	}
	w.p = nil
	rawWriters.Put(w)
	return n, err
}
