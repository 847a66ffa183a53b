package websocket

import (
	"errors"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/transport"
)

// closeGrace is how long the peer has to answer a close frame before the
// connection is cut (RFC 6455 section 7.1.1).
const closeGrace = 5 * time.Second

// errClosed says that the peer's close frame has come.
var errClosed = errors.New("everwire: the peer closed the WebSocket")

// end tells the peer why the connection ends, and returns err. Where the
// session itself says it, nothing has to be done here.
func (c *conn) end(err error) error {
	if err == errClosed {
		return err
	}
	var breach protocolError
	if errors.As(err, &breach) {
		_ = c.control(gorilla.CloseMessage, gorilla.FormatCloseMessage(gorilla.CloseProtocolError, string(breach))) // a flood is an end, too
		return err
	}
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

// finish ends the connection, err why.
func (c *conn) finish(err error) {
	c.life.end()
	if c.link != nil {
		c.link.Close(err)
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
	if err == errClosed || c.gone {
		return true
	}
	c.mu.Lock()
	closing := c.closing
	c.mu.Unlock()
	if !closing || isTimeout(err) { // a timeout is the grace that is over
		return false
	}
	c.nc.SetReadDeadline(time.Now().Add(closeGrace))
	for {
		data, err := c.reader.Read()
		if err != nil {
			return false
		}
		gone := c.skip(data)
		c.reader.Free()
		if gone {
			return true
		}
	}
}

// hangUp closes the socket as soon as what is queued has been written.
func (c *conn) hangUp() {
	c.mu.Lock()
	c.hangup = true
	c.mu.Unlock()
	c.writer.Ready(true) // here, unless somebody else writes: this goroutine ends anyway
}

// skip reads past what comes behind our end. It reports whether the peer's close
// frame is in it.
func (c *conn) skip(data []byte) bool {
	for !c.lost {
		op, _, rest, err := c.in.next(data)
		switch {
		case op == 0:
			c.lost = err != nil
			return false
		case op == gorilla.CloseMessage:
			return true
		}
		data = rest
	}
	return false
}
