package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/faultnet"
	"github.com/everwire/everwire/internal/wireclient"
	"github.com/everwire/everwire/transport"
)

// Here sessions end, or nearly: what was emitted before has arrived, what was
// not is told.

var transports = []string{polling, longpoll, sse, websocket}

// ended waits for the end of the client's session and returns what it said.
func (w *world) ended() wireclient.Change {
	w.t.Helper()
	for range 600 {
		w.mu.Lock()
		for _, c := range w.changes {
			if c.What == "end" || c.What == "lost" {
				w.mu.Unlock()
				return c
			}
		}
		w.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Fatalf("%s: the session has not ended within a minute", w.name)
	return wireclient.Change{}
}

// disconnected compares how often and why OnDisconnect ran.
func (w *world) disconnected(code transport.Code, reason string) {
	w.t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var ce *everwire.CloseError
	if len(w.ends) != 1 || !errors.As(w.ends[0], &ce) || ce.Code != code || ce.Reason != reason {
		w.t.Errorf("%s: OnDisconnect got %v, want once %d %s", w.name, w.ends, code, reason)
	}
}

// TestEmitThenClose is "emit, then close" from both ends, with a network that
// loses the first word of it.
func TestEmitThenClose(t *testing.T) {
	for _, name := range transports {
		t.Run("server/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, t.Name(), network{exchange: newPlan().exchange}, everwire.Options{}, wireclient.Options{Seed: 3})
				defer w.close()
				w.client.Open(name)
				w.talk(10, 100*time.Millisecond)
				w.agree()
				s := w.serverSession()
				for i := range 100 {
					p := fmt.Appendf(nil, "last %d", i)
					_ = w.down.send(fingerprint("bin", true, p), func() error { return s.Emit("bin", p) })
				}
				s.Close(everwire.CodeApp+7, "enough")
				if err := s.Emit("bin", []byte("late")); err == nil {
					t.Error("an emit behind the close is taken")
				}
				var ce *transport.CloseError
				if c := w.ended(); !errors.As(c.Err, &ce) || ce.Code != everwire.CodeApp+7 || ce.Reason != "enough" {
					t.Errorf("the client was told %q %v, want 4107 enough", c.What, c.Err)
				}
				w.disconnected(everwire.CodeApp+7, "enough")
				if diff := w.down.differ(); diff != "" {
					t.Error("before the close: ", diff)
				}
			})
		})
		t.Run("client/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// The first send behind the talk is lost on the way, the second answered in vain.
				p := newPlan()
				w := newWorld(t, t.Name(), network{exchange: p.exchange}, everwire.Options{}, wireclient.Options{Seed: 3})
				defer w.close()
				w.client.Open(name)
				w.talk(10, 100*time.Millisecond)
				w.agree()
				p.mu.Lock()
				p.on("send", p.requests["send"]+1, faultnet.Exchange{LoseRequest: true})
				p.on("send", p.requests["send"]+2, faultnet.Exchange{LoseAnswer: true})
				p.mu.Unlock()
				for i := range 100 {
					b := rawJSON(fmt.Sprint(i))
					_ = w.up.send(fingerprint("ev", false, b), func() error { return w.client.Emit("ev", b) })
				}
				if err := w.client.Close(within(t, time.Minute)); err != nil {
					t.Errorf("close: %v", err)
				}
				w.disconnected(everwire.CodeNormal, "bye") // waits for the handlers
				if diff := w.up.differ(); diff != "" {
					t.Error("before the close: ", diff)
				}
			})
		})
	}
}

