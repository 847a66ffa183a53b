package transporttest

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/transport"
)

// conversations are run in every variant.
var conversations = []conversation{
	{name: "order", run: order},
	{name: "large batches", run: largeBatches},
	{name: "numbers that jump", run: jumps},
	{name: "volatile frames", run: volatile},
	{name: "resume", run: resume},
	{name: "an answer that was lost", run: lost},
	{name: "opening", run: opening},
	{name: "frames up", up: true, run: framesUp},
	{name: "a frame up above the limit", up: true, run: oversize},
	{name: "idle for long", holds: true, run: idle},
	{name: "replaced", holds: true, run: replaced},
	{name: "closed in order", holds: true, run: closedInOrder},
	{name: "ended with an error", holds: true, run: ended},
	{name: "the client goes away", holds: true, run: gone},
	{name: "the client goes away at once", run: goneAtOnce},
}

// order: what is emitted arrives in its order, with its number and its bytes,
// before the attach and while it lasts.
func order(t *testing.T, p *peer) {
	all := frames(100, 10)
	p.door.BatchFrames = 7
	p.door.Emit(all[:50]...)
	p.expect(all[:50])
	for i := 50; i < 100; i += 10 {
		p.door.Emit(all[i : i+10]...)
		p.expect(all[i : i+10])
	}
}

// largeBatches: far more than one batch or body holds, at once.
func largeBatches(t *testing.T, p *peer) {
	all := frames(1500, 100)
	p.door.BatchFrames = 300
	p.door.Emit(all...)
	p.expect(all)
}

// jumps: numbers that were confirmed over another connection are left out, and
// it shows (rule R6).
func jumps(t *testing.T, p *peer) {
	all := frames(6, 10)
	p.door.Overtake(3)
	p.got = 3
	p.door.Emit(all[:2]...)
	p.expect(all[:2])
	synctest.Wait()
	p.door.Overtake(4)
	p.got += 4
	p.door.Emit(all[2:4]...)
	p.expect(all[2:4])
	p.door.Emit(all[4:]...)
	p.expect(all[4:])
}

// volatile frames arrive in their place and take no number.
func volatile(t *testing.T, p *peer) {
	all := frames(4, 10)
	loose := []*transport.Frame{
		{Kind: transport.KindVolatile, Name: "typing"},
		{Kind: transport.KindVolatileBytes, Name: "cursor", Data: []byte{1, '\n', 2}},
	}
	p.door.Emit(all[0], loose[0], all[1], loose[1], all[2], all[3])
	p.expect(all)
	if len(p.volatil) != 2 || !same(p.volatil[0], loose[0]) || !same(p.volatil[1], loose[1]) {
		t.Errorf("got volatile frames %v, want %v", p.volatil, loose)
	}
}

// resume: a second attach goes on behind its cursor.
func resume(t *testing.T, p *peer) {
	all := frames(10, 10)
	p.door.Emit(all...)
	p.collect(10)
	p.got = 5 // what came after that was lost with the page, say
	p.attach()
	hellos := func() []transport.Hello { synctest.Wait(); return p.door.Hellos() }()
	if h := hellos[len(hellos)-1]; h.Got != 5 || h.Attach != p.n || h.Seq != 1 {
		t.Errorf("the door was handed got %d, n %d, seq %d, want 5, %d, 1", h.Got, h.Attach, h.Seq, p.n)
	}
	if c := p.door.Confirmed(); c != 5 {
		t.Errorf("confirmed up to %d, want 5", c)
	}
	p.expect(all[5:])
	if p.welcome.Attach != p.n {
		t.Errorf("the welcome echoes n %d, want %d", p.welcome.Attach, p.n)
	}
}

// lost: what went out with an answer that never arrived goes out again.
func lost(t *testing.T, p *peer) {
	all := frames(5, 10)
	p.door.Emit(all...)
	p.attach()
	synctest.Wait()
	_ = p.conn.Close()
	p.conn = nil
	synctest.Wait()
	p.expect(all)
}

