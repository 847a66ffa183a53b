package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// watchLink notes what comes over a connection and when, from its attach on.
func watchLink(c *conn) *app {
	a, start := new(app), time.Now()
	go func() { // ends with the link
		for {
			b, err := c.link.Next(c.p.t.Context(), nil)
			at := time.Since(start)
			if err != nil {
				a.note("%v end %s", at, end(err))
				return
			}
			for _, f := range b.Frames {
				a.note("%v %s", at, f.Line())
			}
		}
	}()
	synctest.Wait()
	return a
}

// streamed returns a peer whose session is carried by SSE.
func streamed(t *testing.T, rt *session.Server) (*peer, *conn) {
	t.Helper()
	p := newPeer(t, rt)
	p.ticketed()
	return p, p.attach("sse")
}

func TestResumeWindow(t *testing.T) {
	for _, tt := range []struct {
		name string
		opt  session.Options
		over string
		seen bool // the client has used its id
		want time.Duration
	}{
		{"after a stream", session.Options{}, "websocket", false, 2 * time.Minute},
		{"by the option", session.Options{ResumeWindow: time.Hour}, "websocket", false, time.Hour},
		{"unproven opening over http", session.Options{}, "polling", false, 15 * time.Second},
		{"unproven opening, short window", session.Options{ResumeWindow: 5 * time.Second}, "polling", false, 5 * time.Second},
		{"unproven opening, polls as seldom as by default", session.Options{PollMin: 10 * time.Second}, "polling", false, 15 * time.Second},
		{"unproven opening, polls that are seldom", session.Options{PollMax: 30 * time.Second}, "polling", false, 45 * time.Second},
		{"unproven opening, polls within the window", session.Options{PollMax: time.Hour}, "polling", false, 90 * time.Second},
		{"proven over http", session.Options{}, "polling", true, 2 * time.Minute},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := newServer(tt.opt)
			app := watch(rt)
			p, c := open(t, rt, tt.over)
			c.close()
			if tt.seen {
				p.attach("polling").close()
			}
			time.Sleep(tt.want - 1)
			app.tells(t, "connect")
			time.Sleep(time.Nanosecond)
			app.tells(t, "disconnect 4410 expired")
			same(t, "refused", p.refused(p.hello("send")), "4410 expired")
		})
	}
	bubble(t, "begins anew with a send", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		c.close()
		time.Sleep(100 * time.Second)
		p.send()
		time.Sleep(2*time.Minute - 1)
		app.tells(t, "connect")
		time.Sleep(time.Nanosecond)
		app.tells(t, "disconnect 4410 expired")
	})
	bubble(t, "ends with an attach", func(t *testing.T) {
		rt := newServer(session.Options{Hold: time.Hour})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		c.close()
		time.Sleep(119 * time.Second)
		p.attach("longpoll") // held for as long as its transport may
		time.Sleep(time.Hour)
		app.tells(t, "connect")
	})
	bubble(t, "an ended session is remembered for one", func(t *testing.T) {
		p, _ := open(t, newServer(session.Options{}), "websocket")
		p.send(`[9,4000,"bye"]`)
		time.Sleep(2*time.Minute - 1)
		same(t, "before", p.refused(p.hello("polling")), "4410 closed")
		time.Sleep(time.Nanosecond)
		same(t, "after", p.refused(p.hello("polling")), "4404 unknown")
	})
}

