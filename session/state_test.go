package session_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// The states of PROTOCOL.md section 16.1, as columns of its table.
var states = []string{"none", "opening", "attached", "detached", "closed"}

// A world is a session in one of the states.
type world struct {
	t       *testing.T
	rt      *session.Server
	app     *app
	verdict chan error // of Authorize
	p       *peer
	c       *conn            // the last connection, nil before the first
	s       *session.Session // nil before the opening
	legs    chan string      // what the legs were answered
}

const queueBytes = 300 << 10

func newWorld(t *testing.T, state string) *world {
	w := &world{t: t, verdict: make(chan error, 8), legs: make(chan string, 8)}
	w.rt = newServer(session.Options{
		QueueBytes: queueBytes,
		Authorize:  func(*http.Request, json.RawMessage) (any, error) { return nil, <-w.verdict },
	})
	w.app = watch(w.rt)
	w.p = newPeer(t, w.rt)
	switch state {
	case "none":
		return w
	case "opening":
		w.leg()
		return w
	}
	w.verdict <- nil
	w.c = w.p.attach("websocket", `[1,"say",1]`)
	w.s = w.p.session()
	if err := w.s.Emit("first", 1); err != nil {
		t.Fatal(err)
	}
	w.c.read()
	switch state {
	case "detached":
		w.c.close()
	case "closed":
		w.c.write(`[9,4000,"bye"]`)
		w.c.read()
	}
	synctest.Wait()
	w.app.told()
	return w
}

// leg starts a leg of the opening.
func (w *world) leg() {
	h := w.p.hello("polling")
	go func() { // ends with the verdict
		c, err := w.p.try(h)
		if err == nil {
			w.c = c
		}
		w.legs <- end(err)
	}()
	synctest.Wait()
}

// answers returns what the legs were answered that are not waiting any more.
func (w *world) answers() string {
	synctest.Wait()
	var got []string
	for len(w.legs) > 0 {
		got = append(got, <-w.legs)
	}
	return strings.Join(got, ",")
}

// state tells the state by what can be seen from outside.
func (w *world) state() string {
	synctest.Wait()
	if w.rt.Len() > 0 {
		if w.c != nil && !strings.Contains(strings.Join(w.c.read(), " "), "end ") {
			return "attached"
		}
		return "detached"
	}
	if w.p.id == "" {
		q := *w.p // a leg with a bad number finds out whether the key is known
		q.n = 0
		select {
		case w.verdict <- transport.ErrForbidden: // if a leg waits it gets this and leaves its place
			synctest.Wait()
			if len(w.verdict) == 0 {
				return "opening"
			}
			<-w.verdict
		default:
		}
		return "none"
	}
	if w.p.refused(w.p.hello("send")) == "4404 unknown" {
		return "none"
	}
	return "closed"
}

// byID returns a hello by id, also where there is none.
func (w *world) byID(over string) transport.Hello {
	h := w.p.hello(over)
	if h.Key != "" {
		h.Version, h.Key, h.ID = 0, "", "no-such-session"
	}
	return h
}

// take hands in a hello and keeps the connection.
func (w *world) take(h transport.Hello, lines ...string) string {
	c, err := w.p.try(h, lines...)
	if err != nil {
		return end(err)
	}
	if h.Attach > 0 {
		w.c = c
	}
	return "ok"
}

// never stands for a cell that cannot happen.
const never = ""