// opening: a hello with a key is answered at once, even by a transport that
// would hold it.
func opening(t *testing.T, p *peer) {
	if !p.subject.up() {
		return
	}
	start := time.Now()
	h := p.hello()
	h.ID, h.Key = "", "0123456789abcdefABCDEF"
	p.dial(h)
	if f, _, err := p.frame(); err != nil || f.Kind != transport.KindWelcome {
		t.Fatalf("got %v, %v, want a welcome", f, err)
	}
	if !p.welcome.Opened() || p.welcome.ID != "session" {
		t.Errorf("got %+v, want the welcome of an opening", p.welcome)
	}
	if d := time.Since(start); d > 20*time.Millisecond {
		t.Errorf("answered after %v, want 20ms or less", d)
	}
	if h := p.door.Hellos()[0]; h.Key != "0123456789abcdefABCDEF" || h.Transport != p.subject.New().Name() || h.Stream != p.subject.Stream || h.Duplex != p.subject.Duplex {
		t.Errorf("the door was handed %+v", h)
	}
}

// framesUp: frames behind the hello, and those that follow on a duplex
// connection, arrive in their order; the welcome says up to where.
func framesUp(t *testing.T, p *peer) {
	all := frames(40, 10)
	loose := &transport.Frame{Kind: transport.KindVolatile, Name: "typing"}
	p.attach(all[0], all[1], loose, all[2], all[3], all[4])
	if f, _, err := p.frame(); err != nil || f.Kind != transport.KindWelcome {
		t.Fatalf("got %v, %v, want a welcome", f, err)
	}
	if p.subject.Duplex {
		for _, f := range all[5:] {
			if err := p.conn.Send(f); err != nil {
				t.Fatal(err)
			}
		}
	} else {
		h := p.hello()
		h.Seq = 4 // two of them again
		p.dial(h, all[3:]...)
		if f, _, err := p.frame(); err != nil || f.Kind != transport.KindWelcome || p.welcome.Got != 40 {
			t.Errorf("got %v %+v, %v, want a welcome with got 40", f, p.welcome, err)
		}
	}
	synctest.Wait()
	want := append([]*transport.Frame{all[0], all[1], loose}, all[2:]...)
	got := p.door.Taken()
	if len(got) != len(want) {
		t.Fatalf("taken %d frames, want %d", len(got), len(want))
	}
	for i := range want {
		if !same(got[i], want[i]) {
			t.Errorf("frame %d: taken %s, want %s", i, got[i].Line(), want[i].Line())
		}
	}
}

// idle: a connection that waits for long is there, whatever the server's own
// timeouts, and what is emitted then arrives in the same instant.
func idle(t *testing.T, p *peer) {
	all := frames(6, 10)
	for i := range 3 {
		if p.conn == nil || !p.subject.Stream {
			p.attach()
		}
		time.Sleep(24 * time.Second)
		start := time.Now()
		p.door.Emit(all[2*i : 2*i+2]...)
		p.expect(all[2*i : 2*i+2])
		if d := time.Since(start); d != 0 {
			t.Errorf("round %d: arrived after %v, want at once", i, d)
		}
		if links := len(p.door.Links()); p.subject.Stream && links != 1 {
			t.Fatalf("round %d: %d links, want 1", i, links)
		}
	}
	p.checkSite(t)
}

// checkSite: a request of the app on the same connections finds no deadline
// that the transport has left behind.
func (p *peer) checkSite(t *testing.T) {
	time.Sleep(30 * time.Second)
	resp, err := p.server.site.Client.Get(p.server.URL("/other"))
	if err != nil {
		t.Fatalf("the app's own request: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || string(body) != "/other" {
		t.Errorf("the app's own request: got %q, %v", body, err)
	}
}

func decodeWelcome(t *testing.T, f *transport.Frame) (w transport.Welcome) {
	t.Helper()
	if err := json.Unmarshal(f.Data, &w); err != nil {
		t.Fatalf("welcome %s: %v", f.Data, err)
	}
	return w
}

// isEOF reports whether a connection ended whole and without a word of its own.
func isEOF(err error) bool { return errors.Is(err, io.EOF) }