// TestHold: a wait that is to end ends to the nanosecond, by the one timer of the
// session, whatever that was set to before.
func TestHold(t *testing.T) {
	// held polls once and tells what came and when.
	held := func(t *testing.T, c *conn, d time.Duration) string {
		t.Helper()
		start := time.Now()
		b, err := c.link.(transport.Holder).Hold(t.Context(), d)
		line := fmt.Sprint(time.Since(start))
		for _, f := range b.Frames {
			line += fmt.Sprintf(" %s", f.Line())
		}
		if err != nil {
			line += " end " + end(err)
		}
		return line
	}
	begin := func(t *testing.T) (*peer, *conn) {
		p, c := open(t, newServer(session.Options{}), "polling")
		c.close()
		return p, p.attach("longpoll")
	}
	bubble(t, "without anything to say", func(t *testing.T) {
		p, c := begin(t)
		for range 3 {
			same(t, "held", held(t, c, 25*time.Second), "25s")
			c.close()
			time.Sleep(time.Second)
			c = p.attach("longpoll")
		}
		same(t, "shorter", held(t, c, time.Millisecond), "1ms")
		same(t, "longer than the resume window", held(t, c, time.Hour), "1h0m0s")
		same(t, "not at all", held(t, c, 0), "0s")
	})
	bubble(t, "each has its time", func(t *testing.T) {
		p, c := begin(t)
		for i := 1; i <= 5; i++ {
			time.AfterFunc(10*time.Second, func() { emit(t, p.session(), i, i) })
			same(t, "held", held(t, c, 25*time.Second), fmt.Sprintf(`10s [1,"said",%d]`, i))
			if err := c.link.Confirm(uint64(i)); err != nil {
				t.Error(err)
			}
			c.close()
			c = p.attach("longpoll")
			same(t, "held", held(t, c, 25*time.Second), "25s")
			c.close()
			c = p.attach("longpoll")
		}
	})
	bubble(t, "what is ready wins", func(t *testing.T) {
		p, c := begin(t)
		time.AfterFunc(25*time.Second-1, func() { emit(t, p.session(), 1, 1) })
		same(t, "at last", held(t, c, 25*time.Second), `24.999999999s [1,"said",1]`)
		emit(t, p.session(), 2, 2)
		same(t, "at once", held(t, c, 0), `0s [1,"said",2]`)
	})
	bubble(t, "replaced", func(t *testing.T) {
		p, c := begin(t)
		time.AfterFunc(10*time.Second, func() {
			c := p.attach("longpoll")
			go func() { // ends with its hold
				if got := held(t, c, 25*time.Second); got != "25s" {
					t.Errorf("the newer one: got %s, want 25s", got)
				}
			}()
		})
		same(t, "the older one", held(t, c, 25*time.Second), "10s end 4409 replaced")
		time.Sleep(time.Minute)
	})
	bubble(t, "the client goes", func(t *testing.T) {
		_, c := begin(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := c.link.(transport.Holder).Hold(ctx, 25*time.Second)
		same(t, "error", err, context.DeadlineExceeded)
		same(t, "the next", held(t, c, 25*time.Second), "25s")
	})
	bubble(t, "the resume window begins behind it", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "polling")
		c.close()
		c = p.attach("longpoll")
		same(t, "held", held(t, c, 25*time.Second), "25s")
		c.close()
		time.Sleep(2*time.Minute - 1)
		app.tells(t, "connect")
		time.Sleep(time.Nanosecond)
		app.tells(t, "disconnect 4410 expired")
	})
}