// TestLostSession is a server that restarts: what was never written moves to the
// new session, of what was written the client says that nobody knows.
func TestLostSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		hole := false // swallows sends
		exchange := func(r *http.Request) faultnet.Exchange {
			mu.Lock()
			defer mu.Unlock()
			return faultnet.Exchange{LoseRequest: hole && strings.HasSuffix(r.URL.Path, "send"), Hang: true, Before: time.Millisecond}
		}
		w := newWorld(t, t.Name(), network{exchange: exchange}, everwire.Options{}, wireclient.Options{Seed: 3, Reopen: true})
		defer w.close()
		w.client.Open(longpoll)
		w.talk(3, time.Second)
		w.agree()
		before := w.client.ID()
		_ = w.client.Emit("ev", rawJSON("0"))
		synctest.Wait() // its send is on its way: what comes now goes with the next one
		mu.Lock()
		hole = true
		mu.Unlock()
		answers := make(map[string]string)
		ask := func(payload string) {
			err := w.client.Call("ask", rawJSON(payload), func(e wireclient.Event, err error) {
				mu.Lock()
				defer mu.Unlock()
				answers[payload] = fmt.Sprintf("%s %v", e.Data, err)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		ask("1")
		_ = w.client.Emit("ev", rawJSON("2"))
		time.Sleep(time.Second)
		ask("3") // waits for the end of the send that carries the two
		time.Sleep(time.Second)
		w.restart(everwire.Options{})
		mu.Lock()
		hole = false
		mu.Unlock()
		time.Sleep(time.Minute)
		lost := w.ended()
		var ce *transport.CloseError
		if !errors.As(lost.Err, &ce) || !ce.Is(transport.ErrUnknown) || lost.Unknown != 2 {
			t.Errorf("lost: got %v, %d of unknown outcome, want 4404 unknown and 2", lost.Err, lost.Unknown)
		}
		if id := w.client.ID(); id == before || id == "" || w.connects != 2 {
			t.Errorf("the new session is %q, the old one %q; OnConnect ran %d times", id, before, w.connects)
		}
		mu.Lock()
		defer mu.Unlock()
		if want := " " + wireclient.ErrUnknown.Error(); answers["1"] != want || answers["3"] != "3 <nil>" {
			t.Errorf("answers: got %q, want %q to 1 and 3 to 3", answers, want)
		}
		w.upIs(4 + 1)
	})
}

// TestTaken is a second client that holds the id.
func TestTaken(t *testing.T) {
	for _, name := range []string{longpoll, sse, websocket} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var faults []error
				w := newWorld(t, t.Name(), network{}, everwire.Options{}, wireclient.Options{Fault: func(err error) { faults = append(faults, err) }})
				defer w.close()
				w.client.Open(name)
				w.talk(3, time.Second)
				w.post("polling", fmt.Sprintf(`[20,{"id":%q,"n":1000}]`, w.client.ID()))
				if c := w.ended(); !errors.Is(c.Err, wireclient.ErrTaken) || len(faults) != 1 {
					t.Errorf("got %q %v with %v, want taken", c.What, c.Err, faults)
				}
			})
		})
	}
}

// TestTooLargeOnTheWay is a proxy with a limit of its own (4.4): batches are
// halved, and a frame that does not fit alone is given up, by its number.
func TestTooLargeOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, t.Name(), network{exchange: func(r *http.Request) faultnet.Exchange {
			x := faultnet.Exchange{Before: time.Millisecond}
			if r.ContentLength > 3000 {
				x.Status, x.Body = 413, "<html>"
			}
			return x
		}}, everwire.Options{}, wireclient.Options{Seed: 3})
		defer w.close()
		w.client.Open(longpoll)
		w.serverSession()
		big := make(chan error, 1)
		for i := range 100 {
			if i == 50 {
				err := w.client.Call("ask", rawJSON(`"`+strings.Repeat("x", 4000)+`"`), func(_ wireclient.Event, err error) { big <- err })
				if err != nil {
					t.Fatal(err)
				}
			}
			p := rawJSON(fmt.Sprintf(`[%d,%q]`, i, strings.Repeat("y", 100)))
			_ = w.up.send(fingerprint("ev", false, p), func() error { return w.client.Emit("ev", p) })
		}
		w.agree()
		if err := <-big; !errors.Is(err, wireclient.ErrTooLarge) {
			t.Errorf("the call that is too large: got %v", err)
		}
	})
}

// TestDrain is a server that sends its sessions away: each goes on until then,
// what was accepted arrives, and the end is told.
func TestDrain(t *testing.T) {
	for _, name := range transports {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, t.Name(), network{}, everwire.Options{}, wireclient.Options{Seed: 3})
				defer w.close()
				w.client.Open(name)
				w.talk(3, time.Second)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- w.rt.Shutdown(ctx) }()
				w.talk(50, 100*time.Millisecond)
				var ce *transport.CloseError
				if c := w.ended(); !errors.As(c.Err, &ce) || ce.Code != transport.CodeUnavailable {
					t.Errorf("the client was told %q %v, want 4503 drain", c.What, c.Err)
				}
				synctest.Wait()
				for what, h := range map[string]*history{"up": w.up, "down": w.down} {
					if diff := h.differ(); diff != "" {
						t.Errorf("%s: %s", what, diff)
					}
				}
				if err := <-done; err != nil {
					t.Errorf("shutdown: %v", err)
				}
				w.disconnected(transport.CodeUnavailable, "drain")
			})
		})
	}
}
