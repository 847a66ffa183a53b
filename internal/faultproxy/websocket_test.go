package faultproxy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/faultproxy"
	"github.com/gorilla/websocket"
)

func TestWebSocketHandshakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults faultproxy.WebSocket
		status int           // 0: no answer
		after  time.Duration // when the client knew
		fault  string
	}{
		{"passed", faultproxy.WebSocket{}, 101, 0, ""},
		{"400", faultproxy.WebSocket{Refuse: 400}, 400, 0, "websocket.refuse"},
		{"403", faultproxy.WebSocket{Refuse: 403}, 403, 0, "websocket.refuse"},
		{"502", faultproxy.WebSocket{Refuse: 502}, 502, 0, "websocket.refuse"},
		{"reset", faultproxy.WebSocket{Reset: true}, 0, 0, "websocket.reset"},
		{"hang", faultproxy.WebSocket{Hang: true}, 0, 30 * time.Second, "websocket.hang"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, faultproxy.Faults{WebSocket: c.faults})
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				start := time.Now()
				ws, res, err := r.webSocket(ctx)
				status := 0
				if res != nil {
					status = res.StatusCode
				}
				if status != c.status || time.Since(start) != c.after {
					t.Errorf("got %d (%v) after %v, want %d after %v", status, err, time.Since(start), c.status, c.after)
				}
				if ws != nil {
					ws.Close()
				}
				if c.fault != "" {
					r.wantFault(c.fault, 1)
					if len(r.up.seen()) != 0 {
						t.Errorf("the server saw %v", r.up.seen())
					}
				}
				if status, _ := r.post("/app/polling", "x"); status != 200 {
					t.Errorf("a poll was harmed: %d", status)
				}
			})
		})
	}
}

// chat echoes one message each 100 ms until the WebSocket ends or nothing comes back for 5 s. It returns how many came
// back, when the end was known, and whether it was by the time limit.
func chat(t *testing.T, r *rig) (echoes int, end time.Duration, silent bool) {
	t.Helper()
	ws, _, err := r.webSocket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	start := time.Now()
	for echoes < 50 {
		if err := ws.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
			return echoes, time.Since(start), false
		}
		ws.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, _, err := ws.ReadMessage(); err != nil {
			var late net.Error
			return echoes, time.Since(start), errors.As(err, &late) && late.Timeout()
		}
		echoes++
		time.Sleep(100 * time.Millisecond)
	}
	return echoes, time.Since(start), false
}

func TestWebSocketDies(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults faultproxy.WebSocket
		echoes int
		end    time.Duration
		silent bool
		fault  string
	}{
		{"lives", faultproxy.WebSocket{}, 50, 5 * time.Second, false, ""},
		{"silent", faultproxy.WebSocket{Silent: true}, 0, 5 * time.Second, true, "websocket.silent"},
		{"silent after 250 ms", faultproxy.WebSocket{SilentAfter: 250}, 3, 5300 * time.Millisecond, true, "websocket.silent"},
		{"reset after 250 ms", faultproxy.WebSocket{ResetAfter: 250}, 3, 300 * time.Millisecond, false, "websocket.reset-after"},
		// A message of 5 bytes: 11 up (masked), 7 down.
		{"reset after 60 bytes", faultproxy.WebSocket{ResetAfterBytes: 60}, 3, 300 * time.Millisecond, false, "websocket.reset-after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, faultproxy.Faults{WebSocket: c.faults})
				echoes, end, silent := chat(t, r)
				if echoes != c.echoes || end != c.end || silent != c.silent {
					t.Errorf("%d echoes, end after %v, silent %v; want %d, %v, %v", echoes, end, silent, c.echoes, c.end, c.silent)
				}
				if c.fault != "" {
					r.wantFault(c.fault, 1)
				}
			})
		})
	}
}

func TestWebSocketFaultsForTheFirstOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{WebSocket: faultproxy.WebSocket{Refuse: 403, First: 2}})
		for i, want := range []int{403, 403, 101} {
			ws, res, _ := r.webSocket(t.Context())
			if res == nil || res.StatusCode != want {
				t.Errorf("handshake %d: %+v, want %d", i, res, want)
			}
			if ws != nil {
				ws.Close()
			}
		}
	})
}

func TestWebSocketSilencedLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		time.AfterFunc(250*time.Millisecond, func() { r.set(faultproxy.Faults{WebSocket: faultproxy.WebSocket{Silent: true}}) })
		time.AfterFunc(time.Second, func() { r.set(faultproxy.Faults{}) }) // it stays dead
		if echoes, end, silent := chat(t, r); echoes != 3 || end != 5300*time.Millisecond || !silent {
			t.Errorf("%d echoes, end after %v, silent %v", echoes, end, silent)
		}
	})
}

func TestSilenceHidesTheClientsCloseFromTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{WebSocket: faultproxy.WebSocket{Silent: true}})
		ws, _, err := r.webSocket(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ws.Close()
		time.Sleep(time.Minute)
		r.up.mu.Lock()
		ended := len(r.up.ended)
		r.up.mu.Unlock()
		if ended != 0 {
			t.Error("the server learned of the close")
		}
		if n := r.proxy.Cut("websocket"); n != 1 {
			t.Errorf("cut %d, want the one half-open connection", n)
		}
		synctest.Wait()
		if len(r.up.ended) != 1 {
			t.Error("the cut did not reach the server")
		}
	})
}

func TestWebSocketCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{Latency: 100})
		ws, _, err := r.webSocket(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4321, "bye"))
		_, _, err = ws.ReadMessage()
		if !websocket.IsCloseError(err, 4321) {
			t.Errorf("got %v, want the echo of close 4321", err)
		}
		ws.Close()
		time.Sleep(time.Second)
		if n := r.proxy.Counters().Open; n != 0 || len(r.up.ended) != 1 {
			t.Errorf("%d connections open, server saw %v", n, r.up.ended)
		}
	})
}

func TestResetsOverTCP(t *testing.T) {
	server := httptest.NewServer((&upstream{}).handler())
	defer server.Close()
	p, err := faultproxy.Listen(strings.TrimPrefix(server.URL, "http://"), faultproxy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	url := "ws://" + p.Addr().String() + "/app/websocket"
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	ws.WriteMessage(websocket.TextMessage, []byte("x"))
	if _, data, err := ws.ReadMessage(); err != nil || string(data) != "x" {
		t.Fatalf("echo: %q, %v", data, err)
	}
	p.Cut()
	if _, _, err := ws.ReadMessage(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a cut: %v, want a TCP reset", err)
	}
	p.Set(faultproxy.Faults{Drops: []faultproxy.Drop{{When: faultproxy.After}}})
	if _, err := http.Post("http://"+p.Addr().String()+"/app/send", "", nil); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a drop: %v, want a TCP reset", err)
	}
}

// TestSetWhileTrafficFlows is for the race detector.
func TestSetWhileTrafficFlows(t *testing.T) {
	server := httptest.NewServer((&upstream{}).handler())
	defer server.Close()
	p, err := faultproxy.Listen(strings.TrimPrefix(server.URL, "http://"), faultproxy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	base := p.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				if res, err := http.Post("http://"+base+"/app/send", "", strings.NewReader("x")); err == nil {
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			}
		})
		all.Go(func() {
			for ctx.Err() == nil {
				ws, _, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+base+"/app/websocket", nil)
				if err != nil {
					continue
				}
				ws.WriteMessage(websocket.TextMessage, []byte("x"))
				ws.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				ws.ReadMessage()
				ws.Close()
			}
		})
	}
	impatient := http.Client{Timeout: 50 * time.Millisecond} // a hole never answers
	for i := range 300 {
		p.Set([]faultproxy.Faults{
			{}, {Latency: 1}, {WebSocket: faultproxy.WebSocket{Silent: true}}, {Down: true}, {Hole: true},
			{Drops: []faultproxy.Drop{{When: faultproxy.Twice, Rate: 0.5}}}, {WebSocket: faultproxy.WebSocket{ResetAfter: 1}},
		}[i%7])
		if res, err := impatient.Post("http://"+base+"/app/polling", "", nil); err == nil {
			res.Body.Close()
		}
		p.Counters()
		if i%5 == 0 {
			p.Cut()
		}
	}
	cancel()
	p.Close() // ends what hangs in a hole
	all.Wait()
}
