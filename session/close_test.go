package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// TestEndInOrder: an app tells by errors.Is that a session was closed in order,
// wherever it finds out, and whoever closed it.
func TestEndInOrder(t *testing.T) {
	for _, tt := range []struct {
		name  string
		close func(s *session.Session, c *conn)
		want  bool
	}{
		{"by the client", func(_ *session.Session, c *conn) { c.write(`[9,4000,"bye"]`) }, true},
		{"by the client, with a code of the app", func(_ *session.Session, c *conn) { c.write(`[9,4199,"bye"]`) }, true},
		{"by the app", func(s *session.Session, _ *conn) { s.Close(transport.CodeNormal, "") }, true},
		{"by the app, with a code of its own", func(s *session.Session, _ *conn) { s.Close(transport.CodeApp, "kicked") }, true},
		{"by its time", func(*session.Session, *conn) {}, false},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := newServer(session.Options{})
			reason := make(chan error, 1)
			rt.OnDisconnect(func(_ *session.Session, err error) { reason <- err })
			p, c := open(t, rt, "websocket")
			s := p.session()
			tt.close(s, c)
			c.close()
			for what, err := range map[string]error{
				"reason": <-reason, "emit": s.Emit("a", nil), "call": s.Call(t.Context(), "a", nil, nil), "cause": context.Cause(s.Context()),
			} {
				same(t, what, errors.Is(err, transport.ErrClosed), tt.want)
			}
		})
	}
}

