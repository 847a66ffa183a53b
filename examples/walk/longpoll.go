package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// hold is how long a question waits for its answer: many proxies and load
// balancers give up on a silent request after 30 or 60 seconds.
const hold = 25 * time.Second

// longpoll is chat 2: the same question as in chat 1, but the server answers
// when there is something to say.
//
// What it costs: a request for each message and page, with all its headers, and
// none while nothing happens but one every 25 seconds. A message is seen at
// once, unless it comes between an answer and the next question: then a round
// trip later. Each page that waits keeps a connection and a goroutine. In a
// busy room all pages come back with their next question at the same moment.
//
// Where it fails: a browser has six connections to a host over HTTP/1.1, for
// all its tabs together. Six tabs that wait, and the seventh does not even load.
// A server or proxy with a time-out below the hold (http.Server.WriteTimeout,
// for one) cuts the answer off. Without the cursor, what is said between an
// answer and the next question would be lost. For the rest it has the limits
// of chat 1: 100 messages, and no certainty about what was said.
type longpoll struct {
	mu      sync.Mutex
	said    history       // guarded by mu
	changed chan struct{} // guarded by mu; closed and replaced with each message
}

func newLongpoll() http.Handler {
	c := &longpoll{changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /longpoll/messages", c.messages)
	mux.HandleFunc("POST /longpoll/say", c.say)
	return mux
}

func (c *longpoll) messages(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.FormValue("after"))
	c.mu.Lock()
	news, changed := c.said.after(n), c.changed // of one moment, or a message could fall between
	c.mu.Unlock()
	if len(news) == 0 {
		select {
		case <-changed:
			c.mu.Lock()
			news = c.said.after(n)
			c.mu.Unlock()
		case <-time.After(hold): // the answer is: nothing
		case <-r.Context().Done(): // the page has gone, or the server ends
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(news)
}

func (c *longpoll) say(w http.ResponseWriter, r *http.Request) {
	m, ok := readMessage(w, r)
	if !ok {
		return
	}
	c.mu.Lock()
	c.said.add(m)
	close(c.changed) // wakes all who wait
	c.changed = make(chan struct{})
	c.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}
