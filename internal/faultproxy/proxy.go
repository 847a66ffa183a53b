// Package faultproxy is a proxy that does to a connection what the field does: it refuses WebSockets, lets them go
// silent, buffers event streams, cuts long responses, loses requests and answers, adds latency, goes away.
//
// A Proxy stands before one upstream, understands HTTP/1.1 and passes upgraded connections through as bytes. What it
// harms is told by a Faults value, which may be replaced at any time; what it saw and did is in its Counters. Where
// chance decides, a seed makes it repeatable.
//
// Requests are read whole before they are passed on, each over an upstream connection of its own; responses stream.
// Trailers are dropped, "Expect: 100-continue" is refused with 417.
package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Other is the endpoint of requests to none of the named ones. No fault aims at them but Down, Hole, Latency and
// BytesPerSecond, which hit everything.
const Other = "other"

// Options configures New.
type Options struct {
	// Listener takes the clients' connections; required. The Proxy closes it.
	Listener net.Listener
	// Dial opens a connection to the upstream; required.
	Dial func(ctx context.Context) (net.Conn, error)
	// Faults is in force from the start.
	Faults Faults
	// Seed decides where a fault has a chance.
	Seed uint64
	// Endpoints are the names by which requests are told apart, by the last element of their path. Default: websocket,
	// sse, longpoll, polling, send.
	Endpoints []string
	// Trace, if set, is called for each event, possibly by several goroutines at once. It must not block.
	Trace func(Event)
}

// Event is something that happened on a client's connection.
type Event struct {
	Time     time.Time `json:"time"`
	Conn     int64     `json:"conn"`               // counted from 1
	What     string    `json:"what"`               // open, request, answer, fault, done, close
	Endpoint string    `json:"endpoint,omitempty"` // empty for open and close
	Detail   string    `json:"detail,omitempty"`   // the request line, the status, the fault's name
}

// Proxy is a fault proxy. Its methods may be called from any goroutine.
type Proxy struct {
	// Immutable after New.
	opts   Options
	book   *book
	ctx    context.Context
	cancel context.CancelFunc

	plan atomic.Pointer[plan]
	wg   sync.WaitGroup // the accept loop and every connection

	mu sync.Mutex
	// Guarded by mu.
	closed bool
	conns  map[*conn]struct{}
	nextID int64
}

// New starts a proxy on o.Listener. Close ends it.
func New(o Options) (*Proxy, error) {
	if o.Listener == nil || o.Dial == nil {
		return nil, errors.New("faultproxy: a Listener and a Dial are required")
	}
	o.Endpoints = slices.Clone(o.Endpoints)
	if len(o.Endpoints) == 0 {
		o.Endpoints = []string{"websocket", "sse", "longpoll", "polling", "send"}
	}
	if err := o.Faults.check(o.Endpoints); err != nil {
		return nil, err
	}
	p := &Proxy{opts: o, book: newBook(), conns: map[*conn]struct{}{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.plan.Store(newPlan(o.Faults, o.Seed, o.Endpoints))
	p.wg.Go(p.accept)
	return p, nil
}

// Listen starts a proxy on a free port of 127.0.0.1 before the upstream at address ("127.0.0.1:8080").
func Listen(address string, o Options) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("faultproxy: listen: %w", err)
	}
	o.Listener = l
	o.Dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	p, err := New(o)
	if err != nil {
		l.Close()
	}
	return p, err
}

// Addr is the address that clients connect to.
func (p *Proxy) Addr() net.Addr { return p.opts.Listener.Addr() }

// Seed is the seed of the proxy's chances. A test prints it.
func (p *Proxy) Seed() uint64 { return p.opts.Seed }

// Faults returns what is in force.
func (p *Proxy) Faults() Faults { return p.plan.Load().Faults }

// Set replaces the faults, or returns an error that names every bad field and changes nothing. Down and Hole hit open
// connections, too, as do Silent and the Buffer; the other faults begin with the next request.
func (p *Proxy) Set(f Faults) error {
	if err := f.check(p.opts.Endpoints); err != nil {
		return err
	}
	p.plan.Store(newPlan(f, p.opts.Seed, p.opts.Endpoints))
	if f.Down {
		p.Cut()
	}
	return nil
}

// Cut resets open connections and returns how many: those that serve one of the endpoints now, or with none named all,
// idle ones included.
func (p *Proxy) Cut(endpoints ...string) int {
	n := 0
	for _, c := range p.open() {
		if at, _ := c.serving.Load().(string); len(endpoints) == 0 || slices.Contains(endpoints, at) {
			c.reset()
			n++
		}
	}
	return n
}

// Counters returns what the proxy has seen so far.
func (p *Proxy) Counters() Counters { return p.book.snapshot() }

// Close resets every connection, closes the listener and returns when all goroutines have ended.
func (p *Proxy) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	var err error
	if !again {
		p.cancel()
		err = p.opts.Listener.Close()
		p.Cut()
	}
	p.wg.Wait()
	return err
}

// accept ends when the listener is closed.
func (p *Proxy) accept() {
	for {
		raw, err := p.opts.Listener.Accept()
		if err != nil {
			return
		}
		p.take(raw)
	}
}

func (p *Proxy) take(raw net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		raw.Close()
		return
	}
	p.nextID++
	c := newConn(p, raw, p.nextID)
	p.conns[c] = struct{}{}
	p.book.add(func(b *Counters) { b.Connections++; b.Open++ })
	p.trace(Event{Conn: c.id, What: "open"})
	p.wg.Go(c.run)
}

func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	p.book.add(func(b *Counters) { b.Open-- })
	p.trace(Event{Conn: c.id, What: "close"})
}

func (p *Proxy) open() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*conn
	for c := range p.conns {
		all = append(all, c)
	}
	return all
}

func (p *Proxy) endpoint(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if slices.Contains(p.opts.Endpoints, name) {
		return name
	}
	return Other
}

func (p *Proxy) trace(e Event) {
	if p.opts.Trace != nil {
		e.Time = time.Now()
		p.opts.Trace(e)
	}
}
