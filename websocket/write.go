package websocket

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/socket"
	"github.com/everwire/everwire/transport"
)

var _ socket.Source = (*conn)(nil)

// Fill takes everything that is ready: what waits, then the frames of the
// session or its end.
func (c *conn) Fill(s *transport.Scratch) socket.Next {
	c.mu.Lock()
	s.Buf = append(s.Buf, c.out...)
	c.out = nil
	link, last := c.link, c.closing || c.hangup
	c.mu.Unlock()
	switch {
	case last:
		return socket.Last
	case link == nil:
		return socket.Idle
	}
	return c.collect(link, s)
}

// collect appends the frames of the session that are ready, or its end.
func (c *conn) collect(link transport.Link, s *transport.Scratch) socket.Next {
	b, err := c.take(link, s.Frames)
	if err != nil {
		return c.ended(s, err)
	}
	if c.lender != nil {
		defer c.lender.Return()
	}
	s.Frames = b.Frames
	if mark := c.count.Take(b); mark != nil {
		s.Buf = appendText(s.Buf, mark.Line())
	}
	for frames := b.Frames; len(frames) > 0; {
		if n, size := c.fits(frames); n > 1 {
			s.Buf = appendLines(s.Buf, frames[:n], size)
			frames = frames[n:]
			continue
		}
		s.Buf = c.appendFrame(s.Buf, frames[0])
		frames = frames[1:]
	}
	if b.More {
		return socket.More
	}
	return socket.Idle
}

// take returns the frames that are ready. If they are borrowed, they have to be
// returned.
func (c *conn) take(link transport.Link, into []*transport.Frame) (transport.Batch, error) {
	if c.lender != nil {
		return c.lender.Borrow(into)
	}
	return link.Next(transport.Done, into)
}

// ended appends the end of the session, if err is one.
func (c *conn) ended(s *transport.Scratch, err error) socket.Next {
	var ce *transport.CloseError
	switch {
	case errors.Is(err, context.Canceled): // nothing was ready
		return socket.Idle
	case !errors.As(err, &ce):
		go c.Fail() // under TLS a close may wait for the peer, which a worker must not
		return socket.Idle
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing { // the peer's close frame came meanwhile, and its answer waits
		s.Buf = append(s.Buf, c.out...)
		c.out = nil
		return socket.Last
	}
	c.closing = true
	s.Buf = appendEnd(s.Buf, ce)
	return socket.Last
}

// Done bounds the wait for the peer's close frame, or closes the socket where
// that has come.
func (c *conn) Done() {
	c.mu.Lock()
	hangup := c.hangup
	c.mu.Unlock()
	if hangup {
		c.nc.Close()
		return
	}
	c.life.end() // a reader that waits for the session to take frames reads on
	c.nc.SetReadDeadline(time.Now().Add(closeGrace))
}

// Fail gives the connection up: the reader finds out, even one that waits for
// the session to take frames.
func (c *conn) Fail() {
	c.life.end()
	c.nc.Close()
}

// fits returns how many of the frames make the next message, if they are more
// than one, and the size of that: a page spends far more on a message than on a
// frame.
func (c *conn) fits(frames []*transport.Frame) (n, size int) {
	if !c.lines || len(frames) == 1 {
		return 1, 0
	}
	most := min(maxMessage, c.door.Limits().FrameBytes)
	for _, f := range frames {
		if c.binary && f.Kind.Binary() {
			break
		}
		line := len(f.Line())
		if c.compress && line >= compressFrom || n > 0 && size+len("\n")+line > most {
			break
		}
		if n > 0 {
			size += len("\n")
		}
		n, size = n+1, size+line
	}
	return n, size
}

// appendLines appends frames as one text message of the size that fits has said.
func appendLines(b []byte, frames []*transport.Frame, size int) []byte {
	b = append(appendHead(slices.Grow(b, maxHead+size), gorilla.TextMessage, size), frames[0].Line()...)
	for _, f := range frames[1:] {
		b = append(append(b, '\n'), f.Line()...)
	}
	return b
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
	return append(appendHead(slices.Grow(b, maxHead+len(line)), gorilla.TextMessage, len(line)), line...)
}

// appendEnd appends the frame that says why a connection ends, and the close
// frame that says it again.
func appendEnd(b []byte, ce *transport.CloseError) []byte {
	f := ce.Frame()
	code := int(f.Num)
	switch {
	case ce.Is(transport.ErrUTF8):
		code = gorilla.CloseInvalidFramePayloadData
	case ce.Is(transport.ErrSize):
		code = gorilla.CloseMessageTooBig
	case ce.Code < transport.CodeBad:
		code = gorilla.CloseNormalClosure
	}
	if ce.Code >= transport.CodeBad {
		b = appendText(b, f.Line())
	}
	body := gorilla.FormatCloseMessage(code, f.Name)
	return append(appendHead(b, gorilla.CloseMessage, len(body)), body...)
}

// maxMessage bounds a message of several frames: a client handles all of it
// before anything else (PROTOCOL.md section 13).
const maxMessage = 64 << 10

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
