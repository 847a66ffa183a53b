package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
)

// shutdown drains with a deadline and notes the result and the time it took.
func shutdown(t *testing.T, rt *session.Server, within time.Duration) chan string {
	t.Helper()
	done := make(chan string, 1)
	ctx, start := t.Context(), time.Now()
	cancel := func() {}
	if within > 0 {
		ctx, cancel = context.WithTimeout(ctx, within)
	}
	go func() { // ends at the deadline at the latest
		defer cancel()
		err := rt.Shutdown(ctx)
		done <- fmt.Sprint(time.Since(start), " ", end(err))
	}()
	synctest.Wait()
	return done
}

func TestShutdown(t *testing.T) {
	bubble(t, "without sessions", func(t *testing.T) {
		rt := newServer(session.Options{})
		same(t, "ready", rt.Ready(), true)
		same(t, "took", <-shutdown(t, rt, time.Minute), "0s ")
		same(t, "ready", rt.Ready(), false)
		p := newPeer(t, rt)
		same(t, "an opening", p.refused(p.hello("websocket")), "4503 drain")
	})
	bubble(t, "all have ended when the time is over", func(t *testing.T) {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		for range 64 { // a choice by chance would fail half of them
			same(t, "error", newServer(session.Options{}).Shutdown(over), error(nil))
		}
	})
	bubble(t, "a later call whose time is over ends the rest for all", func(t *testing.T) {
		rt := newServer(session.Options{})
		members(t, rt, "")
		first := shutdown(t, rt, time.Minute)
		time.Sleep(time.Second)
		same(t, "the later one took", <-shutdown(t, rt, 2*time.Second), "2s context deadline exceeded")
		same(t, "the first took", <-first, "3s ")
	})
	bubble(t, "delays are spread over half of the time", func(t *testing.T) {
		rt := newServer(session.Options{})
		cs := members(t, rt, "", "", "", "")
		done := shutdown(t, rt, 8*time.Second)
		seen := make(map[string]bool)
		for _, c := range cs {
			for _, line := range c.read() {
				seen[line] = true
			}
		}
		same(t, "go-aways", seen, map[string]bool{`[23,0,"drain"]`: true, `[23,1000,"drain"]`: true, `[23,2000,"drain"]`: true, `[23,3000,"drain"]`: true})
		for _, c := range cs {
			c.p.attach("polling").close() // by then attaches and sends are still served
			c.p.send(`[1,"x"]`)
		}
		time.Sleep(4*time.Second - 1)
		for i, c := range cs {
			cs[i] = c.p.attach("websocket")
			cs[i].reads()
		}
		time.Sleep(time.Nanosecond) // the time for leaving is over
		synctest.Wait()
		for _, c := range cs {
			c.reads(`[9,4503,"drain"]`)
			c.write(`[26,1]`)
		}
		same(t, "took", <-done, "4s ")
	})
	bubble(t, "what was accepted is handled, delivered and confirmed", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		session.On(rt, "slow", func(s *session.Session, _ json.RawMessage) error {
			time.Sleep(6 * time.Second)
			app.note("slow")
			return s.Emit("result", nil)
		})
		_, c := open(t, rt, "websocket", `[1,"slow"]`, `[1,"say",1]`)
		app.tells(t, "connect")
		done := shutdown(t, rt, 10*time.Second)
		c.reads(`[23,0,"drain"]`)
		time.Sleep(5 * time.Second)
		c.reads()
		time.Sleep(time.Second)
		synctest.Wait()
		c.reads(`[1,"result"]`, `[9,4503,"drain"]`)
		time.Sleep(time.Second)
		c.write(`[26,2]`)
		app.tells(t, "slow", "say 1", "disconnect 4503 drain")
		same(t, "took", <-done, "7s ")
	})
	bubble(t, "waits for handlers of sessions that have left", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		rt.OnDisconnect(func(*session.Session, error) { time.Sleep(3 * time.Second); app.note("disconnect") })
		p, _ := open(t, rt, "websocket")
		q, _ := open(t, rt, "websocket")
		q.send(`[9,4000,"bye"]`) // ended before, still at work
		time.Sleep(time.Second)
		done := shutdown(t, rt, 20*time.Second)
		time.Sleep(time.Second)
		p.send(`[9,4000,"bye"]`)
		same(t, "took", <-done, "4s ")
		app.tells(t, "connect", "connect", "disconnect", "disconnect")
	})
	bubble(t, "a client that does not confirm is cut off at the deadline", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		same(t, "took", <-shutdown(t, rt, 10*time.Second), "10s context deadline exceeded")
		c.reads("end 4503 drain")
		app.tells(t, "connect", "disconnect 4503 drain")
		same(t, "sessions", rt.Len(), 0)
		same(t, "refused", p.refused(p.hello("websocket")), "4410 closed")
	})
	bubble(t, "20 s without a deadline", func(t *testing.T) {
		rt := newServer(session.Options{})
		open(t, rt, "websocket")
		same(t, "took", <-shutdown(t, rt, 0), "20s context deadline exceeded")
	})
	bubble(t, "a second call waits with the first", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, c := open(t, rt, "websocket")
		first := shutdown(t, rt, 10*time.Second)
		time.Sleep(time.Second)
		second := shutdown(t, rt, 30*time.Second)
		c.reads(`[23,0,"drain"]`)
		time.Sleep(time.Second)
		p.send(`[9,4000,"bye"]`)
		same(t, "first", <-first, "2s ")
		same(t, "second", <-second, "1s ")
		same(t, "third", <-shutdown(t, rt, time.Second), "0s ")
	})
	bubble(t, "under a ctx that is done", func(t *testing.T) {
		rt := newServer(session.Options{})
		_, c := open(t, rt, "websocket")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		same(t, "error", rt.Shutdown(ctx), context.Canceled)
		c.reads("end 4503 drain")
	})
	bubble(t, "a detached session hears it with its next poll", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, c := open(t, rt, "polling")
		c.close()
		done := shutdown(t, rt, 10*time.Second)
		d := p.attach("polling")
		d.reads(`[23,0,"drain"]`)
		d.close()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		d = p.attach("polling")
		d.reads(`[9,4503,"drain"]`)
		d.close()
		p.attach("polling") // its got confirms
		same(t, "took", <-done, "5s ")
	})
	bubble(t, "an opening that is being decided is refused", func(t *testing.T) {
		verdict := make(chan error)
		rt := newServer(session.Options{Authorize: func(*http.Request, json.RawMessage) (any, error) { return nil, <-verdict }})
		p := newPeer(t, rt)
		h, answer := p.hello("polling"), make(chan string, 1)
		go func() { answer <- p.refused(h) }()
		synctest.Wait()
		same(t, "took", <-shutdown(t, rt, 10*time.Second), "0s ")
		verdict <- nil
		same(t, "answer", <-answer, "4503 drain")
		same(t, "sessions", rt.Len(), 0)
	})
}
