package session_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

// take hands lines in and leaves their handlers to the caller.
func (c *conn) take(lines ...string) (lent bool) {
	c.p.t.Helper()
	b := transport.Batch{Seq: c.up, Frames: frames(c.p.t, lines...)}
	c.up = b.After()
	c.p.up = max(c.p.up, c.up)
	lent, err := c.link.(transport.Runner).Take(c.p.t.Context(), b)
	if err != nil {
		c.p.t.Fatal(err)
	}
	return lent
}

// TestRunner: handlers wait for the goroutine that took their events, run on it
// in order, and keep it for no longer than they should.
func TestRunner(t *testing.T) {
	serve := func(opt session.Options) (*session.Server, *app) {
		rt := newServer(opt)
		a := watch(rt)
		session.On(rt, "tell", func(_ *session.Session, text string) error {
			a.note("told %s", text)
			return nil
		})
		session.On(rt, "wait", func(_ *session.Session, d time.Duration) error {
			pass(d)
			a.note("waited")
			return nil
		})
		return rt, a
	}
	never := func() { t.Error("over was called") }

	bubble(t, "on the goroutine that took", func(t *testing.T) {
		rt, a := serve(session.Options{})
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		a.told()
		same(t, "a confirm lends", c.take(`[26,0]`), false)
		same(t, "an event lends", c.take(`[1,"tell","a"]`), true)
		same(t, "another one", c.take(`[1,"tell","b"]`, `[1,"tell","c"]`), true)
		synctest.Wait()
		a.tells(t)
		same(t, "relieved", c.link.(transport.Runner).Run(never), false)
		a.tells(t, "told a", "told b", "told c")
		same(t, "once more", c.link.(transport.Runner).Run(never), false)
	})
	bubble(t, "a delivery by another way takes it over", func(t *testing.T) {
		rt, a := serve(session.Options{})
		p, c := open(t, rt, "websocket")
		synctest.Wait()
		a.told()
		same(t, "lent", c.take(`[1,"tell","a"]`), true)
		p.send(`[1,"tell","b"]`)
		synctest.Wait()
		a.tells(t, "told a", "told b")
		same(t, "relieved", c.link.(transport.Runner).Run(never), false)
	})
	bubble(t, "a queue without room takes it over", func(t *testing.T) {
		rt, a := serve(session.Options{FramesPerSecond: 1})
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		a.told()
		same(t, "lent", c.take(`[1,"tell","a"]`), true)
		same(t, "lent after the wait", c.take(`[1,"tell","b"]`), true)
		a.tells(t, "told a")
		c.link.(transport.Runner).Run(never)
		a.tells(t, "told b")
	})
	bubble(t, "one that takes long is left alone", func(t *testing.T) {
		rt, a := serve(session.Options{})
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		a.told()
		for range 2 { // the second with the timer of the first
			began, over := time.Now(), time.Duration(0)
			c.take(fmt.Sprintf(`[1,"wait",%d]`, time.Second))
			same(t, "relieved", c.link.(transport.Runner).Run(func() { over = time.Since(began) }), true)
			if over <= 0 || over > 10*time.Millisecond {
				t.Errorf("over was called after %v, want 10 ms", over)
			}
			a.tells(t, "waited")
		}
		c.take(`[1,"tell","quick"]`)
		same(t, "relieved", c.link.(transport.Runner).Run(never), false)
		a.tells(t, "told quick")
	})
	bubble(t, "the end of the session relieves at once", func(t *testing.T) {
		rt, _ := serve(session.Options{})
		for _, before := range []bool{true, false} {
			p, c := open(t, rt, "websocket")
			synctest.Wait()
			began, over := time.Now(), time.Duration(-1)
			wait, end := fmt.Sprintf(`[1,"wait",%d]`, time.Second), `[9,1000,"bye"]`
			want := time.Duration(0)
			if before {
				c.take(wait, end)
			} else {
				c.take(wait)
				want = time.Millisecond
				time.AfterFunc(want, func() { p.send(end) })
			}
			same(t, "relieved", c.link.(transport.Runner).Run(func() { over = time.Since(began) }), true)
			same(t, "over after", over, want)
		}
	})
}

