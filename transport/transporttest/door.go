package transporttest

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/everwire/everwire/transport"
)

// A Door leads to one session that a test plays. It keeps the rules of the
// protocol that a transport can see: attach numbers, takeover, cursor, numbers
// of frames. Fill in the fields before its first use; all methods are safe for
// concurrent use.
type Door struct {
	// Bounds is what Limits returns. NewDoor sets the defaults of the protocol.
	Bounds transport.Limits

	// BatchFrames bounds the counted frames of one batch. Default 1,024.
	BatchFrames int

	// Plain makes links that are nothing but a transport.Link.
	Plain bool

	tb      testing.TB
	changed *sync.Cond // on mu

	mu sync.Mutex
	// Guarded by mu.
	down      []*transport.Frame // by number less 1; nil is confirmed
	loose     []looseFrame
	confirmed uint64
	got       uint64
	taken     []*transport.Frame
	n         uint64
	hellos    []transport.Hello
	links     []*Link
	carrier   *Link
	refusal   error
	stuck     bool
	over      bool
}

// A looseFrame is an uncounted frame behind the counted one of a number.
type looseFrame struct {
	behind uint64
	frame  *transport.Frame
}

var _ transport.Door = (*Door)(nil)

// NewDoor returns a door with the default limits of the protocol. What a
// transport does against the contract of a Link is reported to tb.
func NewDoor(tb testing.TB) *Door {
	d := &Door{tb: tb, BatchFrames: 1024, Bounds: transport.Limits{
		FrameBytes:   64 << 10,
		BodyBytes:    256 << 10,
		BodyFrames:   1024,
		HelloTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second,
		Hold:         25 * time.Second,
	}}
	d.changed = sync.NewCond(&d.mu)
	return d
}

// Limits returns Bounds.
func (d *Door) Limits() transport.Limits { return d.Bounds }

// Attach takes a hello and the frames behind it; see transport.Door. A hello
// with a key is told that it has opened the session.
func (d *Door) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.changed.Broadcast()
	d.hellos = append(d.hellos, h)
	switch {
	case d.refusal != nil:
		err := d.refusal
		d.refusal = nil
		return nil, transport.Welcome{}, err
	case d.over:
		return nil, transport.Welcome{}, transport.ErrClosed
	case h.Attach != 0 && h.Attach <= d.n:
		return nil, transport.Welcome{}, transport.ErrStale
	case h.Got > uint64(len(d.down)):
		return nil, transport.Welcome{}, transport.ErrConfirm
	}
	d.confirm(h.Got)
	l := &Link{d: d, cursor: d.confirmed + 1}
	d.links = append(d.links, l)
	if h.Attach != 0 {
		d.n = h.Attach
		if d.carrier != nil {
			d.carrier.finish(transport.ErrReplaced)
		}
		d.carrier = l
	}
	d.take(up)
	w := transport.Welcome{Attach: h.Attach, Send: h.Send, Got: d.got}
	if h.Attach != 0 {
		w.Seq = l.cursor
	}
	if h.Key != "" {
		w.Version, w.ID, w.Resumed = transport.Version, "session", new(bool)
	}
	if h.Renew || h.Ticket != "" {
		w.Ticket = "ticket"
	}
	if d.Plain {
		return plain{l}, w, nil
	}
	return l, w, nil
}

// plain hides everything of a link but the Link.
type plain struct{ transport.Link }

// Emit sends frames; those of a counted kind get the next numbers.
func (d *Door) Emit(frames ...*transport.Frame) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range frames {
		if f.Kind.Counted() {
			d.down = append(d.down, f)
		} else {
			d.loose = append(d.loose, looseFrame{uint64(len(d.down)), f})
		}
	}
	d.wake()
}

// Overtake sends n frames that are confirmed, as if over another connection,
// before any link could hand them out.
func (d *Door) Overtake(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = append(d.down, make([]*transport.Frame, n)...)
	d.confirmed = uint64(len(d.down))
}

// End ends the session: the link that carries it ends with err, and every hello
// from now on is refused as closed.
func (d *Door) End(err *transport.CloseError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.carrier != nil {
		d.carrier.finish(err)
	}
}

// Refuse makes the next Attach fail with err.
func (d *Door) Refuse(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusal = err
}

// Jam makes Deliver wait, as with a full queue, until its context is done.
func (d *Door) Jam() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck = true
}

// Hellos returns what was handed in at the door so far.
func (d *Door) Hellos() []transport.Hello {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]transport.Hello(nil), d.hellos...)
}

// Links returns the links that were given out so far.
func (d *Door) Links() []*Link {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*Link(nil), d.links...)
}

// Taken returns the counted and volatile frames that came in so far, without
// duplicates.
func (d *Door) Taken() []*transport.Frame {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*transport.Frame(nil), d.taken...)
}

// Confirmed returns the number up to which the client has everything.
func (d *Door) Confirmed() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.confirmed
}

// awaitLimit bounds Await on real connections.
const awaitLimit = 10 * time.Second

// Await waits until ok, a look at what Hellos, Links and Taken return, holds.
// It ends the test if that does not happen. It is meant for real connections:
// in a bubble, synctest.Wait does the same.
func (d *Door) Await(what string, ok func() bool) {
	d.tb.Helper()
	end := time.Now().Add(awaitLimit)
	timer := time.AfterFunc(awaitLimit, d.changed.Broadcast)
	defer timer.Stop()
	for !ok() {
		if !time.Now().Before(end) {
			d.tb.Fatalf("waited %v in vain for %s", awaitLimit, what)
		}
		d.mu.Lock()
		version := d.version()
		d.mu.Unlock()
		if ok() {
			return
		}
		d.mu.Lock()
		for d.version() == version && time.Now().Before(end) {
			d.changed.Wait()
		}
		d.mu.Unlock()
	}
}

// version changes with everything that Await can wait for. mu is held.
func (d *Door) version() (v [5]int) {
	v = [5]int{len(d.hellos), len(d.links), len(d.taken), int(d.confirmed)}
	for _, l := range d.links {
		v[4] += l.closed
	}
	return v
}

// take takes frames that came in. mu is held.
func (d *Door) take(b transport.Batch) {
	next := b.Seq
	for _, f := range b.Frames {
		switch {
		case f.Kind == transport.KindMark:
			next = f.Num
		case f.Kind.Counted():
			if next == d.got+1 {
				d.got = next
				d.taken = append(d.taken, f)
			}
			next++
		case f.Kind == transport.KindVolatile || f.Kind == transport.KindVolatileBytes:
			d.taken = append(d.taken, f)
		case f.Kind == transport.KindPing:
			pong := &transport.Frame{Kind: transport.KindPong, Num: d.got, Token: f.Token}
			d.loose = append(d.loose, looseFrame{uint64(len(d.down)), pong})
			d.wake()
		case f.Kind == transport.KindPong || f.Kind == transport.KindConfirm:
			d.confirm(f.Num)
		}
	}
}

// confirm forgets what the client has. mu is held.
func (d *Door) confirm(seq uint64) {
	for d.confirmed < min(seq, uint64(len(d.down))) {
		d.down[d.confirmed] = nil
		d.confirmed++
	}
}

// wake tells the link that carries the session that there are frames. mu is
// held.
func (d *Door) wake() {
	if d.carrier != nil {
		d.carrier.signal()
	}
}
