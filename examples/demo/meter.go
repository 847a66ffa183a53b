package main

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A meter is a listener that counts what passes at its sockets: connections,
// every byte each way, headers included (TCP's and TLS's own are below it), and
// keeps a strip of what happened when.
type meter struct {
	net.Listener
	strip *strip

	up, down atomic.Int64 // bytes read from and written to clients

	mu sync.Mutex
	// Guarded by mu.
	requests int64
	opened   int64
	open     map[*meteredConn]struct{}
}

func newMeter(l net.Listener, s *strip) *meter {
	return &meter{Listener: l, strip: s, open: map[*meteredConn]struct{}{}}
}

// Accept waits for the next connection and counts it.
func (m *meter) Accept() (net.Conn, error) {
	raw, err := m.Listener.Accept()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.opened++
	c := &meteredConn{Conn: raw, of: m, id: m.opened}
	m.open[c] = struct{}{}
	m.mu.Unlock()
	m.strip.add(c.id, opened, "")
	return c, nil
}

// request counts one HTTP request that a connection brought.
func (m *meter) request(conn int64, what string) {
	m.mu.Lock()
	m.requests++
	m.mu.Unlock()
	m.strip.add(conn, asked, what)
}

// reset closes all connections, those too that a WebSocket has taken over.
func (m *meter) reset() {
	m.mu.Lock()
	all := make([]*meteredConn, 0, len(m.open))
	for c := range m.open {
		all = append(all, c)
	}
	m.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}

// A tally is what a meter has counted so far.
type tally struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections"` // accepted
	Open        int   `json:"open"`        // of them, now
	Up          int64 `json:"up"`          // bytes from clients
	Down        int64 `json:"down"`        // bytes to clients
}

func (m *meter) tally() tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	return tally{m.requests, m.opened, len(m.open), m.up.Load(), m.down.Load()}
}

// A meteredConn is a connection that a meter has accepted.
type meteredConn struct {
	net.Conn
	of *meter
	id int64 // counted from 1

	taken  atomic.Bool // by a handler: its request ends with the connection
	closed sync.Once
}

// Read reads and counts.
func (c *meteredConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.of.up.Add(int64(n))
	return n, err
}

// Write writes and counts.
func (c *meteredConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.of.down.Add(int64(n))
	return n, err
}

// Close closes the connection and notes it, once.
func (c *meteredConn) Close() error {
	c.closed.Do(func() {
		c.of.mu.Lock()
		delete(c.of.open, c)
		c.of.mu.Unlock()
		c.of.strip.add(c.id, closed, "")
	})
	return c.Conn.Close()
}

// SetLinger lets the fault proxy reset a connection as TCP does.
func (c *meteredConn) SetLinger(sec int) error {
	if l, ok := c.Conn.(interface{ SetLinger(sec int) error }); ok {
		return l.SetLinger(sec)
	}
	return nil
}

// millis is a time as pages have it: milliseconds since 1970, to the microsecond.
func millis(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }
