package transporttest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/transport"
)

// held attaches and waits until the exchange is held.
func (p *peer) held() Conn {
	p.t.Helper()
	c := p.attach()
	synctest.Wait()
	if p.subject.Stream {
		if f, _, err := p.frame(); err != nil || f.Kind != transport.KindWelcome {
			p.t.Fatalf("got %v, %v, want a welcome", f, err)
		}
	}
	if len(p.door.Links()) == 0 {
		p.t.Fatal("nothing attached")
	}
	return c
}

// expectEnd fails unless c ends as PROTOCOL.md section 14 says for ce.
func (p *peer) expectEnd(c Conn, ce *transport.CloseError) {
	p.t.Helper()
	told, code := ce, ce.Code
	switch {
	case ce.Is(transport.ErrUTF8):
		code = 1007
	case ce.Is(transport.ErrSize):
		code = 1009
	case ce.Code < transport.CodeBad:
		told, code = transport.ErrClosed, 1000
	}
	if !p.subject.Duplex || code != 1000 {
		f, err := c.Frame()
		if err != nil || !same(f, told.Frame()) {
			p.t.Fatalf("got %v, %v, want %s", f, err, told.Frame().Line())
		}
	}
	f, err := c.Frame()
	if !p.subject.Duplex {
		if !isEOF(err) {
			p.t.Errorf("behind the error frame: got %v, %v, want the end", f, err)
		}
		resp, err := c.Response()
		want := int(told.Code) - 4000
		if p.subject.Stream {
			want = http.StatusOK
		}
		if err != nil || resp.StatusCode != want {
			p.t.Errorf("got status %v, %v, want %d", resp.StatusCode, err, want)
		}
		return
	}
	var end *transport.CloseError
	if !errors.As(err, &end) || end.Code != code || end.Reason != ce.Reason {
		p.t.Errorf("behind the error frame: got %v, %v, want a close frame %d %s", f, err, code, ce.Reason)
	}
}

// replaced: a newer attach takes the session over; the older exchange says so
// and ends at once (rule R2).
func replaced(t *testing.T, p *peer) {
	old := p.held()
	start := time.Now()
	all := frames(2, 10)
	p.attach()
	synctest.Wait()
	p.expectEnd(old, transport.ErrReplaced)
	if d := time.Since(start); d != 0 {
		t.Errorf("replaced after %v, want at once", d)
	}
	p.door.Emit(all...)
	p.expect(all)
	if p.n != 2 {
		t.Errorf("it took %d attaches, want 2", p.n)
	}
}

// closedInOrder: a session that was closed in order ends its connection so: over
// HTTP as closed, on a WebSocket with 1000 and no error frame.
func closedInOrder(t *testing.T, p *peer) {
	c := p.held()
	p.door.End(&transport.CloseError{Code: transport.CodeNormal, Reason: "closed"})
	p.expectEnd(c, &transport.CloseError{Code: transport.CodeNormal, Reason: "closed"})
}

// ended: an error of the session is told, once.
func ended(t *testing.T, p *peer) {
	c := p.held()
	p.door.End(transport.ErrOverflow)
	p.expectEnd(c, transport.ErrOverflow)
}

// gone: the client goes away from an exchange that is held; the transport finds
// out at once and closes the link.
func gone(t *testing.T, p *peer) {
	c := p.held()
	_ = c.Close()
	synctest.Wait()
	p.checkEnd()
}

// goneAtOnce: the client is away before the answer is there.
func goneAtOnce(t *testing.T, p *peer) {
	p.door.Emit(frames(200, 1000)...)
	c := p.attach()
	_ = c.Close()
	synctest.Wait()
	p.checkEnd()
}

// oversize: a frame above the limit is refused as size, and nothing behind it
// is taken.
func oversize(t *testing.T, p *peer) {
	big := &transport.Frame{Kind: transport.KindEvent, Name: "big",
		Data: []byte(`"` + strings.Repeat("x", p.door.Bounds.FrameBytes) + `"`)}
	if p.subject.Duplex {
		c := p.held()
		if err := c.Send(big); err != nil {
			t.Fatal(err)
		}
		p.expectEnd(c, transport.ErrSize)
	} else {
		p.expectEnd(p.attach(big), transport.ErrSize)
	}
	fits := &transport.Frame{Kind: transport.KindEvent, Name: "fits",
		Data: []byte(`"` + strings.Repeat("x", p.door.Bounds.FrameBytes-len(`[1,"fits",""]`)) + `"`)}
	p.attach(fits)
	synctest.Wait()
	if got := p.door.Taken(); len(got) != 1 || !same(got[0], fits) {
		t.Errorf("taken %v, want the frame of just the limit", got)
	}
}

// refusals: every refusal of the door is told as PROTOCOL.md section 14 says.
func refusals(t *testing.T, s Subject) {
	for _, ce := range []*transport.CloseError{
		transport.ErrUnknown, transport.ErrStale, transport.ErrAuth, transport.ErrForbidden, transport.ErrExpired,
		transport.ErrConfirm, transport.ErrVersion, transport.ErrRate, transport.ErrBusy, transport.ErrDrain, transport.ErrInternal,
	} {
		bubble(t, ce.Reason, s, variant{}, func(t *testing.T, p *peer) { refused(t, p, ce) })
	}
}

func refused(t *testing.T, p *peer, ce *transport.CloseError) {
	p.door.Refuse(ce)
	c := p.attach()
	if p.subject.Duplex && (ce.Code == transport.CodeUnknown || ce.Code == transport.CodeConflict) {
		p.refusedAndUsable(c, ce)
		return
	}
	f, err := c.Frame()
	if err != nil || !same(f, ce.Frame()) {
		t.Fatalf("got %v, %v, want %s", f, err, ce.Frame().Line())
	}
	if _, err := c.Frame(); err == nil {
		t.Error("the exchange goes on after the refusal")
	}
	if !p.subject.Duplex {
		p.checkRefusal(c, ce)
	}
	if n := len(p.door.Links()); n != 0 {
		t.Errorf("got %d links, want none", n)
	}
}

// checkRefusal looks at status and head of a refusal over HTTP.
func (p *peer) checkRefusal(c Conn, ce *transport.CloseError) {
	p.t.Helper()
	resp, err := c.Response()
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode != int(ce.Code)-4000 {
		p.t.Errorf("got status %d, want %d", resp.StatusCode, ce.Code-4000)
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/plain; charset=utf-8",
		"Cache-Control":          "no-store, no-transform",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := resp.Header.Get(name); got != want {
			p.t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if after := resp.Header.Get("Retry-After"); (after != "") != (ce.After > 0) {
		p.t.Errorf("Retry-After: got %q for %v", after, ce.After)
	}
	if resp.ContentLength != int64(len(ce.Frame().Line())+1) {
		p.t.Errorf("Content-Length: got %d, want %d", resp.ContentLength, len(ce.Frame().Line())+1)
	}
}

// refusedAndUsable: on a stream that carries frames up a refused hello leaves
// the connection as it was; what stood behind it is dropped (rule R8).
func (p *peer) refusedAndUsable(c Conn, ce *transport.CloseError) {
	p.t.Helper()
	lost := &transport.Frame{Kind: transport.KindEvent, Name: "behind a refused hello"}
	if err := c.Send(lost); err != nil {
		p.t.Fatal(err)
	}
	if f, err := c.Frame(); err != nil || !same(f, ce.Frame()) {
		p.t.Fatalf("got %v, %v, want %s", f, err, ce.Frame().Line())
	}
	if err := c.Send(HelloFrame(p.hello()), frames(1, 10)[0]); err != nil {
		p.t.Fatal(err)
	}
	all := frames(3, 10)
	p.door.Emit(all...)
	p.expect(all)
	synctest.Wait()
	if got := p.door.Taken(); len(got) != 1 || got[0].Name == lost.Name {
		p.t.Errorf("taken %v, want just the frame behind the second hello", got)
	}
}