func TestClose(t *testing.T) {
	bubble(t, "emit, then close, loses nothing", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		s := p.session()
		emit(t, s, 1, 3)
		s.Close(4101, "enough")
		s.Close(4102, "twice changes nothing")
		same(t, "emit behind it", end(s.Emit("said", 4)), "4101 enough")
		same(t, "call behind it", end(s.Call(t.Context(), "ask", nil, nil)), "4101 enough")
		c.close()
		p.got = 0
		d := p.attach("websocket")
		d.reads(`[1,"said",1]`, `[1,"said",2]`, `[1,"said",3]`, `[9,4101,"enough"]`)
		d.write(`[26,3]`)
		app.tells(t, "connect")
		d.write(`[26,4]`)
		app.tells(t, "disconnect 4101 enough")
		d.reads("end 4000 closed")
	})
	bubble(t, "leaves the rooms, and lasts as long as the window", func(t *testing.T) {
		rt := newServer(session.Options{ResumeWindow: 5 * time.Second})
		app := watch(rt)
		p, _ := open(t, rt, "websocket")
		s := p.session()
		s.Join("room")
		pass(time.Second)
		s.Close(4101, "enough")
		same(t, "rooms", len(s.Rooms()), 0)
		pass(5*time.Second - 1)
		app.tells(t, "connect")
		pass(1)
		app.tells(t, "disconnect 4101 enough")
	})
	bubble(t, "whose client does not come back has the code of its close", func(t *testing.T) {
		rt := newServer(session.Options{ResumeWindow: 5 * time.Second})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		c.close()
		pass(time.Second)
		p.session().Close(4101, "enough")
		pass(4 * time.Second)
		app.tells(t, "connect", "disconnect 4101 enough")
		same(t, "a hello that comes too late", p.refused(p.hello("websocket")), "4410 closed")
	})
	bubble(t, "what the client sends is taken until then", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		p.session().Close(4000, "")
		c.write(`[1,"say",1]`, `[26,1]`)
		app.tells(t, "connect", "say 1", "disconnect 4000 ")
	})
	bubble(t, "what has come in is confirmed before it", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		c.write(`[1,"say",1]`, `[1,"say",2]`)
		app.tells(t, "connect", "say 1", "say 2")
		emit(t, p.session(), 1, 1)
		p.session().Close(4101, "enough")
		c.reads(`[1,"said",1]`, `[26,2]`, `[9,4101,"enough"]`)
		p, c = streamed(t, rt) // where the answer of the send may come behind it
		session.On(rt, "leave", func(s *session.Session, _ any) error { s.Close(4102, "left"); return nil })
		p.send(`[1,"leave"]`)
		synctest.Wait()
		c.reads(`[26,1]`, `[9,4102,"left"]`)
	})
	bubble(t, "what OnConnect refused is not confirmed", func(t *testing.T) {
		rt := newServer(session.Options{})
		rt.OnConnect(func(s *session.Session) error { time.Sleep(time.Second); return errors.New("no seat") })
		_, c := open(t, rt, "websocket")
		c.write(`[1,"say",1]`)
		time.Sleep(time.Second)
		synctest.Wait()
		c.reads(`[9,4403,"forbidden"]`)
	})
	bubble(t, "by the client, over a websocket", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		emit(t, p.session(), 1, 1)
		s := p.session()
		c.write(`[1,"say",1]`, `[9,4000,"bye"]`, `[1,"say",2]`)
		app.tells(t, "connect", "say 1", "disconnect 4000 bye")
		c.reads(`[26,2]`, "end 4000 closed")
		same(t, "emit", end(s.Emit("said", 1)), "4000 bye")
		same(t, "cause", end(context.Cause(s.Context())), "4000 bye")
		same(t, "refused", p.refused(p.hello("websocket")), "4410 closed")
	})
	bubble(t, "by the client, over a send", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := streamed(t, rt)
		same(t, "got", p.send(`[1,"say",1]`, `[9,4150,"mine"]`).Got, 2)
		c.reads("end 4000 closed")
		app.tells(t, "connect", "say 1", "disconnect 4150 mine")
	})
	bubble(t, "by the client, with a code that it may not use", func(t *testing.T) {
		for _, code := range []int{4001, 4099, 4200, 4410, 4100 + 1<<16} {
			rt := newServer(session.Options{})
			app := watch(rt)
			_, c := open(t, rt, "websocket")
			c.write(fmt.Sprintf(`[9,%d,"mine"]`, code))
			app.tells(t, "connect", "disconnect 4000 mine")
		}
	})
	for _, over := range []string{"send", "polling"} {
		bubble(t, "what comes with the confirm is taken, over "+over, func(t *testing.T) {
			rt := newServer(session.Options{})
			app := watch(rt)
			p, _ := streamed(t, rt)
			p.session().Close(4101, "enough")
			p.got = 1
			c := p.attach(over, `[1,"say",1]`, `[1,"say",2]`)
			same(t, "got", c.welcome.Got, 2)
			app.tells(t, "connect", "say 1", "say 2", "disconnect 4101 enough")
			same(t, "refused", p.refused(p.hello(over)), "4410 closed")
		})
	}
	bubble(t, "what stands behind the confirm is taken", func(t *testing.T) {
		for _, over := range []string{"send", "websocket"} {
			rt := newServer(session.Options{})
			app := watch(rt)
			p, c := open(t, rt, "websocket")
			p.session().Close(4101, "enough")
			c.reads(`[9,4101,"enough"]`)
			if lines := []string{`[1,"say",1]`, `[26,1]`, `[1,"say",2]`}; over == "send" {
				same(t, "got", p.send(lines...).Got, 2)
			} else {
				c.write(lines...)
			}
			app.tells(t, "connect", "say 1", "say 2", "disconnect 4101 enough")
			c.reads("end 4000 closed")
		}
	})
	bubble(t, "not all that stands behind the confirm has room", func(t *testing.T) {
		for _, over := range []string{"send", "websocket"} {
			rt := newServer(session.Options{FramesPerSecond: 2})
			app := watch(rt)
			p, c := open(t, rt, "websocket")
			p.session().Close(4101, "enough")
			c.reads(`[9,4101,"enough"]`)
			if lines := []string{`[26,1]`, `[1,"say",1]`, `[1,"say",2]`, `[1,"say",3]`}; over == "send" {
				w := p.send(lines...)
				same(t, "got", w.Got, 2)
				same(t, "pause", w.Pause, 0)
			} else {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				_ = c.link.Deliver(ctx, transport.Batch{Seq: 1, Frames: frames(t, lines...)})
			}
			app.tells(t, "connect", "say 1", "say 2", "disconnect 4101 enough")
			same(t, "sessions", rt.Len(), 0)
		}
	})
	bubble(t, "by the client, with something behind it", func(t *testing.T) {
		for _, behind := range []string{`[25,0]`, `[26,0]`, `[24,2]`, `[1,"say",2]`, `[28,"say",2]`} {
			rt := newServer(session.Options{})
			app := watch(rt)
			p, c := streamed(t, rt)
			same(t, "got", p.send(`[1,"say",1]`, `[9,4000,"bye"]`, behind).Got, 2)
			c.reads("end 4000 closed")
			app.tells(t, "connect", "say 1", "disconnect 4000 bye")
			_, c = open(t, rt, "websocket")
			same(t, "written", c.write(`[1,"say",1]`, `[9,4000,"bye"]`, behind), "")
			c.reads(`[26,2]`, "end 4000 closed")
			app.tells(t, "connect", "say 1", "disconnect 4000 bye")
		}
	})
	bubble(t, "by the client that opens", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p := newPeer(t, rt)
		c := p.attach("polling", `[1,"say",1]`, `[9,4000,"bye"]`, `[26,0]`)
		same(t, "got", c.welcome.Got, 2)
		app.tells(t, "connect", "say 1", "disconnect 4000 bye")
	})
	bubble(t, "by the client with a code that is not the app's", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		_, c := open(t, rt, "websocket")
		c.write(`[9,4503,"x"]`)
		app.tells(t, "connect", "disconnect 4000 x")
	})
	bubble(t, "both at once", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		p.session().Close(4100, "mine")
		c.write(`[9,4000,"bye"]`)
		app.tells(t, "connect", "disconnect 4000 bye")
		same(t, "sessions", rt.Len(), 0)
	})
	bubble(t, "ends a held poll", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "longpoll")
		ended := make(chan error, 1)
		go func() { _, err := c.link.Next(t.Context(), nil); ended <- err }()
		synctest.Wait()
		p.send(`[9,4000,"bye"]`)
		same(t, "Next", end(<-ended), "4000 closed")
	})
	bubble(t, "with a code that is not the app's", func(t *testing.T) {
		for _, code := range []transport.Code{0, 1000, 4001, 4200, 4503} {
			p, c := open(t, newServer(session.Options{}), "websocket")
			p.session().Close(code, "x")
			c.reads(`[9,4000,"x"]`)
		}
	})
	bubble(t, "long reasons are cut between characters", func(t *testing.T) {
		for _, reason := range []string{strings.Repeat("x", 500), strings.Repeat("é", 200), "x" + strings.Repeat("日", 100), strings.Repeat("x", 98) + "😀😀"} {
			p, c := open(t, newServer(session.Options{}), "websocket")
			p.session().Close(4100, reason)
			f := frames(t, c.read()...)[0]
			if len(f.Name) > 123 || len(f.Name) < 96 || !strings.HasPrefix(reason, f.Name) || !utf8.ValidString(f.Name) {
				t.Errorf("reason %q of %d bytes became %q of %d", reason, len(reason), f.Name, len(f.Name))
			}
		}
	})
}

