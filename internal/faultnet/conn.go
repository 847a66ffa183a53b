package faultnet

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
)

// A ConnPlan says what happens to a connection. The zero value harms nothing.
// Counts of bytes are from the first byte of the direction, HTTP heads
// included, so that a cut may fall into the middle of anything.
type ConnPlan struct {
	// Up and Down delay what passes in that direction; order is kept.
	Up, Down time.Duration

	// BytesPerSecond bounds each direction; 0 is no bound.
	BytesPerSecond int

	// CutUp and CutDown end the connection in both directions behind so many
	// bytes of theirs; 0 is never.
	CutUp, CutDown int64

	// Deaf makes the connection half-open behind so many bytes of both
	// directions together, in the middle of what passes just then: all that
	// is written later is swallowed, and neither end learns that the other
	// has closed. 0 is never.
	Deaf int64

	// DeafAfter is Deaf by time.
	DeafAfter time.Duration

	// ServerLate is how much later than the client the server learns of an end.
	ServerLate time.Duration
}

// clientBytes is the buffer of a client's end, more than any client here has
// under way: net/http's HTTP/2 client holds a mutex while it writes, and a
// goroutine that waits for a mutex keeps virtual time from going on.
const clientBytes = 64 << 20

// takes returns how long n bytes are under way because of the bound.
func (p *ConnPlan) takes(n int) time.Duration {
	if p.BytesPerSecond <= 0 {
		return 0
	}
	return time.Duration(n) * time.Second / time.Duration(p.BytesPerSecond)
}

// DialFunc connects, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// A Network dials through relays.
type Network struct {
	dial DialFunc
	plan func() ConnPlan
	wg   sync.WaitGroup
	stop chan struct{} // closed by Close

	// Guarded by mu.
	mu     sync.Mutex
	relays map[*relay]struct{}
	closed bool
}

// NewNetwork returns a network over dial whose connections do what plan, asked
// once for each, says.
func NewNetwork(dial DialFunc, plan func() ConnPlan) *Network {
	return &Network{dial: dial, plan: plan, stop: make(chan struct{}), relays: make(map[*relay]struct{})}
}

// Dial connects through a relay.
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	server, err := n.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	client, near := memhttp.Pipe(clientBytes, server.LocalAddr(), server.RemoteAddr())
	r := &relay{n: n, plan: n.plan(), client: near, server: server, born: time.Now(), cut: make(chan struct{})}
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		_ = server.Close()
		return nil, net.ErrClosed
	}
	n.relays[r] = struct{}{}
	n.wg.Add(2)
	n.mu.Unlock()
	go r.pump(near, server, r.plan.Up, r.plan.CutUp)     // both end when the connection does,
	go r.pump(server, near, r.plan.Down, r.plan.CutDown) // or with the network
	return client, nil
}

// Cut ends every connection that there is, at once.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut()
}

// cut is Cut with mu held.
func (n *Network) cut() {
	for r := range n.relays {
		_ = r.client.Close()
		_ = r.server.Close()
	}
}

// Close ends every connection and waits for the relays to end.
func (n *Network) Close() {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.stop)
	}
	n.cut()
	n.mu.Unlock()
	n.wg.Wait()
}

// sleep waits for d, or until the network or the connection ends.
func (n *Network) sleep(d time.Duration, cut <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-cut:
	case <-n.stop:
	}
}

// A relay stands between a client's end and a server's.
type relay struct {
	n              *Network
	plan           ConnPlan
	client, server net.Conn
	born           time.Time
	cut            chan struct{} // closed when the connection has ended

	// Guarded by mu.
	mu     sync.Mutex
	passed int64 // both directions
	ended  bool
}

// end closes both ends, each when it is to learn of it. It waits in one pump
// only: the other must not wait for a lock meanwhile, or time would stand still.
func (r *relay) end() {
	r.mu.Lock()
	ended := r.ended
	r.ended = true
	r.mu.Unlock()
	if ended {
		return
	}
	close(r.cut)
	_ = r.client.Close()
	r.n.sleep(r.plan.ServerLate, nil)
	_ = r.server.Close()
	r.n.mu.Lock()
	delete(r.n.relays, r)
	r.n.mu.Unlock()
}

// hear counts n bytes and returns how many of them pass.
func (r *relay) hear(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plan.DeafAfter > 0 && time.Since(r.born) >= r.plan.DeafAfter {
		return 0
	}
	if r.plan.Deaf > 0 {
		n = int(max(0, min(int64(n), r.plan.Deaf-r.passed)))
	}
	r.passed += int64(n)
	return n
}

// isDeaf reports whether nothing passes any more.
func (r *relay) isDeaf() bool { return r.hear(1) == 0 }

func (r *relay) pump(from, to net.Conn, delay time.Duration, cutAt int64) {
	defer r.n.wg.Done()
	buf := make([]byte, 16<<10)
	var passed int64
	for {
		n, err := from.Read(buf)
		if n > 0 {
			// What arrives during the delay passes with the next round: a
			// link with latency, not one with a bound on its speed.
			r.n.sleep(delay+r.plan.takes(n), r.cut)
			n = r.hear(n)
			if cutAt > 0 && passed+int64(n) >= cutAt {
				_, _ = to.Write(buf[:cutAt-passed])
				r.end()
				return
			}
			passed += int64(n)
			if _, werr := to.Write(buf[:n]); werr != nil && err == nil {
				err = werr
			}
		}
		if err == nil {
			continue
		}
		if !r.isDeaf() {
			r.end()
			return
		}
		// Half-open: this end is gone, the other is not told. Its bytes are
		// swallowed by the other pump until it gives up by itself.
		return
	}
}
