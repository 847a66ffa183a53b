package websocket

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/socket"
	"github.com/everwire/everwire/internal/stack"
	"github.com/everwire/everwire/transport"
)

const (
	// maxHellos bounds the hellos of one connection, refused ones included.
	maxHellos = 8

	// maxPings bounds the pings of one wait for a hello (PROTOCOL.md, proof).
	maxPings = 3

	// maxControl bounds the control frames that wait to be written: pongs for a
	// peer that sends pings and reads nothing.
	maxControl = 8 << 10
)

// errFlood cuts a connection without a word: its peer reads none.
var errFlood = errors.New("everwire: a WebSocket peer that sends pings and does not read")

// conn is one WebSocket.
type conn struct {
	// Immutable after the upgrade.
	nc       net.Conn
	door     transport.Door
	compress bool

	life *life
	over func() // has another goroutine read on; see transport.Runner

	// Owned by the reading goroutine.
	reader  socket.Reader
	in      messages
	decoder transport.Decoder
	one     [1]*transport.Frame // room for the frames of a message, most often one
	request *http.Request       // until it has attached
	runner  transport.Runner    // the link, if it is one
	lent    bool                // handlers wait to be run
	greets  bool                // the welcome waits for OnConnect, but not for long
	lost    bool                // nobody knows where the next frame begins
	gone    bool                // the peer's close frame has come behind our end
	next    uint64              // number of the next counted frame from the peer
	pings   uint8               // since the start or the last hello
	hellos  uint8
	refused bool // a hello was refused: frames are dropped until the next

	writer socket.Writer

	// Owned by who has the duty to write, after it was set with link.
	count  transport.Counter
	lender transport.Lender // the link, if it is one and frames are just copied

	mu sync.Mutex
	// Guarded by mu.
	link    transport.Link // nil before it has attached; set by the reader, which reads it without mu
	binary  bool           // the peer takes binary messages
	lines   bool           // the peer takes several frames in one text message
	out     []byte         // messages and control frames to write before any frame
	closing bool           // a close frame is in out or has been written
	hangup  bool           // close the socket when out has been written
}

// begin is read of a connection whose hello has not come. Until it has, its stack
// is as large as what follows needs it.
func (c *conn) begin() {
	stack.Grow()
	c.read()
}

// read moves messages from the socket to the session until the connection ends,
// and runs their handlers, or another goroutine goes on with that. Behind the
// hello it is a fresh goroutine while nothing comes, whose stack has not grown.
func (c *conn) read() {
	for {
		err := c.readSome()
		lent := c.lent
		c.lent = false
		switch {
		case err != nil:
			if lent {
				go c.runner.Run(nobody) // ends when no handler waits
			}
			c.finish(c.end(err))
			return
		case lent:
			greets := c.greets
			c.greets = false
			if c.runner.Run(c.over) {
				return // another goroutine reads
			}
			if greets {
				c.writer.Ready(true) // the welcome, and what OnConnect emitted
				go c.read()          // ends when the connection ends
				return
			}
		case c.in.between():
			go c.read() // ends when the connection ends
			return
		}
	}
}

// nobody reads on behind the end.
func nobody() {}

// readSome waits for bytes and takes them.
func (c *conn) readSome() error {
	data, err := c.reader.Read()
	if err != nil {
		if isTimeout(err) && c.link == nil {
			return transport.ErrTimeout
		}
		return err
	}
	defer c.reader.Free()
	for {
		op, payload, rest, err := c.in.next(data)
		switch {
		case err == nil && op == 0:
			return nil
		case err == nil:
			err = c.message(op, payload)
		case op == 0:
			c.lost = true
		}
		if err != nil {
			c.gone = c.skip(rest)
			return err
		}
		data = rest
	}
}

// message takes one message, or a control frame.
func (c *conn) message(op byte, payload []byte) error {
	switch op {
	case gorilla.CloseMessage:
		answer, err := checkClose(payload)
		if err != nil {
			return err
		}
		c.control(gorilla.CloseMessage, answer)
		return errClosed
	case gorilla.PingMessage:
		return c.control(gorilla.PongMessage, payload)
	case gorilla.PongMessage:
		return nil
	}
	frames, err := c.decode(op, payload)
	if err == nil {
		err = c.frames(frames)
	}
	c.one[0] = nil
	return err
}

