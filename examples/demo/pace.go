package main

import (
	"context"
	"net/http"
	"time"

	"github.com/everwire/everwire/transport"
)

// paced is short polling, as package polling has it, with an interval that is
// set per stage while sessions live: Options.PollMin and PollMax hold for a whole
// server, but each answer may name the next poll (PROTOCOL.md 9.2). It puts a
// door of its own before the server's, which knows nothing of it.
type paced struct{}

var _ transport.Transport = paced{}

// Name returns "polling".
func (paced) Name() string { return "polling" }

// Serve answers one poll.
func (t paced) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	if p := panelOf(r.Context()); p != nil {
		d = pacedDoor{d, p.stage.pollEvery}
	}
	return transport.ServeBatch(w, r, d, t.Name(), func(transport.Hello, transport.Limits) time.Duration { return 0 })
}

type pacedDoor struct {
	transport.Door
	next func() int64 // milliseconds; 0 leaves the interval to the client
}

// Attach attaches and says when the next poll is due.
func (d pacedDoor) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	link, welcome, err := d.Door.Attach(r, h, up)
	welcome.Next = d.next()
	return link, welcome, err
}

type panelKey struct{}

// panelOf returns the panel whose sockets a request came in by, nil for the page's own.
func panelOf(ctx context.Context) *panel {
	p, _ := ctx.Value(panelKey{}).(*panel)
	return p
}
