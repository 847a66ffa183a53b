package websocket

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/socket"
	"github.com/everwire/everwire/transport"
)

const (
	// maxHellos bounds the hellos of one connection, refused ones included.
	maxHellos = 8

	// maxPings bounds the pings of one wait for a hello (PROTOCOL.md, proof).
	maxPings = 3

	// closeGrace is how long the peer has to answer a close frame before the
	// connection is cut (RFC 6455 section 7.1.1).
	closeGrace = 5 * time.Second

	// maxControl bounds the control frames that wait to be written: pongs for a
	// peer that sends pings and reads nothing.
	maxControl = 8 << 10
)

// errFlood cuts a connection without a word: its peer reads none.
var errFlood = errors.New("everwire: a WebSocket peer that sends pings and does not read")

// conn is one WebSocket.
type conn struct {
	// Immutable after the upgrade.
	ws       *gorilla.Conn // reads; what it writes comes back through wire
	nc       net.Conn
	door     transport.Door
	limits   transport.Limits
	compress bool
	cancel   context.CancelFunc

	// Owned by the reading goroutine.
	request *http.Request // until it has attached
	ctx     context.Context
	next    uint64 // number of the next counted frame from the peer
	pings   int    // since the start or the last hello
	hellos  int
	refused bool // a hello was refused: frames are dropped until the next

	writer socket.Writer

	// Owned by who has the duty to write, after it was set with link.
	count transport.Counter

	mu sync.Mutex
	// Guarded by mu.
	link    transport.Link // nil before it has attached
	binary  bool           // the peer takes binary messages
	out     []byte         // messages and control frames to write before any frame
	closing bool           // a close frame is in out or has been written
	hangup  bool           // close the socket when out has been written
}

// wire is what gorilla takes for the socket. Its control frames must not land
// inside of a message that is half written, so they take their turn.
type wire struct {
	net.Conn
	conn atomic.Pointer[conn] // nil during the handshake
}

// Write sends the handshake, and queues everything later.
func (w *wire) Write(p []byte) (int, error) {
	c := w.conn.Load()
	if c == nil {
		return w.Conn.Write(p)
	}
	return len(p), c.control(p)
}

// SetWriteDeadline does nothing after the handshake: deadlines are set where
// the writing is done.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if w.conn.Load() == nil {
		return w.Conn.SetWriteDeadline(t)
	}
	return nil
}

// control queues a control frame of gorilla: a pong, or the echo of a close.
func (c *conn) control(p []byte) error {
	c.mu.Lock()
	if c.closing { // nothing follows a close frame
		c.mu.Unlock()
		return nil
	}
	if len(c.out)+len(p) > maxControl {
		c.mu.Unlock()
		return errFlood
	}
	c.out = append(c.out, p...)
	c.closing = p[0]&0x0f == gorilla.CloseMessage
	c.mu.Unlock()
	c.writer.Note()
	return nil
}

// read moves messages from the socket to the session until the connection ends.
func (c *conn) read() {
	c.ctx = c.request.Context()
	err := c.readAll()
	c.cancel()
	c.mu.Lock()
	link := c.link
	c.mu.Unlock()
	if link != nil {
		link.Close(err)
	}
	if c.linger(err) {
		c.hangUp()
		return
	}
	c.nc.Close()
}

// linger reads on after the end, so that our close frame reaches the peer
// instead of a reset, until the peer's comes or the grace is over. It reports
// whether the peer's has come: then it is on us to close the socket, without
// delay, as browsers wait for that (RFC 6455 section 7.1.1).
func (c *conn) linger(err error) bool {
	var closed *gorilla.CloseError
	if errors.As(err, &closed) {
		return true
	}
	c.mu.Lock()
	closing := c.closing
	c.mu.Unlock()
	if !closing || isTimeout(err) { // a timeout is the grace that is over
		return false
	}
	c.nc.SetReadDeadline(time.Now().Add(closeGrace))
	for err = nil; err == nil; {
		_, _, err = c.ws.NextReader()
	}
	if errors.As(err, &closed) {
		return true
	}
	io.Copy(io.Discard, c.nc) // gorilla has given up reading
	return false
}

// hangUp closes the socket as soon as what is queued has been written.
func (c *conn) hangUp() {
	c.mu.Lock()
	c.hangup = true
	c.mu.Unlock()
	c.writer.Note()
}

func (c *conn) readAll() error {
	c.await()
	for {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return c.end(c.readFailed(err))
		}
		if err := c.message(kind, r); err != nil {
			return c.end(err)
		}
	}
}

// await gives the peer time for its hello.
func (c *conn) await() {
	c.pings = 0
	c.nc.SetReadDeadline(time.Now().Add(c.limits.HelloTimeout))
}

