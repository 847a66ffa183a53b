package everwire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/transport"
)

// A receiver is the client's end of a delivery over real sockets. It allocates
// nothing for an event.
type receiver struct {
	f   *field
	nc  net.Conn
	buf []byte
	got int

	// poll asks for the next event, where one has to, and waits until that is held;
	// confirm tells what came.
	poll, confirm func(got int)
}

// An observed is the long-polling of one client, and the door, the link and the
// context of the poll that it serves: it tells when that is held, and costs no
// allocations.
type observed struct {
	longpoll.Transport
	transport.Door
	transport.Link
	context.Context
	held chan struct{}
}

func (o *observed) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	o.Door = d
	return o.Transport.Serve(w, r, o)
}

func (o *observed) Attach(r *http.Request, h transport.Hello, up transport.Batch) (l transport.Link, w transport.Welcome, err error) {
	o.Link, w, err = o.Door.Attach(r, h, up)
	return o, w, err
}

func (o *observed) Gather() time.Duration { return o.Link.(transport.Gatherer).Gather() }

// Hold is told by its context that the link waits: it asks for its end then.
func (o *observed) Hold(ctx context.Context, d time.Duration) (transport.Batch, error) {
	o.Context = ctx
	return o.Link.(transport.Holder).Hold(o, d)
}

func (o *observed) Done() <-chan struct{} {
	select {
	case o.held <- struct{}{}:
	default: // it waits again
	}
	return o.Context.Done()
}

var (
	news   = json.RawMessage(`{"text":"hello, everybody in the room"}`)
	marker = []byte(`[1,"news",{"text":"hello, everybody in the room"}]`)
)

// newReceiver opens a session over a transport.
func newReceiver(tb testing.TB, over string) *receiver {
	c := &receiver{buf: make([]byte, 4096), poll: func(int) {}, confirm: func(int) {}}
	if over == "longpoll" {
		c.byPolls(tb)
		return c
	}
	c.f = newField(tb)
	if over == "websocket" {
		c.f.open(over)
		c.nc = c.f.conns[0]
		c.confirm = func(got int) {
			text := fmt.Sprintf("[26,%d]", got)
			_, _ = c.nc.Write(append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
		}
		return c
	}
	w := c.f.opening()
	c.nc = c.f.dial("GET /everwire/sse?t=" + w.Ticket + "&n=2 HTTP/1.1\nHost: x\n\n")
	c.f.until(c.nc, `"ticket"`)
	c.confirm = func(got int) {
		nc := c.f.post("send", fmt.Sprintf(`{"id":%q,"r":%d,"got":%d}`, w.ID, got, got))
		c.f.until(nc, "204")
		_ = nc.Close()
		c.f.conns = c.f.conns[:len(c.f.conns)-1]
	}
	return c
}

// byPolls opens a session that gets its events by long-polls.
func (c *receiver) byPolls(tb testing.TB) {
	o := &observed{held: make(chan struct{}, 1)}
	c.f = newField(tb, o, polling.Transport{})
	w := c.f.opening()
	nc, err := net.Dial("tcp", c.f.http.Listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	c.nc = nc
	c.f.conns = append(c.f.conns, nc)
	prefix := fmt.Sprintf("[20,{\"id\":%q,\"n\":", w.ID)
	var body, request []byte
	c.poll = func(got int) {
		body = strconv.AppendInt(append(body[:0], prefix...), int64(got+2), 10)
		body = strconv.AppendInt(append(body, ",\"got\":"...), int64(got), 10)
		body = append(body, "}]\n"...)
		request = strconv.AppendInt(append(request[:0], "POST /everwire/longpoll HTTP/1.1\r\nHost: x\r\nContent-Length: "...), int64(len(body)), 10)
		request = append(append(request, "\r\n\r\n"...), body...)
		_, _ = nc.Write(request)
		<-o.held
	}
}

// next emits an event and waits until it has come.
func (c *receiver) next(tb testing.TB) {
	c.poll(c.got)
	if err := c.f.rt.Emit("news", news); err != nil {
		tb.Fatal(err)
	}
	c.until(tb, marker)
}

// until waits until a frame has come, and confirms the 64th, the 128th ...
func (c *receiver) until(tb testing.TB, frame []byte) {
	for have := 0; ; {
		n, err := c.nc.Read(c.buf[have:])
		if err != nil {
			tb.Fatal(err)
		}
		if have += n; bytes.Contains(c.buf[:have], frame) {
			break
		}
		if have == len(c.buf) {
			tb.Fatal(io.ErrShortBuffer)
		}
	}
	if c.got++; c.got%64 == 0 {
		c.confirm(c.got)
	}
}

// BenchmarkDelivery is one event over real sockets to one client that waits for
// it: the case in which nothing can be merged.
func BenchmarkDelivery(b *testing.B) {
	for _, over := range []string{"websocket", "sse", "longpoll"} {
		b.Run(over, func(b *testing.B) {
			c := newReceiver(b, over)
			b.ReportAllocs()
			for b.Loop() {
				c.next(b)
			}
		})
	}
}

// deliveryAllocs is what a delivery allocates on a stream: the payload as it is
// handed to Emit, its frame, and the flusher's goroutine, of which AllocsPerRun,
// with one processor, needs a new one each time.
const deliveryAllocs = 3

// fewRuns is for AllocsPerRun with a receiver: so few that it confirms nothing
// meanwhile, which over HTTP is a request. AllocsPerRun rounds down: that is all the
// slack there is for a collection that empties the pools.
const fewRuns = 50

func TestAllocationsOfADelivery(t *testing.T) {
	if raceDetector() {
		t.Skip("the race detector makes pools forget")
	}
	for _, over := range []string{"websocket", "sse"} {
		t.Run(over, func(t *testing.T) {
			c := newReceiver(t, over)
			for range 8 {
				c.next(t)
			}
			if n := testing.AllocsPerRun(fewRuns, func() { c.next(t) }); n > deliveryAllocs {
				t.Errorf("a delivery allocates %v times, want %d at most", n, deliveryAllocs)
			}
		})
	}
}

// raceDetector reports whether the tests run with it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