// transitions is the table of PROTOCOL.md section 16.1, in its order: what
// comes of an input in each state.
var transitions = []struct {
	input string
	do    func(w *world) string
	want  [5]string // none, opening, attached, detached, closed: outcome -> state
}{
	{"hello with its key", func(w *world) string {
		h := w.p.hello("polling")
		h.Version, h.Key, h.ID = 1, w.p.key, ""
		if w.s != nil || w.p.n > 1 {
			go func() { w.legs <- w.take(h) }()
		} else {
			w.verdict <- nil
			go func() { w.legs <- w.take(h) }()
		}
		return w.answers()
	}, [5]string{"ok -> attached", " -> opening", "ok -> attached", "ok -> attached", "4410 closed -> closed"}},

	{"hello with its key after the id was seen", func(w *world) string {
		w.p.send()
		h := w.p.hello("polling")
		h.Version, h.Key, h.ID = 1, w.p.key, ""
		return w.take(h)
	}, [5]string{never, never, "4409 stale -> attached", "4409 stale -> detached", never}},

	{"hello with its key, n not higher", func(w *world) string {
		h := w.p.hello("polling")
		h.Version, h.Key, h.ID, h.Attach = 1, w.p.key, "", 1
		return w.take(h)
	}, [5]string{never, never, "4409 stale -> attached", "4409 stale -> detached", "4410 closed -> closed"}},

	{"the fifth leg", func(w *world) string {
		for range 4 {
			w.leg()
		}
		waiting := w.answers()
		w.leg()
		return waiting + w.answers()
	}, [5]string{never, "4503 busy -> opening", never, never, never}},

	{"Authorize agrees", func(w *world) string {
		w.verdict <- nil
		return w.answers()
	}, [5]string{never, " -> attached", never, never, never}},

	{"Authorize refuses", func(w *world) string {
		w.leg()
		w.verdict <- fmt.Errorf("no")
		return w.answers()
	}, [5]string{never, "4401 auth,4401 auth -> none", never, never, never}},

	{"attach by id, n higher", func(w *world) string { return w.take(w.byID("longpoll")) },
		[5]string{"4404 unknown -> none", never, "ok -> attached", "ok -> attached", "4410 closed -> closed"}},

	{"attach by id, n not higher", func(w *world) string {
		h := w.byID("longpoll")
		h.Attach = 1
		return w.take(h, `[1,"say",7]`)
	}, [5]string{"4404 unknown -> none", never, "4409 stale -> attached", "4409 stale -> detached", "4410 closed -> closed"}},

	{"sse, ticket good, n higher", func(w *world) string {
		if w.s == nil {
			w.p.ticket = "never-given-out"
			return w.take(w.p.hello("sse"))
		}
		if w.app.told(); w.state() == "closed" {
			return w.take(w.p.hello("sse"))
		}
		return w.take(w.ticketed())
	}, [5]string{"4409 stale -> none", "4409 stale -> opening", "ok -> attached", "ok -> attached", never}},

	{"sse, ticket not good", func(w *world) string {
		w.p.ticket = "never-given-out"
		return w.take(w.p.hello("sse"))
	}, [5]string{"4409 stale -> none", "4409 stale -> opening", "4409 stale -> attached", "4409 stale -> detached", "4409 stale -> closed"}},

	{"send", func(w *world) string { return w.take(w.byID("send"), `[1,"say",2]`) },
		[5]string{"4404 unknown -> none", never, "ok -> attached", "ok -> detached", "4410 closed -> closed"}},

	{"hello with a GOT too high", func(w *world) string {
		h := w.byID("longpoll")
		h.Got = 99
		return w.take(h, `[1,"say",7]`)
	}, [5]string{"4404 unknown -> none", never, "4400 confirm -> attached", "4400 confirm -> detached", "4410 closed -> closed"}},

	{"send with a GOT too high", func(w *world) string { return w.take(w.byID("send"), `[1,"say",7]`, `[26,99]`) },
		[5]string{"4404 unknown -> none", never, "4400 confirm -> attached", "4400 confirm -> detached", "4410 closed -> closed"}},

	{"confirm with a GOT too high on the carrier", func(w *world) string { return w.fault(`[26,99]`) },
		[5]string{never, never, "4400 confirm -> detached", never, never}},

	{"frame on the carrier", func(w *world) string { return w.c.write(`[1,"say",2]`) },
		[5]string{never, never, " -> attached", never, never}},

	{"fault on the carrier: count", func(w *world) string { return w.fault(`[24,7]`) },
		[5]string{never, never, "4400 count -> detached", never, never}},
	{"fault on the carrier: gap", func(w *world) string { return w.fault(`[27,9]`, `[1,"say",9]`) },
		[5]string{never, never, "4400 gap -> detached", never, never}},
	{"fault on the carrier: welcome", func(w *world) string { return w.fault(`[21,{}]`) },
		[5]string{never, never, "4400 frame -> detached", never, never}},

	{"carrier ends", func(w *world) string { w.c.close(); return "" },
		[5]string{never, never, " -> detached", never, never}},
	{"carrier is silent", func(w *world) string { time.Sleep(46 * time.Second); return "" },
		[5]string{never, never, " -> detached", never, never}},
	{"poll answered", func(w *world) string {
		w.take(w.p.hello("polling"))
		w.c.read()
		w.c.close()
		return ""
	}, [5]string{never, never, " -> detached", " -> detached", never}},

	{"emit", func(w *world) string { return end(w.s.Emit("e", 1)) },
		[5]string{never, never, " -> attached", " -> detached", "4000 bye -> closed"}},
	{"volatile emit", func(w *world) string { return end(w.s.Volatile("e", 1)) },
		[5]string{never, never, " -> attached", " -> detached", "4000 bye -> closed"}},
	{"call", func(w *world) string { return end(w.s.Call(transport.Done, "e", 1, nil)) },
		[5]string{never, never, `everwire: no answer to "e": context canceled -> attached`,
			`everwire: no answer to "e": context canceled -> detached`, "4000 bye -> closed"}},

	{"queue over its bound", func(w *world) string {
		for {
			if err := w.s.Emit("e", strings.Repeat("x", 60_000)); err != nil {
				return end(err)
			}
		}
	}, [5]string{never, never, "4410 overflow -> closed", "4410 overflow -> closed", never}},

	{"the application closes", func(w *world) string { w.s.Close(4100, "done"); return "" },
		[5]string{never, never, " -> attached", " -> detached", " -> closed"}},
	{"own kind 9 confirmed", func(w *world) string {
		w.s.Close(4100, "done")
		return w.take(w.byID("send"), `[26,2]`)
	}, [5]string{never, never, "ok -> closed", "ok -> closed", never}},
	{"kind 9 taken", func(w *world) string { return w.take(w.byID("send"), `[9,4000,"bye"]`) },
		[5]string{never, never, "ok -> closed", "ok -> closed", never}},
	{"one window since own kind 9", func(w *world) string {
		w.s.Close(4100, "done")
		time.Sleep(119 * time.Second)
		w.p.send() // the window of a detached session would begin anew
		time.Sleep(time.Second)
		return ""
	}, [5]string{never, never, " -> closed", " -> closed", never}},

	{"window over", func(w *world) string { time.Sleep(2 * time.Minute); return "" },
		[5]string{never, never, never, " -> closed", " -> none"}},

	{"drain begins", func(w *world) string {
		go func() { _ = w.rt.Shutdown(w.t.Context()) }() // ends with the test
		synctest.Wait()
		q := newPeer(w.t, w.rt)
		return q.refused(q.hello("polling"))
	}, [5]string{"4503 drain -> none", never, "4503 drain -> attached", "4503 drain -> detached", "4503 drain -> closed"}},

	{"drain, deadline", func(w *world) string {
		go func() { _ = w.rt.Shutdown(w.t.Context()) }() // ends with the test
		time.Sleep(drainTime / 2)
		w.verdict <- nil
		return w.answers()
	}, [5]string{never, "4503 drain -> none", " -> attached", " -> detached", never}},
}

