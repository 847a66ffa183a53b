package faultproxy

import (
	"bufio"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// conn is a client's connection. Three goroutines serve it: one reads the socket into the lane in, one writes the lane
// out to the socket, and one, run, answers requests in between. All end when ctx is done; whoever cancels it closes raw.
type conn struct {
	// Immutable after newConn.
	p      *Proxy
	id     int64
	raw    net.Conn
	start  time.Time // when the TCP handshake of a client as far away as the latency says is over
	ctx    context.Context
	cancel context.CancelFunc
	gone   context.Context // done when the client has closed, or ctx is
	leave  context.CancelFunc
	in     *lane
	out    *lane

	ended   sync.Once    // out is ended
	closed  sync.Once    // raw is closed
	dead    atomic.Bool  // lost bytes to a hole
	serving atomic.Value // string: the endpoint under way, "" between requests

	// Owned by run.
	taken   int64 // bytes that br took from in
	br      *bufio.Reader
	carried map[string]bool // endpoints that this connection has served
}

func newConn(p *Proxy, raw net.Conn, id int64) *conn {
	c := &conn{p: p, id: id, raw: raw, carried: map[string]bool{}}
	c.start = time.Now().Add(2 * p.plan.Load().Latency.Duration())
	c.ctx, c.cancel = context.WithCancel(p.ctx)
	c.gone, c.leave = context.WithCancel(c.ctx)
	c.in, c.out = newLane(c.ctx.Done()), newLane(c.ctx.Done())
	c.br = bufio.NewReader(readerFunc(func(b []byte) (int, error) {
		n, err := c.in.Read(b)
		c.taken += int64(n)
		return n, err
	}))
	return c
}

// run answers requests until the connection ends.
func (c *conn) run() {
	var pumps sync.WaitGroup
	pumps.Go(c.pumpIn)
	pumps.Go(c.pumpOut)
	if c.p.plan.Load().Down {
		c.fail(Other, "down", 0)
	}
	for c.next() {
		c.serving.Store("")
	}
	c.finish()
	pumps.Wait()
	c.p.forget(c)
}

// pumpIn reads the socket into the lane. Ends with the socket.
func (c *conn) pumpIn() {
	defer c.in.end()
	defer c.leave()
	for {
		data := make([]byte, chunkBytes)
		n, err := c.raw.Read(data)
		c.p.book.add(func(b *Counters) { b.UpBytes += int64(n) })
		f := &c.p.plan.Load().Faults
		if n > 0 && !c.hole(f) && c.in.put(data[:n], c.start, f, "") != nil {
			return
		}
		if err != nil {
			wait(f.Latency.Duration(), c.ctx.Done()) // the news travels, too
			return
		}
	}
}

// pumpOut writes the lane to the socket and closes it behind the last byte. Ends with the connection.
func (c *conn) pumpOut() {
	defer c.close()
	for {
		k, err := c.out.take()
		if err != nil {
			return
		}
		if c.hole(&c.p.plan.Load().Faults) {
			continue
		}
		n, err := c.raw.Write(k.data)
		c.p.book.down(k.endpoint, n)
		if err != nil {
			return
		}
	}
}

// hole reports whether bytes fall into one.
func (c *conn) hole(f *Faults) bool {
	if f.Hole && !c.dead.Swap(true) {
		c.fault(Other, "hole")
	}
	return c.dead.Load()
}

// write queues data, which must not be changed any more, for the client.
func (c *conn) write(data []byte, endpoint string) error {
	return c.out.put(data, c.start, &c.p.plan.Load().Faults, endpoint)
}

// finish ends the connection behind what is queued. Only the goroutine that writes may call it.
func (c *conn) finish() { c.ended.Do(c.out.end) }

// reset ends the connection at once, with a TCP reset where raw is TCP; what is queued is lost.
func (c *conn) reset() {
	c.closed.Do(func() {
		if tcp, ok := c.raw.(interface{ SetLinger(sec int) error }); ok {
			tcp.SetLinger(0)
		}
		c.cancel()
		c.raw.Close()
	})
}

// close ends the connection in the ordinary way; what is queued is lost.
func (c *conn) close() {
	c.closed.Do(func() {
		c.cancel()
		c.raw.Close()
	})
}

func (c *conn) fault(endpoint, name string) {
	c.p.book.fault(name)
	c.p.trace(Event{Conn: c.id, What: "fault", Endpoint: endpoint, Detail: name})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
