package memhttp

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// SocketBytes is the size of a common socket buffer.
const SocketBytes = 64 << 10

// Pipe returns the two ends of a connection in memory. Each direction holds
// size bytes before a write waits for the reader. Bytes written before a Close
// can still be read behind it, as with TCP. local and remote are the addresses
// of the first end; the second has them the other way round.
func Pipe(size int, local, remote net.Addr) (net.Conn, net.Conn) {
	a, b := &half{size: size}, &half{size: size}
	return newConn(a, b, local, remote), newConn(b, a, remote, local)
}

// A conn is one end of a pipe.
type conn struct {
	in, out       *half
	local, remote net.Addr
	read, write   deadline
	once          sync.Once
	closed        chan struct{}
}

func newConn(in, out *half, local, remote net.Addr) *conn {
	return &conn{in: in, out: out, local: local, remote: remote, closed: make(chan struct{})}
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) Read(p []byte) (int, error) {
	for {
		expired := c.read.wait()
		select {
		case <-c.closed:
			return 0, net.ErrClosed
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		default:
		}
		n, change, err := c.in.take(p)
		if change == nil {
			return n, err
		}
		select {
		case <-change:
		case <-expired:
		case <-c.closed:
		}
	}
}

func (c *conn) Write(p []byte) (int, error) {
	written := 0
	for {
		expired := c.write.wait()
		select {
		case <-c.closed:
			return written, net.ErrClosed
		case <-expired:
			return written, os.ErrDeadlineExceeded
		default:
		}
		n, change, err := c.out.put(p[written:])
		written += n
		if err != nil || written == len(p) {
			return written, err
		}
		select {
		case <-change:
		case <-expired:
		case <-c.closed:
		}
	}
}

// Close ends both directions. What was written can still be read by the peer.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.out.end()
		c.in.drop()
		c.read.set(time.Time{})
		c.write.set(time.Time{})
	})
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.setDeadline(&c.read, t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.write, t) }

func (c *conn) setDeadline(d *deadline, t time.Time) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
	}
	d.set(t)
	return nil
}

// A half is one direction of a pipe.
type half struct {
	size int

	mu      sync.Mutex // guards the rest
	buf     []byte
	ended   bool          // the writer has closed
	dropped bool          // the reader has closed
	change  chan struct{} // closed at the next change; nil while nobody waits
}

// take reads into p. change is set where the caller has to wait for it.
func (h *half) take(p []byte) (n int, change chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(h.buf) > 0:
		n = copy(p, h.buf)
		h.buf = h.buf[n:]
		if len(h.buf) == 0 {
			h.buf = nil
		}
		h.changed()
	case len(p) == 0:
	case h.ended:
		err = io.EOF
	default:
		change = h.wait()
	}
	return n, change, err
}

// put appends what fits; where that is not all, change says when to go on.
func (h *half) put(p []byte) (n int, change chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dropped {
		return 0, nil, io.ErrClosedPipe
	}
	n = min(len(p), h.size-len(h.buf))
	if n > 0 {
		h.buf = append(h.buf, p[:n]...)
		h.changed()
	}
	if n < len(p) {
		change = h.wait()
	}
	return n, change, nil
}

func (h *half) end() {
	h.mu.Lock()
	h.ended = true
	h.changed()
	h.mu.Unlock()
}

func (h *half) drop() {
	h.mu.Lock()
	h.dropped, h.buf = true, nil
	h.changed()
	h.mu.Unlock()
}

// wait and changed are called with mu held.
func (h *half) wait() chan struct{} {
	if h.change == nil {
		h.change = make(chan struct{})
	}
	return h.change
}

func (h *half) changed() {
	if h.change != nil {
		close(h.change)
		h.change = nil
	}
}

// A deadline is a channel that is closed once its time has come.
type deadline struct {
	mu      sync.Mutex
	timer   *time.Timer
	expired chan struct{}
}

func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.expired == nil {
		d.expired = make(chan struct{})
	}
	return d.expired
}

// set moves the deadline; a read or write that waits sees it at once, and one
// that has expired is over.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.expired == nil || isClosed(d.expired) {
		d.expired = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	expired := d.expired
	if wait := time.Until(t); wait > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.timer == timer {
				close(expired)
			}
		})
		d.timer = timer
		return
	}
	close(expired)
}

func isClosed(ch chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
