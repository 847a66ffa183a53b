package session_test

import (
	"testing"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// TestGather: a client that has got 32 answers in a row, each within 10 ms of the
// one before, and has sent nothing meanwhile, is made to wait 5 ms from one to
// the next, until it slows down, sends, or has waited for a single event: then it
// takes 32 answers more, then 96 more, and so on.
func TestGather(t *testing.T) {
	const ms = time.Millisecond
	bubble(t, "", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, first := open(t, rt, "longpoll")
		first.close()
		// answer polls for events, some time after the last answer.
		answer := func(want, after time.Duration, events int) {
			t.Helper()
			pass(after)
			lines := make([]string, events)
			for i := range lines {
				lines[i] = `[1,"e",1]`
				if err := p.session().Emit("e", 1); err != nil {
					t.Fatal(err)
				}
			}
			c := p.attach("longpoll")
			defer c.close()
			same(t, "gather", c.link.(transport.Gatherer).Gather(), want)
			c.reads(lines...)
		}
		// quick is n answers of which the last does not wait yet.
		quick := func(n int) {
			t.Helper()
			for range n - 1 {
				answer(0, 9*ms, 1)
			}
			answer(0, ms, 1)
		}
		for range 33 {
			answer(0, 10*ms, 1) // for any number of them
		}
		quick(31)
		answer(0, 10*ms, 1) // one that is not quick
		quick(32)
		for range 40 {
			answer(4*ms, ms, 2)
		}
		answer(0, 5*ms, 1) // the round trip does it
		answer(2*ms, 3*ms, 3)
		answer(0, 10*ms, 1)

		quick(32)
		answer(4*ms, ms, 1) // waited for nothing
		quick(32 + 32)
		answer(4*ms, ms, 1)
		quick(32 + 96)
		answer(4*ms, ms, 2) // it pays again
		answer(4*ms, ms, 1)
		quick(32 + 32)
		for range 9 {
			answer(4*ms, ms, 1)
			for range 4096 { // that is the most
				answer(0, 9*ms, 1)
			}
		}
		answer(4*ms, ms, 2)

		p.send(`[1,"up"]`)
		answer(4*ms, ms, 2) // this answer notes it
		for range 40 {
			answer(0, ms, 2)
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