// decode returns the frames of a message; they are good until the next one.
func (c *conn) decode(op byte, payload []byte) ([]*transport.Frame, error) {
	if op == gorilla.BinaryMessage {
		f, err := c.decoder.Message(payload)
		if err != nil {
			return nil, err
		}
		return append(c.one[:0], f), nil
	}
	return c.decoder.Lines(c.one[:0], payload, c.limits())
}

// bound sets the limit of the messages that come in.
func (c *conn) bound() { c.in.limit = int32(min(c.limits().FrameBytes, math.MaxInt32/2)) }

// limits returns those of the door, with room for a hello as long as that may
// come.
func (c *conn) limits() transport.Limits {
	lim := c.door.Limits()
	if c.link == nil {
		lim.FrameBytes = max(lim.FrameBytes, transport.MaxHelloBytes)
	}
	return lim
}

// control queues a control frame: a pong, or a close frame.
func (c *conn) control(op byte, payload []byte) error {
	c.mu.Lock()
	if c.closing { // nothing follows a close frame
		c.mu.Unlock()
		return nil
	}
	if len(c.out)+len(payload) > maxControl {
		c.mu.Unlock()
		return errFlood
	}
	c.out = append(appendHead(c.out, op, len(payload)), payload...)
	c.closing = op == gorilla.CloseMessage
	c.mu.Unlock()
	c.writer.Note()
	return nil
}

// await gives the peer time for its hello.
func (c *conn) await() {
	c.pings = 0
	c.nc.SetReadDeadline(time.Now().Add(c.door.Limits().HelloTimeout))
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// frames takes the frames of one message: up to and with the hello they are the
// connection's, those behind it are the session's.
func (c *conn) frames(frames []*transport.Frame) error {
	for c.link == nil && len(frames) > 0 {
		if err := c.beforeHello(frames[0]); err != nil {
			return err
		}
		frames = frames[1:]
	}
	if len(frames) == 0 {
		return nil
	}
	b := transport.Batch{Seq: c.next, Frames: frames}
	c.next = b.After()
	if c.runner == nil {
		return c.link.Deliver(c.life, b)
	}
	var ctx context.Context = c.life
	if c.greets {
		ctx = impatient{c.life, &c.writer}
	}
	lent, err := c.runner.Take(ctx, b)
	c.lent = c.lent || lent
	return err
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
	h.Transport, h.Stream, h.Duplex, h.Runs = "websocket", true, true, true
	link, welcome, err := c.knock(h)
	if err != nil {
		return c.refuse(err)
	}
	c.nc.SetReadDeadline(time.Time{}) // from here on the heartbeat tells
	c.request = nil
	c.next = h.Seq
	c.runner, _ = link.(transport.Runner)
	ready, ok := link.(transport.Notifier)
	if !ok {
		p := newPuller(c.life, link)
		link, ready = p, p
	}
	c.mu.Lock()
	c.out = appendText(c.out, welcome.Frame().Line())
	c.count = transport.NewCounter(welcome.Seq)
	if !c.compress {
		c.lender, _ = link.(transport.Lender)
	}
	c.binary, c.lines = h.Binary, h.Lines
	c.link = link
	c.mu.Unlock()
	c.bound()
	if c.runner != nil {
		c.decoder.Reuse = true
		c.lent, c.greets = true, true
		ready.Notify(c.writer.Ready)
		return nil
	}
	ready.Notify(c.writer.Ready)
	c.writer.Note()
	// A door may have wrapped the link of one that waits for its Run: a delivery of
	// nothing has the handlers run elsewhere.
	return link.Deliver(c.life, transport.Batch{Seq: c.next})
}

// knock asks at the door. Where the app ends the goroutine there, the connection
// ends: nobody would read on.
func (c *conn) knock(h transport.Hello) (link transport.Link, w transport.Welcome, err error) {
	out := true
	defer func() {
		if out {
			c.Fail()
		}
	}()
	link, w, err = c.door.Attach(c.request, h, transport.Batch{Seq: h.Seq})
	out = false
	return link, w, err
}

// refuse says that the door did not take a hello, err why. Where another one may
// follow it returns nil.
func (c *conn) refuse(err error) error {
	var ce *transport.CloseError
	if !errors.As(err, &ce) || ce.Code != transport.CodeUnknown && ce.Code != transport.CodeConflict {
		return err
	}
	c.refused = true
	c.await()
	c.say(ce.Frame())
	return nil
}

// say queues a frame that goes out before those of the session.
func (c *conn) say(f *transport.Frame) {
	c.mu.Lock()
	c.out = appendText(c.out, f.Line())
	c.mu.Unlock()
	c.writer.Note()
}
