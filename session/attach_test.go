package session_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

func emit(t *testing.T, s *session.Session, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		if err := s.Emit("said", i); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRules(t *testing.T) {
	bubble(t, "R1 nothing of a stale attach is taken", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		emit(t, p.session(), 1, 2)
		c.read()
		h := p.hello("polling")
		h.Attach = 1
		same(t, "refused", p.refused(h, `[1,"say",1]`, `[26,2]`), "4409 stale")
		app.tells(t, "connect")
		h = p.hello("websocket")
		h.Got = 0
		d, err := p.try(h)
		if err != nil {
			t.Fatal(err)
		}
		d.reads(`[1,"said",1]`, `[1,"said",2]`) // the confirm was not taken, either
	})
	bubble(t, "R1 nothing of an attach at fault is taken", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		app.tells(t, "connect")
		for _, tt := range []struct {
			behind []string
			want   string
		}{
			{[]string{`[24,77]`}, "4400 count"},
			{[]string{`[1,"say",1]`, `[24,0]`}, "4400 count"},
			{[]string{`[1,"say",1]`, `[27,9]`, `[24,1]`}, "4400 count"},
			{[]string{`[1,"say",1]`, `[26,1]`}, "4400 confirm"},
			{[]string{`[1,"say",1]`, `[22,4400,"x"]`}, "4400 frame"},
		} {
			same(t, strings.Join(tt.behind, " "), p.refused(p.hello("websocket"), tt.behind...), tt.want)
			app.tells(t)
			c.reads() // it goes on
		}
		same(t, "pings that fit", p.refused(p.hello("websocket"), `[24,0]`, `[1,"say",1]`, `[24,1]`, `[27,9]`, `[24,8]`), "")
		app.tells(t, "say 1")
	})
	bubble(t, "R1 numbers may have holes", func(t *testing.T) {
		p, _ := open(t, newServer(session.Options{}), "polling")
		p.n = 700
		p.attach("polling")
		h := p.hello("polling")
		h.Attach = 700
		same(t, "refused", p.refused(h), "4409 stale")
	})
	bubble(t, "R2 a newer attach replaces", func(t *testing.T) {
		p, ws := open(t, newServer(session.Options{}), "websocket")
		poll := p.attach("longpoll")
		ws.reads("end 4409 replaced")
		ws2 := p.attach("websocket")
		poll.reads("end 4409 replaced")
		same(t, "transport", p.session().Transport(), "websocket")
		ws2.reads()
	})
	bubble(t, "R2 a waiting Next ends", func(t *testing.T) {
		p, poll := open(t, newServer(session.Options{}), "longpoll")
		ended := make(chan error, 1)
		go func() {
			_, err := poll.link.Next(t.Context(), nil)
			ended <- err
		}()
		synctest.Wait()
		p.attach("polling")
		same(t, "Next", end(<-ended), "4409 replaced")
	})
	bubble(t, "R3 only what is confirmed is forgotten", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 4)
		c.reads(`[1,"said",1]`, `[1,"said",2]`, `[1,"said",3]`, `[1,"said",4]`)
		c.write(`[26,3]`)
		c.write(`[25,1]`) // a lower one changes nothing
		h := p.hello("websocket")
		h.Got = 0
		d, err := p.try(h)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "seq", d.welcome.Seq, 4)
		d.reads(`[1,"said",4]`)
	})
	bubble(t, "R3 an ack confirms its call", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 1)
		go func() { _ = p.session().Call(t.Context(), "ask", nil, nil) }() // ends with the ack
		synctest.Wait()
		c.read()
		c.write(`[3,1]`)
		h := p.hello("websocket")
		h.Got = 0
		d, err := p.try(h)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "seq", d.welcome.Seq, 3)
	})
	bubble(t, "R4 a new connection starts behind what the hello has", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 5)
		c.read()
		p.got = 3
		d := p.attach("websocket")
		same(t, "seq", d.welcome.Seq, 4)
		d.reads(`[1,"said",4]`, `[1,"said",5]`)
	})
	bubble(t, "R6 a confirm that overtakes the stream is marked", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "polling")
		c.close()
		s := p.session()
		d := p.attach("websocket")
		emit(t, s, 1, 3) // not read yet
		p.got = 2
		p.send()
		emit(t, s, 4, 4)
		d.reads(`[27,3]`, `[1,"said",3]`, `[1,"said",4]`)
	})
	bubble(t, "R6 no mark where the count implies it", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 2)
		c.reads(`[1,"said",1]`, `[1,"said",2]`)
		c.write(`[26,2]`)
		emit(t, p.session(), 3, 3)
		c.reads(`[1,"said",3]`)
	})
	bubble(t, "R7 duplicates are dropped and counted on", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket", `[1,"say",1]`, `[1,"say",2]`)
		h := p.hello("websocket")
		h.Seq = 1
		d, err := p.try(h)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "got", d.welcome.Got, 2)
		same(t, "fault", d.write(`[1,"say",1]`, `[1,"say",2]`, `[1,"say",3]`), "")
		same(t, "fault", c.write(`[1,"say",3]`, `[1,"say",4]`), "") // the old one, too
		app.tells(t, "connect", "say 1", "say 2", "say 3", "say 4")
	})
	bubble(t, "R7 marks move the count, also backwards", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		_, c := open(t, rt, "websocket", `[1,"say",1]`)
		same(t, "fault", c.write(`[27,1]`, `[1,"say",1]`, `[1,"say",2]`, `[27,3]`, `[1,"say",3]`), "")
		same(t, "fault", c.write(`[24,3]`), "")
		same(t, "fault", c.write(`[27,9]`, `[24,8]`, `[27,4]`, `[1,"say",4]`), "")
		app.tells(t, "connect", "say 1", "say 2", "say 3", "say 4")
	})
	bubble(t, "R7 unknown counted kinds and voids use numbers up", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, _ := open(t, rt, "websocket", `[8]`, `[15,{}]`, `[1,"say",3]`, `[30]`)
		app.tells(t, "connect", "say 3")
		same(t, "got", p.send().Got, 3)
	})
	bubble(t, "R7 a gap in a body stops there without a fault", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, _ := open(t, rt, "polling", `[1,"say",1]`)
		w := p.send(`[1,"say",2]`, `[27,4]`, `[1,"say",4]`, `[28,"say",5]`)
		same(t, "got", w.Got, 2)
		app.tells(t, "connect", "say 1", "say 2")
	})
	bubble(t, "a form fault in a body refuses all of it", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		c.read()
		for line, want := range map[string]string{
			`[20,{"id":"x","n":1}]`: "4400 hello",
			`[21,{}]`:               "4400 frame",
			`[22,4400,"x"]`:         "4400 frame",
			`[23,0,"x"]`:            "4400 frame",
			`[25,9]`:                "4400 confirm",
		} {
			h := p.hello("send")
			same(t, line, p.refused(h, `[1,"say",1]`, line), want)
		}
		app.tells(t, "connect")
		c.reads() // still there
		same(t, "got", p.send(`[1,"say",1]`).Got, 1)
	})
}