func TestOnConnect(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"refuses", errors.New("no seat"), `[9,4403,"forbidden"]`},
		{"refuses with a code", &transport.CloseError{Code: 4107, Reason: "full"}, `[9,4107,"full"]`},
		{"refuses with a wrapped code", fmt.Errorf("no: %w", &transport.CloseError{Code: 4107, Reason: "full"}), `[9,4107,"full"]`},
		{"refuses with a code that is none", &transport.CloseError{Code: 7, Reason: "full"}, `[9,4403,"full"]`},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := newServer(session.Options{})
			app := watch(rt)
			rt.OnConnect(func(s *session.Session) error { _ = s.Emit("sorry", nil); return tt.err })
			_, c := open(t, rt, "websocket", `[1,"say",1]`, `[2,1,"say",2]`)
			synctest.Wait()
			c.reads(`[1,"sorry"]`, tt.want)
			c.write(`[1,"say",3]`, `[26,2]`)
			c.reads("end 4000 closed")
			app.tells(t) // no event, and no end of what never began
			same(t, "sessions", rt.Len(), 0)
		})
	}
	bubble(t, "that panics", func(t *testing.T) {
		rt := newServer(session.Options{})
		rt.OnConnect(func(*session.Session) error { panic("boom") })
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		c.reads(`[9,4403,"forbidden"]`)
	})
	bubble(t, "with a long reason", func(t *testing.T) {
		rt := newServer(session.Options{})
		rt.OnConnect(func(*session.Session) error {
			return &transport.CloseError{Code: 4100, Reason: strings.Repeat("x", 4000)}
		})
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		if f := frames(t, c.read()...)[0]; len(f.Name) > 123 {
			t.Errorf("the reason has %d bytes", len(f.Name))
		}
	})
	bubble(t, "comes before all events", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		hold := make(chan bool)
		rt.OnConnect(func(*session.Session) error { <-hold; app.note("connect"); return nil })
		_, c := open(t, rt, "websocket", `[1,"say",1]`)
		c.write(`[1,"say",2]`)
		app.tells(t)
		close(hold)
		app.tells(t, "connect", "say 1", "say 2")
	})
	bubble(t, "may be left out", func(t *testing.T) {
		rt := newServer(session.Options{})
		session.On(rt, "x", func(s *session.Session, _ any) error { return s.Emit("y", nil) })
		_, c := open(t, rt, "websocket", `[1,"x"]`)
		synctest.Wait()
		c.reads(`[1,"y"]`)
	})
}

func TestOnDisconnect(t *testing.T) {
	bubble(t, "comes once and last", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		hold := make(chan bool)
		session.On(rt, "hold", func(*session.Session, any) error { <-hold; return nil })
		p, c := open(t, rt, "websocket", `[1,"hold"]`, `[1,"say",1]`, `[1,"say",2]`)
		c.close()
		p.attach("polling").close() // ends of connections are none
		p.send(`[9,4000,"bye"]`)
		p.refused(p.hello("send"), `[9,4000,"bye"]`)
		app.tells(t, "connect")
		close(hold)
		app.tells(t, "say 1", "say 2", "disconnect 4000 bye")
	})
	bubble(t, "that panics harms nobody", func(t *testing.T) {
		rt := newServer(session.Options{})
		watch(rt)
		rt.OnDisconnect(func(*session.Session, error) { panic("boom") })
		p, _ := open(t, rt, "websocket")
		p.send(`[9,4000,"bye"]`)
		synctest.Wait()
		same(t, "sessions", rt.Len(), 0)
	})
}