func TestHeartbeat(t *testing.T) {
	bubble(t, "websocket: silence ends it", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		time.Sleep(time.Hour)
		a.tells(t, "25s [24,0]", "45s end 4408 timeout")
	})
	bubble(t, "websocket: pings go on", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		for range 4 {
			time.Sleep(26 * time.Second)
			c.write(`[25,0]`)
		}
		a.tells(t, "25s [24,0]", "50s [24,0]", "1m15s [24,0]", "1m40s [24,0]")
	})
	bubble(t, "websocket: a client that only sends must hear something", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		for range 80 {
			time.Sleep(time.Second)
			c.write(`[28,"typing"]`)
		}
		a.tells(t, "25s [24,0]", "50s [24,0]", "1m15s [24,0]")
	})
	bubble(t, "websocket: a client that only listens is asked", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		s := p.session()
		for range 50 {
			time.Sleep(time.Second)
			_ = s.Volatile("tick", nil)
		}
		var pings []string
		for _, line := range a.told() {
			if !strings.Contains(line, "tick") {
				pings = append(pings, line)
			}
		}
		same(t, "between the ticks", strings.Join(pings, ","), "25s [24,0],45s end 4408 timeout")
	})
	bubble(t, "websocket: the number is that of the last frame written", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 2)
		a := watchLink(c)
		time.Sleep(25 * time.Second)
		a.tells(t, `0s [1,"said",1]`, `0s [1,"said",2]`, `25s [24,2]`)
	})
	bubble(t, "sse: pings while nothing is sent, dead after four without a request", func(t *testing.T) {
		_, c := streamed(t, newServer(session.Options{}))
		a := watchLink(c)
		time.Sleep(time.Hour)
		a.tells(t, "25s [24,0]", "50s [24,0]", "1m15s [24,0]", "1m40s end 4408 timeout")
	})
	bubble(t, "sse: any request of the session keeps it", func(t *testing.T) {
		p, c := streamed(t, newServer(session.Options{}))
		a := watchLink(c)
		for range 5 {
			time.Sleep(99 * time.Second)
			p.send()
		}
		time.Sleep(100*time.Second - 1)
		for _, line := range a.told() {
			if strings.Contains(line, "end") {
				t.Errorf("it ended: %s", line)
			}
		}
		time.Sleep(time.Nanosecond)
		a.tells(t, "9m55s end 4408 timeout")
	})
	bubble(t, "polls have none", func(t *testing.T) {
		for _, over := range []string{"polling", "longpoll"} {
			_, c := open(t, newServer(session.Options{}), over)
			a := watchLink(c)
			time.Sleep(40*time.Second - 1)
			a.tells(t)
			time.Sleep(time.Hour)
			a.tells(t, "40s end 4408 timeout") // TestPollWithoutEnd
		}
	})
	bubble(t, "counts from the attach, however old the server is", func(t *testing.T) {
		for _, tt := range []struct{ over, first string }{
			{"websocket", "25s [24,0]"}, {"longpoll", "40s end 4408 timeout"},
		} {
			rt := newServer(session.Options{})
			pass(time.Hour)
			_, c := open(t, rt, tt.over)
			a := watchLink(c)
			pass(40 * time.Second)
			a.tells(t, tt.first)
			pass(time.Hour)
		}
	})
	bubble(t, "by the options", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{Heartbeat: time.Second, HeartbeatTimeout: 3 * time.Second}), "websocket")
		a := watchLink(c)
		time.Sleep(time.Hour)
		a.tells(t, "1s [24,0]", "2s [24,0]", "3s [24,0]", "4s end 4408 timeout")
	})
	bubble(t, "the window begins when a silent stream is given up", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		_, c := open(t, rt, "websocket")
		watchLink(c)
		time.Sleep(45*time.Second + 2*time.Minute - 1)
		app.tells(t, "connect")
		time.Sleep(time.Nanosecond)
		app.tells(t, "disconnect 4410 expired")
	})
	bubble(t, "a client that is not read is not silent", func(t *testing.T) {
		rt := newServer(session.Options{})
		hold := make(chan bool)
		session.On(rt, "hold", func(*session.Session, json.RawMessage) error { <-hold; return nil })
		_, c := open(t, rt, "websocket")
		a := watchLink(c)
		go c.write(manyLines(1100, `[1,"hold"]`)...) // ends when the handlers have room
		time.Sleep(10 * time.Minute)
		for _, line := range a.told() {
			if strings.Contains(line, "end") {
				t.Errorf("it ended: %s", line)
			}
		}
		close(hold)
		time.Sleep(time.Hour)
		lines := a.told()
		if len(lines) == 0 || !strings.HasSuffix(lines[len(lines)-1], "end 4408 timeout") {
			t.Errorf("it was never given up: %q", lines)
		}
	})
	bubble(t, "nor is one of whose frames the last has just been read", func(t *testing.T) {
		rt := newServer(session.Options{})
		hold := make(chan bool)
		session.On(rt, "hold", func(*session.Session, json.RawMessage) error { <-hold; return nil })
		_, c := open(t, rt, "websocket")
		a := watchLink(c)
		go c.write(manyLines(1026, `[1,"hold"]`)...) // ends when the first handler has returned
		pass(10 * time.Minute)
		a.told()
		close(hold)
		pass(44 * time.Second)
		for _, line := range a.told() {
			if strings.Contains(line, "end") {
				t.Errorf("it ended: %s", line)
			}
		}
		pass(time.Second)
		a.tells(t, "10m45s end 4408 timeout")
	})
	bubble(t, "nor is one that is neither read nor written, until it is read again", func(t *testing.T) {
		rt := newServer(session.Options{})
		hold := make(chan bool)
		session.On(rt, "hold", func(*session.Session, json.RawMessage) error { <-hold; return nil })
		_, c := open(t, rt, "websocket")
		time.Sleep(time.Second)
		go c.write(manyLines(1100, `[1,"hold"]`)...) // ends when the handlers have room
		time.Sleep(10 * time.Minute)                 // a ping waits to be written all the time
		close(hold)
		time.Sleep(time.Hour)
		c.reads("end 4408 timeout")
	})
}

func manyLines(n int, line string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = line
	}
	return lines
}

