package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// sse is chat 3: one answer that never ends, a stream of events. The browser's
// EventSource reads it, asks again when it breaks, and then names in
// Last-Event-ID the last id that it has: the cursor is built in.
//
// What it costs: a connection and a goroutine for each page, and for a message
// its own bytes and some twenty more ("id: 7", "data: ", newlines). A message
// is seen at once. Going up is a POST each time, with all its headers.
//
// Where it fails: a proxy, virus scanner or compressing middleware that waits
// for the end of an answer holds all of it back: the stream is open, and
// nothing comes. The page cannot tell that from a quiet room. The stream also
// takes one of the six connections that a browser has to a host over HTTP/1.1,
// in each tab. A status other than 200 makes EventSource give up for good (a
// 502 while the server restarts is enough), and it cannot send headers of one's own.
type sse struct {
	mu      sync.Mutex
	said    history       // guarded by mu
	changed chan struct{} // guarded by mu; closed and replaced with each message
}

func newSSE() http.Handler {
	c := &sse{changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sse/stream", c.stream)
	mux.HandleFunc("POST /sse/say", c.say)
	return mux
}

func (c *sse) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx listens to this, others do not
	n, _ := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	for out := http.NewResponseController(w); ; {
		c.mu.Lock()
		news, changed := c.said.after(n), c.changed
		c.mu.Unlock()
		// A page that has stopped reading would hold this goroutine for ever.
		out.SetWriteDeadline(time.Now().Add(5 * time.Second))
		for _, m := range news {
			data, _ := json.Marshal(m) // one line, as JSON escapes what would break it
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", m.Number, data)
			n = m.Number
		}
		if len(news) == 0 {
			fmt.Fprint(w, ":\n\n") // a comment, so that the way there does not look idle
		}
		if out.Flush() != nil {
			return // the page has gone: it will ask for the rest
		}
		select {
		case <-changed:
		case <-time.After(15 * time.Second):
		case <-r.Context().Done():
			return
		}
	}
}

func (c *sse) say(w http.ResponseWriter, r *http.Request) {
	if m, ok := readMessage(w, r); ok {
		c.mu.Lock()
		c.said.add(m)
		close(c.changed) // wakes all streams
		c.changed = make(chan struct{})
		c.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}
}