// TestHandlersOnTheReader: over a real connection a handler that waits holds
// nothing up, least of all itself.
func TestHandlersOnTheReader(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		rt := withTransports(session.Options{})
		called := make(chan time.Duration, 1)
		session.On(rt, "call", func(s *session.Session, _ json.RawMessage) error {
			began := time.Now()
			err := s.Call(t.Context(), "ask", nil, nil)
			called <- time.Since(began)
			return err
		})
		session.On(rt, "wait", func(*session.Session, json.RawMessage) error {
			pass(time.Hour)
			return nil
		})
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		read := func(want string) string {
			t.Helper()
			_, p, err := ws.ReadMessage()
			if err != nil || !strings.HasPrefix(string(p), want) {
				t.Fatalf("got %s, error %v, want %s", p, err, want)
			}
			return string(p)
		}
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		read(`[21,`)

		// A handler that calls its own client is answered at once.
		send(t, ws, gorilla.TextMessage, `[1,"call"]`)
		id := strings.Split(read(`[2,`), ",")[1]
		send(t, ws, gorilla.TextMessage, `[3,`+id+`,true]`)
		synctest.Wait()
		select {
		case took := <-called:
			same(t, "time that the call took", took, 0)
		default:
			t.Error("the call is not answered")
		}

		// A handler that takes an hour lets everything else go on.
		send(t, ws, gorilla.TextMessage, `[1,"wait"]`)
		for range 3 {
			began := time.Now()
			send(t, ws, gorilla.TextMessage, `[24,3,7]`)
			read(`[25,`)
			if took := time.Since(began); took > 10*time.Millisecond {
				t.Errorf("a pong took %v behind a handler that waits", took)
			}
		}
		ws.Close()
		synctest.Wait()
		same(t, "sessions", rt.Len(), 1)
		pass(2 * time.Hour)
		same(t, "sessions in the end", rt.Len(), 0)
	})
}

// TestSlowOnConnect: the welcome waits for what OnConnect emits, but not for long.
func TestSlowOnConnect(t *testing.T) {
	for _, takes := range []time.Duration{0, time.Minute} {
		bubble(t, takes.String(), func(t *testing.T) {
			rt := withTransports(session.Options{})
			rt.OnConnect(func(s *session.Session) error {
				defer pass(takes)
				return s.Emit("first", nil)
			})
			srv := memhttp.Serve(rt, memhttp.Options{})
			defer srv.Close()
			ws := dial(t, srv)
			defer ws.Close()
			began := time.Now()
			send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
			for _, want := range []string{`[21,`, `[1,"first"`} {
				if _, p, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(p), want) {
					t.Errorf("got %s, error %v, want %s", p, err, want)
				}
			}
			if took := time.Since(began); took > 10*time.Millisecond {
				t.Errorf("the welcome took %v", took)
			}
			pass(takes)
		})
	}
}