func TestConfirms(t *testing.T) {
	bubble(t, "after 64 frames", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		c.write(manyLines(63, `[8]`)...)
		c.reads()
		c.write(`[8]`)
		c.reads(`[26,64]`)
		c.write(manyLines(64, `[8]`)...)
		c.reads(`[26,128]`)
	})
	bubble(t, "after 64 frames, at once", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		pass(time.Second)
		c.write(manyLines(64, `[8]`)...)
		a.tells(t, "1s [26,64]")
		pass(time.Hour)
	})
	bubble(t, "after 64 KiB", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		line := fmt.Sprintf(`[1,"x","%s"]`, strings.Repeat("x", 21<<10))
		c.write(line, line, line)
		c.reads()
		c.write(line)
		c.reads(`[26,4]`)
	})
	bubble(t, "after a quarter of a small queue", func(t *testing.T) {
		rt := newServer(session.Options{FrameBytes: 8 << 10, BodyBytes: 16 << 10, QueueBytes: 32 << 10})
		_, c := open(t, rt, "websocket")
		line := fmt.Sprintf(`[1,"x","%s"]`, strings.Repeat("x", 3<<10))
		c.write(line, line)
		c.reads()
		c.write(line)
		c.reads(`[26,3]`)
	})
	bubble(t, "10 s after the first", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		time.Sleep(3 * time.Second)
		c.write(`[8]`)
		time.Sleep(9 * time.Second)
		c.write(`[8]`)
		time.Sleep(13 * time.Second)
		a.tells(t, "13s [26,2]")
	})
	bubble(t, "an ack is none", func(t *testing.T) {
		rt := newServer(session.Options{})
		session.On(rt, "x", func(*session.Session, json.RawMessage) error { return nil })
		_, c := open(t, rt, "websocket")
		a := watchLink(c)
		time.Sleep(time.Second)
		c.write(`[2,7,"x"]`)
		time.Sleep(11 * time.Second)
		a.tells(t, "1s [3,7]", "11s [26,1]")
	})
	bubble(t, "a pong is one", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		a := watchLink(c)
		time.Sleep(time.Second)
		c.write(`[8]`, `[24,1,5]`)
		time.Sleep(11 * time.Second)
		a.tells(t, "1s [25,1,5]")
	})
	bubble(t, "none for a client that polls", func(t *testing.T) {
		p, c := streamed(t, newServer(session.Options{}))
		p.send(manyLines(200, `[8]`)...)
		a := watchLink(c)
		time.Sleep(20 * time.Second)
		a.tells(t)
	})
}

// A poll ends by its own doing, but for one whose answer is written to a client
// that does not read, by a writer that has no deadlines.
func TestPollWithoutEnd(t *testing.T) {
	bubble(t, "is given up after the hold, a write, and 5 s", func(t *testing.T) {
		rt := newServer(session.Options{Hold: 30 * time.Second, WriteTimeout: time.Second})
		app := watch(rt)
		p, c := open(t, rt, "polling")
		c.close()
		d := p.attach("longpoll")
		time.Sleep(36*time.Second - 1)
		d.reads()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		d.reads("end 4408 timeout")
		time.Sleep(2*time.Minute - 1)
		app.tells(t, "connect")
		time.Sleep(time.Nanosecond)
		app.tells(t, "disconnect 4410 expired")
		d.close()
	})
	bubble(t, "counts from what it was given to write", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, c := open(t, rt, "polling")
		c.close()
		d := p.attach("longpoll")
		time.Sleep(25 * time.Second)
		emit(t, p.session(), 1, 1)
		d.reads(`[1,"said",1]`)
		time.Sleep(40*time.Second - 1)
		synctest.Wait()
		d.reads()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		d.reads("end 4408 timeout")
	})
	for _, over := range []string{"polling", "longpoll"} {
		bubble(t, over+" to a writer that blocks", func(t *testing.T) {
			rt := withTransports(session.Options{})
			app := watch(rt)
			p := newPeer(t, rt)
			w := stuckWriter{httptest.NewRecorder(), make(chan bool)}
			body := fmt.Sprintf(`[20,{"v":1,"key":"%s","n":1}]`+"\n", p.key)
			go rt.ServeHTTP(w, request(over, "POST", body).WithContext(t.Context())) // ends with w
			time.Sleep(time.Minute)
			app.tells(t, "connect", "disconnect 4410 expired")
			same(t, "sessions", rt.Len(), 0)
			close(w.stuck)
		})
	}
}

// A stuckWriter is what net/http has for a client that does not read, behind
// middleware that hides its deadlines.
type stuckWriter struct {
	http.ResponseWriter
	stuck chan bool
}

func (w stuckWriter) Write(p []byte) (int, error) { <-w.stuck; return len(p), nil }

