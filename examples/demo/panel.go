package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/faultproxy"
)

// panels are the columns of a page. A panel's name is the transport that its
// client is pinned to; the ladder's may take any.
var panels = []string{"polling", "longpoll", "sse", "websocket", ladder}

const ladder = "ladder"

// A panel is one client of a stage: sockets that nobody else uses, so that all
// that passes there is its own, and what the server knows of its session.
// The ladder's sockets are those of a fault proxy, which passes on to the panel
// over connections that do not count.
type panel struct {
	// Immutable after newPanel.
	name  string
	stage *stage
	meter *meter
	srv   *http.Server
	proxy *faultproxy.Proxy // the ladder's, else nil
	inner net.Listener      // behind the proxy

	// Guarded by stage.mu.
	session *everwire.Session // the newest, nil when it has ended
	truth   truth
}

// A truth is what the server knows of a panel's events, whatever its page says.
type truth struct {
	Sessions int   `json:"sessions"` // opened so far; a second one means that the first was lost
	From     int64 `json:"from"`     // the event before the panel's first
	Emitted  int64 `json:"emitted"`  // events since then
	Payload  int64 `json:"payload"`  // their bytes as JSON, without any frame or header
	Above    above `json:"above"`
}

// above is what came up from a page: events numbered from 1.
type above struct {
	Received int64 `json:"received"`
	Last     int64 `json:"last"`
	Lost     int64 `json:"lost"`
	Repeated int64 `json:"repeated"`
}

// take counts event n.
func (a *above) take(n int64) {
	switch {
	case n <= a.Last:
		a.Repeated++
		return
	case n > a.Last+1:
		a.Lost += n - a.Last - 1
	}
	a.Received++
	a.Last = n
}

func newPanel(s *stage, name string, listen func() (net.Listener, error)) (*panel, error) {
	l, err := listen()
	if err != nil {
		return nil, fmt.Errorf("panel %s: %w", name, err)
	}
	p := &panel{name: name, stage: s, meter: newMeter(l, &strip{})}
	p.srv = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(context.Background(), panelKey{}, p) },
	}
	if name == ladder {
		if err := p.stand(listen); err != nil {
			l.Close()
			return nil, err
		}
		go p.srv.Serve(p.inner) // ends with close
		return p, nil
	}
	p.srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	p.srv.ConnState = func(c net.Conn, state http.ConnState) {
		if mc, ok := c.(*meteredConn); ok && state == http.StateHijacked {
			mc.taken.Store(true)
		}
	}
	go p.srv.Serve(p.meter) // ends with close
	return p, nil
}

type connKey struct{}

// stand puts the fault proxy before the panel. Its connections are numbered as
// the meter numbers them: it is the only one who accepts.
func (p *panel) stand(listen func() (net.Listener, error)) (err error) {
	if p.inner, err = listen(); err != nil {
		return fmt.Errorf("behind the fault proxy: %w", err)
	}
	dial := p.stage.house.dial
	p.proxy, err = faultproxy.New(faultproxy.Options{
		Listener: p.meter,
		Dial:     func(ctx context.Context) (net.Conn, error) { return dial(ctx, p.inner) },
		Trace: func(e faultproxy.Event) {
			switch e.What {
			case "request":
				p.meter.request(e.Conn, e.Endpoint)
			case "done":
				p.meter.strip.add(e.Conn, answered, "")
			case "fault":
				p.meter.strip.add(e.Conn, faulted, e.Detail)
			}
		},
	})
	if err != nil {
		p.inner.Close()
	}
	return err
}

// serve counts a request and hands it to the Everwire server.
func (p *panel) serve(w http.ResponseWriter, r *http.Request) {
	c, ok := r.Context().Value(connKey{}).(*meteredConn)
	if !ok { // the fault proxy has counted it
		p.stage.house.rt.ServeHTTP(w, r)
		return
	}
	p.meter.request(c.id, path.Base(r.URL.Path))
	p.stage.house.rt.ServeHTTP(w, r)
	if !c.taken.Load() {
		p.meter.strip.add(c.id, answered, "")
	}
}

func (p *panel) close() {
	if p.proxy != nil {
		p.proxy.Close()
	}
	p.srv.Close()
	p.meter.reset()
}

// A report is all that a page is told of a panel.
type report struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	tally
	truth
	Transport string           `json:"transport"` // what carries the session, as the server sees it
	Marks     []mark           `json:"marks"`
	Next      int64            `json:"next"` // the number of the mark after them
	Faults    map[string]int64 `json:"faults,omitempty"`
}

// report is called with stage.mu held.
func (p *panel) report(since int64) report {
	r := report{Name: p.name, URL: "http://" + p.meter.Addr().String() + "/everwire/", tally: p.meter.tally(), truth: p.truth}
	if p.session != nil {
		r.Transport = p.session.Transport()
	}
	r.Marks, r.Next = p.meter.strip.since(since)
	if p.proxy != nil {
		r.Faults = p.proxy.Counters().Faults
	}
	return r
}