// TestWelcomeBeforeAWait: the welcome does not wait for room for what stands behind
// the hello.
func TestWelcomeBeforeAWait(t *testing.T) {
	for _, plain := range []bool{false, true} {
		bubble(t, fmt.Sprint("plain links ", plain), func(t *testing.T) {
			rt := newServer(session.Options{FramesPerSecond: 5})
			done := 0
			session.On(rt, "tick", func(*session.Session, json.RawMessage) error { done++; return nil })
			srv := memhttp.Serve(through(rt, plain), memhttp.Options{})
			defer srv.Close()
			ws := dial(t, srv)
			defer ws.Close()
			began := time.Now()
			const events = 100
			send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`+strings.Repeat("\n"+`[1,"tick"]`, events))
			if _, p, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(p), `[21,`) {
				t.Errorf("got %s, error %v, want a welcome", p, err)
			}
			same(t, "welcome after", time.Since(began), 0)
			pass(events / 5 * time.Second)
			synctest.Wait()
			same(t, "events handled", done, events)
		})
	}
}

// TestPlainLinks: a door that wraps the server's links need not know what else they
// can do; the handlers run all the same.
func TestPlainLinks(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		rt := newServer(session.Options{})
		a := watch(rt)
		rt.OnConnect(func(s *session.Session) error { a.note("connect"); return s.Emit("first", nil) })
		srv := memhttp.Serve(through(rt, true), memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		read := func(want string) {
			t.Helper()
			if _, p, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(p), want) {
				t.Errorf("got %s, error %v, want %s", p, err, want)
			}
		}
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		a.tells(t, "connect")
		read(`[21,`)
		read(`[1,"first"`)
		send(t, ws, gorilla.TextMessage, `[1,"say",1]`, `[2,7,"say",2]`)
		a.tells(t, "say 1", "say 2")
		read(`[3,7]`)
		send(t, ws, gorilla.TextMessage, `[9,4000,"bye"]`)
		a.tells(t, "disconnect 4000 bye")
	})
}

// through serves WebSockets by a door that is not the server itself.
func through(rt *session.Server, plain bool) http.Handler {
	ws := new(websocket.Transport)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = ws.Serve(w, r, lobby{rt, plain})
	})
}

// A lobby is a door in front of the server's, whose links may have no more than
// the methods that a link must have.
type lobby struct {
	*session.Server
	plain bool
}

func (d lobby) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Server.Attach(r, h, up)
	if err == nil && d.plain {
		l = struct{ transport.Link }{l}
	}
	return l, w, err
}

// TestEventsBeforeABreach: what came whole is handled, also if what follows it
// in the same bytes ends the connection.
func TestEventsBeforeABreach(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		rt := withTransports(session.Options{})
		a := new(app)
		session.On(rt, "tell", func(_ *session.Session, text string) error { a.note("told %s", text); return nil })
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		var both []byte
		for _, text := range []string{`[1,"tell","a"]`, `no frame`} {
			both = append(both, 0x81, 0x80|byte(len(text)), 0, 0, 0, 0)
			both = append(both, text...)
		}
		if _, err := ws.NetConn().Write(both); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a.tells(t, "told a")
		_, p, err := ws.ReadMessage()
		same(t, "end", string(p), `[22,4400,"frame"]`)
		same(t, "error", err, nil)
	})
}

// TestConfirmRidesWithTheAnswer: a confirm that is due while handlers are about
// to run on the reader leaves with what they answer, and waits no longer than
// they may keep the reader where they answer nothing.
func TestConfirmRidesWithTheAnswer(t *testing.T) {
	const due = 64 // frames
	serve := func(t *testing.T) (*conn, *[]string) {
		rt := newServer(session.Options{})
		session.On(rt, "tell", func(*session.Session, string) error { return nil })
		session.On(rt, "wait", func(*session.Session, string) error {
			pass(time.Second)
			return nil
		})
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		var wrote []string
		began := time.Now()
		c.borrowed() // OnConnect's, if anything
		c.link.(transport.Notifier).Notify(func(now bool) {
			at := time.Since(began)
			go func() { // under locks here
				wrote = append(wrote, fmt.Sprintf("%v %v: %s", at, now, strings.Join(c.borrowed(), " ")))
			}()
		})
		return c, &wrote
	}
	run := func(t *testing.T, c *conn, line string, relieved bool) {
		t.Helper()
		same(t, "lent", c.take(line), true)
		same(t, "relieved", c.link.(transport.Runner).Run(func() {}), relieved)
		synctest.Wait()
	}
	bubble(t, "with an ack", func(t *testing.T) {
		c, wrote := serve(t)
		for i := range due {
			run(t, c, fmt.Sprintf(`[2,%d,"tell","a"]`, i+1), false)
		}
		same(t, "writes", len(*wrote), due)
		same(t, "the first", (*wrote)[0], "0s true: [3,1]")
		same(t, "the last", (*wrote)[due-1], "0s true: [3,64] [26,64]")
	})
	bubble(t, "without", func(t *testing.T) {
		c, wrote := serve(t)
		for range due {
			run(t, c, `[1,"tell","a"]`, false)
		}
		same(t, "writes", fmt.Sprint(*wrote), "[0s false: [26,64]]")
	})
	bubble(t, "behind a handler that takes long", func(t *testing.T) {
		c, wrote := serve(t)
		for range due - 1 {
			run(t, c, `[1,"tell","a"]`, false)
		}
		run(t, c, `[1,"wait","a"]`, true)
		same(t, "writes", fmt.Sprint(*wrote), "[5ms false: [26,64]]")
	})
	bubble(t, "by a goroutine of its own", func(t *testing.T) {
		c, wrote := serve(t)
		for range due - 1 {
			run(t, c, `[1,"tell","a"]`, false)
		}
		c.write(`[1,"wait","a"]`)
		synctest.Wait()
		same(t, "writes", fmt.Sprint(*wrote), "[0s false: [26,64]]")
		pass(time.Second)
	})
}