func TestStreamToAClosedSession(t *testing.T) {
	bubble(t, "its welcome has seq, too", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "polling")
		c.close()
		p.ticketed()
		emit(t, p.session(), 1, 2)
		p.session().Close(4000, "bye")
		h := p.hello("sse")
		h.Got = 3 // the two events and the close came by the answer to a send
		sse, err := p.try(h)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "seq", sse.welcome.Seq, 4)
		same(t, "end", sse.read(), []string{"end 4000 closed"})
	})
}

func TestAnswerToASend(t *testing.T) {
	bubble(t, "says where the stream is", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "polling")
		c.close()
		p.ticketed()
		sse := p.attach("sse")
		emit(t, p.session(), 1, 3)
		same(t, "at before the write", p.send().At, 0)
		sse.read()
		same(t, "at", p.send().At, 3)
		p.attach("longpoll")
		same(t, "at of a poll", p.send().At, 0)
		p.attach("websocket").read()
		same(t, "at of a WebSocket", p.send().At, 0)
	})
	bubble(t, "a repeat leaves out what is not counted", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, _ := open(t, rt, "polling")
		h := p.hello("send")
		lines := []string{`[1,"say",1]`, `[28,"say",2]`}
		for range 3 {
			c, err := p.try(h, lines...)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "r", c.welcome.Send, h.Send)
			same(t, "got", c.welcome.Got, 1)
		}
		h.Send += 2
		p.refused(h, lines...) // numbers that were passed are repeats, too
		h.Send--
		p.refused(h, lines...)
		h.Send++ // and so is the highest behind a lower one
		p.refused(h, lines...)
		app.tells(t, "connect", "say 1", "say 2", "say 2")
	})
	bubble(t, "a ping is answered by what carries the session", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		p.send(`[24,0,5]`)
		c.reads(`[25,0,5]`)
		c.close()
		p.send(`[24,0,6]`)
		p.attach("longpoll").reads() // nothing carried it
		q := p.attach("polling", `[24,0,7]`)
		q.reads(`[25,0,7]`)
	})
}

