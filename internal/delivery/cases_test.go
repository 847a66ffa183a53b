package delivery_test

import (
	"fmt"
	"net/http"
	"path"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/faultnet"
	"github.com/everwire/everwire/internal/wireclient"
)

// A plan is a list of faults at exact places.
type plan struct {
	mu        sync.Mutex
	exchanges map[string]map[int]faultnet.Exchange // by path and place
	conns     map[int]faultnet.ConnPlan            // by place
	requests  map[string]int
	dials     int
	hit       int
}

func newPlan() *plan {
	return &plan{
		exchanges: make(map[string]map[int]faultnet.Exchange),
		conns:     make(map[int]faultnet.ConnPlan),
		requests:  make(map[string]int),
	}
}

// on sets what happens to the i-th request of a path, from 1.
func (p *plan) on(name string, i int, x faultnet.Exchange) *plan {
	if p.exchanges[name] == nil {
		p.exchanges[name] = make(map[int]faultnet.Exchange)
	}
	p.exchanges[name][i] = x
	return p
}

// dial sets what happens to the i-th connection, from 1.
func (p *plan) dial(i int, c faultnet.ConnPlan) *plan {
	p.conns[i] = c
	return p
}

func (p *plan) exchange(r *http.Request) faultnet.Exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := path.Base(r.URL.Path)
	p.requests[name]++
	x, ok := p.exchanges[name][p.requests[name]]
	if ok {
		p.hit++
	}
	// Never without latency: what goes round in circles then takes its time.
	x.Before = max(x.Before, time.Millisecond)
	x.After = max(x.After, time.Millisecond)
	return x
}

func (p *plan) conn() faultnet.ConnPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dials++
	c, ok := p.conns[p.dials]
	if ok {
		p.hit++
	}
	c.Up = max(c.Up, time.Millisecond)
	c.Down = max(c.Down, time.Millisecond)
	return c
}

// check fails if a fault was planned and did not come to pass.
func (p *plan) check(w *world) {
	p.mu.Lock()
	defer p.mu.Unlock()
	want := len(p.conns)
	for _, list := range p.exchanges {
		want += len(list)
	}
	if p.hit != want {
		w.errorf("%d of %d faults came to pass; requests %v, %d connections", p.hit, want, p.requests, p.dials)
	}
}

// talk emits n events each way, side by side, and waits until all have arrived.
func (w *world) talk(n int, every time.Duration) {
	s := w.serverSession()
	for i := range n {
		p := rawJSON(fmt.Sprintf(`["up",%d]`, i))
		b := fmt.Appendf(nil, "down %d", i)
		if err := w.up.send(fingerprint("ev", false, p), func() error { return w.client.Emit("ev", p) }); err != nil {
			w.errorf("client: emit: %v", err)
		}
		if err := w.down.send(fingerprint("bin", true, b), func() error { return s.Emit("bin", b) }); err != nil {
			w.errorf("server: emit: %v", err)
		}
		time.Sleep(every)
	}
}