// drainTime is what Shutdown takes without a deadline.
const drainTime = 20 * time.Second

// ticketed returns a hello with a ticket, which is fetched by a poll.
func (w *world) ticketed() transport.Hello {
	h := w.p.hello("polling")
	h.Renew = true
	w.take(h)
	return w.p.hello("sse")
}

// fault delivers lines over the carrier, which ends with what they are refused.
func (w *world) fault(lines ...string) string {
	got := w.c.write(lines...)
	w.c.close()
	return got
}

func TestTransitions(t *testing.T) {
	for _, tr := range transitions {
		for i, state := range states {
			if tr.want[i] == never {
				continue
			}
			bubble(t, tr.input+"/"+state, func(t *testing.T) {
				w := newWorld(t, state)
				if got := tr.do(w) + " -> " + w.state(); got != tr.want[i] {
					t.Errorf("got %q, want %q", got, tr.want[i])
				}
				close(w.verdict)
			})
		}
	}
}

// A replaced connection still delivers, and a session that has ended drops it.
func TestFramesOfAReplacedConnection(t *testing.T) {
	for _, next := range []string{"attached", "detached", "closed"} {
		bubble(t, next, func(t *testing.T) {
			w := newWorld(t, "attached")
			old := w.c
			w.take(w.p.hello("longpoll"))
			old.reads("end 4409 replaced")
			want := []string{"say 2"}
			switch next {
			case "detached":
				w.c.close()
			case "closed":
				w.take(w.p.hello("send"), `[9,4000,"bye"]`)
				synctest.Wait()
				w.app.told()
				want = nil
			}
			old.write(`[1,"say",2]`)
			w.app.tells(t, want...)
			same(t, "state", w.state(), next)
			close(w.verdict)
		})
	}
}
