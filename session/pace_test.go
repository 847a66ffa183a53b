package session_test

import (
	"testing"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// TestGather: a client that has got 32 answers in a row, each within 10 ms of the
// one before, and has sent nothing meanwhile, is made to wait 5 ms from one to
// the next, until it slows down or sends.
func TestGather(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, first := open(t, rt, "longpoll")
		first.close()
		gather := func() time.Duration {
			c := p.attach("longpoll")
			defer c.close()
			return c.link.(transport.Gatherer).Gather()
		}
		answer := func(want time.Duration, after time.Duration) {
			t.Helper()
			pass(after)
			if err := p.session().Emit("e", 1); err != nil {
				t.Fatal(err)
			}
			same(t, "gather", gather(), want)
			c := p.attach("longpoll")
			defer c.close()
			c.reads(`[1,"e",1]`)
		}
		quick, slow := 9*time.Millisecond, 10*time.Millisecond
		for range 33 {
			answer(0, slow) // for any number of them
		}
		for range 31 {
			answer(0, quick)
		}
		answer(0, slow) // one that is not quick
		for range 32 {
			answer(0, quick)
		}
		for range 40 {
			answer(4*time.Millisecond, time.Millisecond)
		}
		answer(0, 5*time.Millisecond)
		answer(0, quick) // the round trip does it
		answer(4*time.Millisecond, time.Millisecond)
		answer(0, slow)
		for range 32 {
			answer(0, quick)
		}
		answer(4*time.Millisecond, time.Millisecond)
		p.send(`[1,"up"]`)
		answer(4*time.Millisecond, time.Millisecond) // this answer notes it
		for range 40 {
			answer(0, time.Millisecond)
			p.send(`[1,"up"]`)
		}
	})
	bubble(t, "not on a stream", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, c := open(t, rt, "websocket")
		for range 100 {
			if err := p.session().Emit("e", 1); err != nil {
				t.Fatal(err)
			}
			c.reads(`[1,"e",1]`)
		}
		same(t, "gather", p.attach("longpoll").link.(transport.Gatherer).Gather(), 0)
	})
}