// agree waits until both histories are equal and one session has lived all the
// time.
func (w *world) agree() {
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) && !w.hasFailed() && (!w.up.complete() || !w.down.complete() || w.client.Unconfirmed() > 0) {
		time.Sleep(10 * time.Millisecond)
	}
	for what, h := range map[string]*history{"up": w.up, "down": w.down} {
		if diff := h.differ(); diff != "" {
			w.errorf("%s: %s", what, diff)
		}
	}
	if n := w.client.Unconfirmed(); n != 0 {
		w.errorf("%d frames are not confirmed", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	opened := 0
	for _, c := range w.changes {
		switch c.What {
		case "open":
			opened++
		case "lost", "end":
			w.t.Errorf("%s: %s: %v", w.name, c.What, c.Err)
		}
	}
	if w.connects != 1 || opened != 1 || len(w.ends) != 0 {
		w.t.Errorf("%s: OnConnect ran %d times, the client opened %d sessions, OnDisconnect ran %d times: want 1, 1, 0", w.name, w.connects, opened, len(w.ends))
	}
}

// serverSession waits for OnConnect and returns the server's end.
func (w *world) serverSession() *everwire.Session {
	for {
		w.mu.Lock()
		s := w.session
		w.mu.Unlock()
		if s != nil {
			return s
		}
		time.Sleep(time.Millisecond)
	}
}

var (
	polling   = wireclient.Polling
	longpoll  = wireclient.LongPoll
	sse       = wireclient.SSE
	websocket = wireclient.WebSocket
)

// TestFaults are the cases of PROTOCOL.md, "what happens when": one fault at one
// place, and two histories that have to be equal behind it.
func TestFaults(t *testing.T) {
	const second = time.Second
	lost := faultnet.Exchange{LoseAnswer: true}
	twin := faultnet.Exchange{Twin: true}
	late := faultnet.Exchange{Before: 8 * second, Ghost: true} // the client gives it up after 4 s
	for _, tt := range []struct {
		name   string
		open   []string
		plan   *plan
		move   [][]string // every 2 s
		faults bool       // where the plan need not come to pass in full
	}{
		{name: "poll answer lost", open: []string{polling}, plan: newPlan().on("polling", 3, lost)},
		{name: "poll answer lost in silence", open: []string{polling}, plan: newPlan().on("polling", 3, faultnet.Exchange{LoseAnswer: true, Hang: true})},
		{name: "held poll's answer lost", open: []string{longpoll}, plan: newPlan().on("longpoll", 3, lost)},
		{name: "poll lost", open: []string{longpoll}, plan: newPlan().on("longpoll", 3, faultnet.Exchange{LoseRequest: true})},
		{name: "poll doubled", open: []string{polling}, plan: newPlan().on("polling", 3, twin).on("polling", 5, faultnet.Exchange{Twin: true, TwinAfter: 3 * second})},
		{name: "poll doubled, the twin is answered", open: []string{longpoll}, plan: newPlan().on("longpoll", 3, faultnet.Exchange{Twin: true, TwinAnswers: true, TwinAfter: 100 * time.Millisecond})},
		{name: "poll late", open: []string{polling}, plan: newPlan().on("polling", 3, late)},
		{name: "poll answer cut", open: []string{polling}, plan: newPlan().on("polling", 3, faultnet.Exchange{Cut: 70}).on("polling", 4, faultnet.Exchange{Cut: 70, CutClean: true}).on("polling", 5, faultnet.Exchange{Cut: 5, CutClean: true})},
		{name: "send doubled", open: []string{longpoll}, plan: newPlan().on("send", 3, twin).on("send", 5, faultnet.Exchange{Twin: true, TwinAfter: 3 * second})},
		{name: "send late", open: []string{longpoll}, plan: newPlan().on("send", 3, late)},
		{name: "answer to a send lost", open: []string{longpoll}, plan: newPlan().on("send", 3, lost).on("send", 4, lost)},
		{name: "gateway's answers", open: []string{longpoll}, plan: newPlan().
			on("send", 2, faultnet.Exchange{Status: 502}).on("send", 3, faultnet.Exchange{Status: 200, Body: "<html>\n"}).
			on("longpoll", 2, faultnet.Exchange{Status: 504}).on("longpoll", 3, faultnet.Exchange{Status: 302})},
		{name: "opening answer lost", open: []string{longpoll}, plan: newPlan().on("longpoll", 1, lost).on("longpoll", 2, lost)},
		{name: "opening doubled", open: []string{polling}, plan: newPlan().on("polling", 1, twin)},
		{name: "opening of sse lost", open: []string{sse}, plan: newPlan().on("polling", 1, lost).on("sse", 1, lost)},
		{name: "sse cut in a frame", open: []string{sse}, plan: newPlan().on("sse", 1, faultnet.Exchange{Cut: 300}).on("sse", 2, faultnet.Exchange{Cut: 250, CutClean: true})},
		{name: "sse get doubled", open: []string{sse}, plan: newPlan().on("sse", 1, faultnet.Exchange{Twin: true, TwinAfter: 500 * time.Millisecond})},
		{name: "sse get doubled, the twin is answered", open: []string{sse}, plan: newPlan().on("sse", 1, faultnet.Exchange{Twin: true, TwinAnswers: true, TwinAfter: 500 * time.Millisecond})},
		{name: "sse stream swallowed", open: []string{sse}, plan: newPlan().on("sse", 1, faultnet.Exchange{LoseAnswer: true, Hang: true})},
		{name: "sse goes silent", open: []string{sse}, plan: newPlan().on("sse", 1, faultnet.Exchange{Cut: 400, Hang: true})},
		{name: "websocket cut in a frame up", open: []string{websocket}, plan: newPlan().dial(1, faultnet.ConnPlan{CutUp: 801})},
		{name: "websocket cut in a frame down", open: []string{websocket}, plan: newPlan().dial(1, faultnet.ConnPlan{CutDown: 801})},
		{name: "websocket cut in the hello", open: []string{websocket}, plan: newPlan().dial(1, faultnet.ConnPlan{CutUp: 330})},
		{name: "websocket cut in the welcome", open: []string{websocket}, plan: newPlan().dial(1, faultnet.ConnPlan{CutDown: 200})},
		{name: "server learns late of a cut", open: []string{websocket}, plan: newPlan().dial(1, faultnet.ConnPlan{CutDown: 800, ServerLate: 30 * second})},
		{name: "websocket half-open", open: []string{websocket}, plan: newPlan().dial(1, faultnet.ConnPlan{Deaf: 1500})},
		{name: "websocket opens late", open: []string{websocket, longpoll}, plan: newPlan().dial(1, faultnet.ConnPlan{Up: second}).on("send", 2, lost)},
		{name: "http opens late", open: []string{longpoll, websocket}, plan: newPlan().on("longpoll", 1, faultnet.Exchange{Before: second})},
		{name: "race of four", open: []string{websocket, sse, longpoll, websocket}, plan: newPlan()},
		{name: "up and down again", open: []string{polling}, plan: newPlan(), move: [][]string{{longpoll}, {sse}, {websocket}, {sse}, {longpoll}, {polling}, {websocket}, {polling}}},
		{name: "moves in pairs", open: []string{longpoll}, plan: newPlan().on("longpoll", 3, lost), move: [][]string{{websocket, sse}, {longpoll, polling}, {websocket, websocket}, {sse, longpoll}}},
		{name: "moves that fail", open: []string{longpoll}, plan: newPlan().dial(3, faultnet.ConnPlan{CutUp: 1}).dial(4, faultnet.ConnPlan{CutDown: 1}), move: [][]string{{websocket}, {websocket}, {websocket}}, faults: true},
		{name: "takeover by itself", open: []string{websocket}, plan: newPlan(), move: [][]string{{websocket}, {websocket}, {websocket}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, tt.name, network{exchange: tt.plan.exchange, conn: tt.plan.conn},
					everwire.Options{}, wireclient.Options{Timeout: 4 * second, Seed: 1})
				defer w.close()
				w.client.Open(tt.open...)
				if err := w.client.Opened(within(t, time.Minute)); err != nil {
					t.Fatal(err)
				}
				go func() { // ends with the list
					for _, names := range tt.move {
						time.Sleep(2 * second)
						w.client.Move(names...)
					}
				}()
				w.talk(100, 200*time.Millisecond)
				w.agree()
				if !tt.faults {
					tt.plan.check(w)
				}
			})
		})
	}
}