func TestTimeouts(t *testing.T) {
	bubble(t, "call: the option", func(t *testing.T) {
		p, _ := open(t, newServer(session.Options{CallTimeout: 7 * time.Second}), "websocket")
		start := time.Now()
		err := p.session().Call(t.Context(), "ask", nil, nil)
		same(t, "error", end(err), `everwire: no answer to "ask": context deadline exceeded`)
		same(t, "took", time.Since(start), 7*time.Second)
	})
	bubble(t, "call: 30 s", func(t *testing.T) {
		p, _ := open(t, newServer(session.Options{}), "polling")
		p.attach("longpoll")
		start := time.Now()
		_ = p.session().Call(t.Context(), "ask", nil, nil)
		same(t, "took", time.Since(start), 30*time.Second)
	})
	bubble(t, "a leg waits for Authorize as long as its client does", func(t *testing.T) {
		rt := newServer(session.Options{Authorize: func(*http.Request, json.RawMessage) (any, error) {
			time.Sleep(time.Minute)
			return nil, nil
		}})
		p := newPeer(t, rt)
		start := time.Now()
		for range 2 {
			h := p.hello("polling")
			go func() { _, _, _ = rt.Attach(p.req, h, up()) }() // ends with Authorize
		}
		time.Sleep(time.Minute - 1)
		same(t, "sessions before", rt.Len(), 0)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		same(t, "sessions", rt.Len(), 1)
		same(t, "took", time.Since(start), time.Minute)
	})
}

func TestRateOfFrames(t *testing.T) {
	newRated := func() (*session.Server, *app) {
		rt := newServer(session.Options{FramesPerSecond: 10})
		return rt, watch(rt)
	}
	bubble(t, "slows a websocket", func(t *testing.T) {
		rt, app := newRated()
		_, c := open(t, rt, "websocket")
		start := time.Now()
		same(t, "fault", c.write(manyLines(25, `[1,"say",1]`)...), "")
		same(t, "25 frames took", time.Since(start).Round(time.Millisecond), 1500*time.Millisecond)
		synctest.Wait()
		same(t, "handled", len(app.told()), 26)
	})
	for _, line := range []string{`[8]`, `[3,77,1]`, `[4,77,"no",""]`, `[7,77,"AQ=="]`, `[12]`} {
		bubble(t, "counts "+line, func(t *testing.T) {
			rt, _ := newRated()
			p, c := open(t, rt, "websocket")
			start := time.Now()
			same(t, "fault", c.write(manyLines(25, line)...), "")
			same(t, "25 frames took", time.Since(start).Round(time.Millisecond), 1500*time.Millisecond)
			w := p.send(manyLines(5, line)...)
			same(t, "got of a request", w.Got, 25)
			same(t, "pause", w.Pause, 200)
			p.up = w.Got + 1
			p.send(`[9,4000,"bye"]`)
			same(t, "sessions behind a close", rt.Len(), 0)
		})
	}
	bubble(t, "an ack waits for it, not for room", func(t *testing.T) {
		rt := newServer(session.Options{FrameBytes: 4 << 10, BodyBytes: 8 << 10, QueueBytes: 16 << 10, FramesPerSecond: 10})
		answered := make(chan string, 1)
		session.On(rt, "ask", func(s *session.Session, _ json.RawMessage) error {
			answered <- end(s.Call(t.Context(), "ask", nil, nil))
			return nil
		})
		_, c := open(t, rt, "websocket", `[1,"ask"]`)
		synctest.Wait()
		c.reads(`[2,1,"ask"]`)
		each := (16<<10-len("ask")-frameSize)/10 - frameSize - len("x") // ten fill the inbox
		c.write(manyLines(10, fmt.Sprintf(`[1,"x","%s"]`, strings.Repeat("x", each-2)))...)
		start := time.Now()
		same(t, "fault", c.write(`[8]`, `[3,1]`), "")
		same(t, "answer", <-answered, "")
		same(t, "two frames took", time.Since(start).Round(time.Millisecond), 200*time.Millisecond)
	})
	bubble(t, "a request takes what it may, with a pause", func(t *testing.T) {
		rt, app := newRated()
		p, _ := open(t, rt, "polling")
		w := p.send(manyLines(25, `[1,"say",1]`)...)
		same(t, "got", w.Got, 10)
		same(t, "pause", w.Pause, 200)
		p.up = w.Got + 1
		time.Sleep(500 * time.Millisecond)
		w = p.send(manyLines(15, `[1,"say",1]`)...)
		same(t, "got", w.Got, 15)
		synctest.Wait()
		same(t, "handled", len(app.told()), 16)
	})
	bubble(t, "drops volatile events", func(t *testing.T) {
		rt, app := newRated()
		_, c := open(t, rt, "websocket")
		start := time.Now()
		c.write(manyLines(25, `[28,"say",1]`)...)
		same(t, "took", time.Since(start), 0)
		synctest.Wait()
		same(t, "handled", len(app.told()), 11)
	})
}