// A link that has been replaced or closed ends what waits on it, once and for
// all, and whatever is called on it then is harmless.
func TestLinkAfterItsEnd(t *testing.T) {
	bubble(t, "closed", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		c.close()
		c.close()
		same(t, "Confirm", end(c.link.Confirm(0)), "")
		same(t, "Confirm too high", end(c.link.Confirm(9)), "4400 confirm")
		d := p.attach("websocket")
		c.close() // of the old one: d goes on
		emit(t, p.session(), 1, 1)
		d.reads(`[1,"said",1]`)
	})
	bubble(t, "cancelled Next", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "longpoll")
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() {
			_, err := c.link.Next(ctx, nil)
			got <- err
		}()
		synctest.Wait()
		cancel()
		same(t, "Next", end(<-got), "context canceled")
		emit(t, p.session(), 1, 1)
		c.reads(`[1,"said",1]`) // frames that are ready win over the ctx
	})
	bubble(t, "Notify", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		ready := 0
		c.link.(transport.Notifier).Notify(func(bool) { ready++ })
		same(t, "ready with nothing there", ready, 0)
		emit(t, p.session(), 1, 3)
		same(t, "ready after three emits", ready, 1)
		c.read()
		emit(t, p.session(), 4, 4)
		same(t, "ready after a Next", ready, 2)
		c.read()
		p.attach("polling")
		same(t, "ready after a takeover", ready, 3)
		c.reads("end 4409 replaced")
	})
	bubble(t, "an ack is written at once where nothing else is to be handled", func(t *testing.T) {
		rt := newServer(session.Options{})
		hold := make(chan struct{})
		session.Handle(rt, "ask", func(*session.Session, int) (int, error) { <-hold; return 0, nil })
		_, c := open(t, rt, "websocket")
		var ready []bool
		n := c.link.(transport.Notifier)
		n.Notify(func(now bool) { ready = append(ready, now) })
		c.write(`[2,1,"ask",1]`, `[2,2,"ask",1]`)
		synctest.Wait()
		hold <- struct{}{}
		synctest.Wait()
		same(t, "ready with a call behind it", ready, []bool{false})
		c.reads(`[3,1,0]`)
		hold <- struct{}{}
		synctest.Wait()
		same(t, "ready of the last", ready, []bool{false, true})
	})
	bubble(t, "Notify finds what came before it", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 1)
		ready := 0
		c.link.(transport.Notifier).Notify(func(bool) { ready++ })
		same(t, "ready", ready, 1)
	})
}
