package memhttp

import (
	"context"
	"net"
	"sync"
)

// A Listener is a net.Listener whose connections come from its own Dial.
type Listener struct {
	accept chan net.Conn
	closed chan struct{}

	// Guarded by mu.
	mu    sync.Mutex
	conns map[*tracked]struct{}
	port  int
	done  bool
}

var _ net.Listener = (*Listener)(nil)

// Listen returns a listener with no connections.
func Listen() *Listener {
	return &Listener{
		accept: make(chan net.Conn),
		closed: make(chan struct{}),
		conns:  make(map[*tracked]struct{}),
		port:   49151, // the ports behind it are the dynamic ones (RFC 6335 section 6)
	}
}

// Accept waits for the next dial. After Close it returns net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Addr returns the address that the listener seems to have.
func (l *Listener) Addr() net.Addr { return serverAddr }

// serverAddr and clientIP are of the ranges for documentation (RFC 5737).
var (
	serverAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	clientIP   = net.IPv4(198, 51, 100, 1)
)

// Dial connects to the listener, whatever the address. Its form is that of
// http.Transport.DialContext and of the hook of a WebSocket dialer. It returns
// the cause of ctx, or net.ErrClosed after Close.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	if l.done {
		l.mu.Unlock()
		return nil, net.ErrClosed
	}
	l.port++
	client, server := Pipe(SocketBytes, &net.TCPAddr{IP: clientIP, Port: l.port}, serverAddr)
	c, s := &tracked{Conn: client, l: l}, &tracked{Conn: server, l: l}
	l.conns[c], l.conns[s] = struct{}{}, struct{}{}
	l.mu.Unlock()

	var err error
	select {
	case l.accept <- s:
		return c, nil
	case <-l.closed:
		err = net.ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	_, _ = c.Close(), s.Close()
	return nil, err
}

// Close ends the listener and both ends of every connection that it made,
// hijacked ones included.
func (l *Listener) Close() error {
	l.mu.Lock()
	if l.done {
		l.mu.Unlock()
		return nil
	}
	l.done = true
	conns := l.conns
	l.conns = nil
	l.mu.Unlock()
	close(l.closed)
	for c := range conns {
		_ = c.Conn.Close()
	}
	return nil
}

// A tracked connection is forgotten by its listener when it closes.
type tracked struct {
	net.Conn
	l *Listener
}

func (c *tracked) Close() error {
	c.l.mu.Lock()
	delete(c.l.conns, c)
	c.l.mu.Unlock()
	return c.Conn.Close()
}
