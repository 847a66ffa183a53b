package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/everwire/everwire/transport"
)

// A peer is a client that follows the numbers of frames as PROTOCOL.md sections
// 4 and 8.1 say, over one exchange after the other.
type peer struct {
	t       *testing.T
	subject Subject
	variant variant
	door    *Door
	server  *server
	ctx     context.Context
	cancel  context.CancelFunc

	conn    Conn
	all     []Conn
	n       uint64 // attach number
	got     uint64 // everything up to here has come
	next    uint64 // number of the next counted frame on conn; 0 is not stated
	welcome transport.Welcome
	volatil []*transport.Frame // volatile frames that came
}

func newPeer(t *testing.T, s Subject, v variant) *peer {
	p := &peer{t: t, subject: s, variant: v, door: NewDoor(t)}
	p.door.Plain = v.plain
	p.ctx, p.cancel = context.WithCancel(t.Context())
	p.server = newServer(t, s.New(), p.door, v, nil)
	return p
}

// hello returns the hello of the next attach.
func (p *peer) hello() transport.Hello {
	p.n++
	h := transport.Hello{ID: "session", Ticket: "ticket", Attach: p.n, Got: p.got, Binary: p.variant.binary, Lines: p.variant.lines}
	return h
}

// attach begins the next exchange and leaves the last one as it is.
func (p *peer) attach(up ...*transport.Frame) Conn {
	p.t.Helper()
	return p.dial(p.hello(), up...)
}

func (p *peer) dial(h transport.Hello, up ...*transport.Frame) Conn {
	p.t.Helper()
	c, err := p.subject.Dial(p.ctx, p.server.site, h, up...)
	if err != nil {
		p.t.Fatalf("dial: %v", err)
	}
	p.conn, p.next = c, 0
	p.all = append(p.all, c)
	return c
}

// frame returns the next frame on the connection that is no mark, after it was
// counted. The number is 0 for one that is not counted.
func (p *peer) frame() (f *transport.Frame, num uint64, err error) {
	for {
		f, err := p.conn.Frame()
		if err != nil {
			return nil, 0, err
		}
		switch {
		case f.Kind == transport.KindMark:
			if p.next == f.Num {
				p.t.Errorf("mark %d where the count says it: marks stand where Seq jumps and nowhere else", f.Num)
			}
			p.next = f.Num
		case f.Kind == transport.KindWelcome:
			p.welcome = decodeWelcome(p.t, f)
			p.next = p.welcome.Seq
			return f, 0, nil
		case f.Kind.Counted():
			if p.next == 0 {
				p.t.Fatalf("%v came without a number", f)
			}
			num, p.next = p.next, p.next+1
			return f, num, nil
		default:
			return f, 0, nil
		}
	}
}

// collect takes frames until it has everything up to want, in as many
// exchanges as that takes, and returns them from got+1 on.
func (p *peer) collect(want uint64) (frames []*transport.Frame) {
	p.t.Helper()
	empty := 0
	for p.got < want {
		if p.conn == nil {
			p.attach()
		}
		f, num, err := p.frame()
		switch {
		case errors.Is(err, io.EOF) && !p.subject.Stream:
			p.conn = nil
			if empty++; empty > 3 {
				p.t.Fatalf("got %d frames, want %d: nothing comes any more", p.got, want)
			}
			continue
		case err != nil:
			p.t.Fatalf("behind frame %d: %v", p.got, err)
		case f.Kind == transport.KindVolatile || f.Kind == transport.KindVolatileBytes:
			p.volatil = append(p.volatil, f)
		case f.Kind == transport.KindError:
			p.t.Fatalf("behind frame %d: %s", p.got, f.Line())
		}
		if num == 0 {
			continue
		}
		if num != p.got+1 {
			p.t.Fatalf("got number %d behind %d", num, p.got)
		}
		p.got = num
		empty = 0
		frames = append(frames, f)
	}
	return frames
}

// expect fails unless the frames that come are those that were sent.
func (p *peer) expect(want []*transport.Frame) {
	p.t.Helper()
	from := p.got
	got := p.collect(from + uint64(len(want)))
	for i := range want {
		if !same(got[i], want[i]) {
			p.t.Fatalf("number %d: got %s, want %s", from+uint64(i)+1, got[i].Line(), want[i].Line())
		}
	}
}

// leave goes away from all connections.
func (p *peer) leave() {
	for _, c := range p.all {
		_ = c.Close()
	}
	p.cancel()
}

// checkEnd fails unless everything is over: every Serve has returned, every
// link is closed, and once only.
func (p *peer) checkEnd() {
	p.t.Helper()
	if n := p.server.active.Load(); n != 0 {
		p.t.Errorf("%d calls of Serve have not returned after the client has gone", n)
	}
	for i, l := range p.door.Links() {
		if n := l.Closed(); n != 1 {
			p.t.Errorf("link %d of %d: closed %d times, want once", i+1, len(p.door.Links()), n)
		}
	}
}

// same reports whether a and b say the same.
func same(a, b *transport.Frame) bool {
	return a.Kind == b.Kind && a.Num == b.Num && a.Name == b.Name && a.Text == b.Text && a.Token == b.Token && bytes.Equal(a.Data, b.Data)
}

// kinds are the counted frames that frames makes in turn.
var kinds = []transport.Kind{
	transport.KindEvent, transport.KindCall, transport.KindAck, transport.KindRefusal,
	transport.KindEventBytes, transport.KindCallBytes, transport.KindAckBytes, transport.KindVoid,
}

// frames returns n counted frames of all kinds with payloads of size bytes.
func frames(n, size int) []*transport.Frame {
	out := make([]*transport.Frame, n)
	for i := range out {
		f := &transport.Frame{Kind: kinds[i%len(kinds)]}
		switch f.Kind {
		case transport.KindCall, transport.KindAck, transport.KindRefusal, transport.KindCallBytes, transport.KindAckBytes:
			f.Num = uint64(i + 1)
		}
		switch f.Kind {
		case transport.KindEvent, transport.KindEventBytes, transport.KindCall, transport.KindCallBytes:
			f.Name = fmt.Sprintf("größe %d", i)
		case transport.KindRefusal:
			f.Name, f.Text = "busy", "later"
		}
		switch {
		case f.Kind.Binary():
			f.Data = bytes.Repeat([]byte{'\n', 0, byte(i), 0xff}, size/4+1)
		case f.Kind != transport.KindRefusal && f.Kind != transport.KindVoid:
			f.Data = fmt.Appendf(nil, `{"i":%d,"x":"%s"}`, i, bytes.Repeat([]byte("x"), size))
		}
		out[i] = f
	}
	return out
}