// readFailed returns what to tell the peer of an error in reading, or err.
// gorilla has sent the close frames for faults of the WebSocket protocol itself.
func (c *conn) readFailed(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case isTimeout(err) && c.attached() == nil:
		return transport.ErrTimeout
	case errors.Is(err, gorilla.ErrReadLimit): // a length of 2^63 or more
		return transport.ErrSize
	case errors.As(err, &corrupt):
		return transport.ErrFrame
	}
	return err
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (c *conn) attached() transport.Link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is the largest buffer that is kept for reuse.
const maxPooled = 64 << 10

// message takes one message. Its buffer is not held while nothing comes.
func (c *conn) message(kind int, r io.Reader) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxPooled {
			buf.Reset()
			buffers.Put(buf)
		}
	}()
	// gorilla's own limit would count bytes as they come, before a compressed
	// message grows, and end the connection without a frame.
	n, err := buf.ReadFrom(io.LimitReader(r, int64(c.limits.FrameBytes)+1))
	if err != nil {
		return c.readFailed(err)
	}
	if n > int64(c.limits.FrameBytes) {
		return transport.ErrSize
	}
	if kind == gorilla.BinaryMessage {
		f, err := transport.DecodeMessage(buf.Bytes())
		if err != nil {
			return err
		}
		return c.frames([]*transport.Frame{f})
	}
	frames, err := transport.DecodeLines(buf.Bytes(), c.limits)
	if err != nil {
		return err
	}
	return c.frames(frames)
}

// frames takes the frames of one message: up to and with the hello they are the
// connection's, those behind it are the session's.
func (c *conn) frames(frames []*transport.Frame) error {
	link := c.attached()
	for link == nil && len(frames) > 0 {
		if err := c.beforeHello(frames[0]); err != nil {
			return err
		}
		frames = frames[1:]
		link = c.attached()
	}
	if len(frames) == 0 {
		return nil
	}
	b := transport.Batch{Seq: c.next, Frames: frames}
	c.next = b.After()
	return link.Deliver(c.ctx, b)
}

// beforeHello takes a frame of a connection that has not attached.
func (c *conn) beforeHello(f *transport.Frame) error {
	switch {
	case f.Kind == transport.KindHello:
		return c.attach(f)
	case f.Kind == transport.KindPing:
		if c.pings++; c.pings > maxPings {
			return transport.ErrHello
		}
		c.say(&transport.Frame{Kind: transport.KindPong, Token: f.Token})
		return nil
	case c.refused, !f.Kind.Known() && !f.Kind.Counted():
		return nil
	}
	return transport.ErrHello
}

// attach hands the hello in at the door. One that names a session that is not
// there, or comes too late, leaves the connection as it was (rule R8).
func (c *conn) attach(f *transport.Frame) error {
	h, err := transport.DecodeHello(f.Data)
	if c.hellos++; err == nil && (h.Attach == 0 || c.hellos > maxHellos) {
		err = transport.ErrHello
	}
	if err != nil {
		return err
	}
	h.Send = 0 // r does not belong here
	h.Transport, h.Stream, h.Duplex = "websocket", true, true
	link, welcome, err := c.door.Attach(c.request, h, transport.Batch{Seq: h.Seq})
	var ce *transport.CloseError
	switch {
	case err == nil:
	case errors.As(err, &ce) && (ce.Code == transport.CodeUnknown || ce.Code == transport.CodeConflict):
		c.refused = true
		c.await()
		c.say(ce.Frame())
		return nil
	default:
		return err
	}
	c.nc.SetReadDeadline(time.Time{}) // from here on the heartbeat tells
	c.request = nil
	c.next = h.Seq
	ready, ok := link.(transport.Notifier)
	if !ok {
		p := newPuller(c.ctx, link)
		link, ready = p, p
	}
	c.mu.Lock()
	c.out = appendText(c.out, welcome.Frame().Line())
	c.count = transport.NewCounter(welcome.Seq)
	c.binary = h.Binary
	c.link = link
	c.mu.Unlock()
	ready.Notify(c.writer.Ready)
	c.writer.Note()
	return nil
}

// say queues a frame that goes out before those of the session.
func (c *conn) say(f *transport.Frame) {
	c.mu.Lock()
	c.out = appendText(c.out, f.Line())
	c.mu.Unlock()
	c.writer.Note()
}

// end tells the peer why the connection ends, and returns err. Where the
// session itself says it, nothing has to be done here.
func (c *conn) end(err error) error {
	var ce *transport.CloseError
	if !errors.As(err, &ce) {
		return err
	}
	c.mu.Lock()
	if !c.closing {
		c.closing = true
		c.out = appendEnd(c.out, ce)
	}
	c.mu.Unlock()
	c.writer.Note()
	return err
}
