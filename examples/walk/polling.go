package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
)

// polling is chat 1: the page asks every two seconds what there is after
// message n, the last that it has.
//
// What it costs: a request every two seconds and page, news or not. To hear
// that there is nothing, Chromium sends 518 bytes of headers (with no cookies)
// and gets 132 back, around the 3 bytes of an empty list: a thousand quiet pages
// are 500 requests and some 330 KB a second. A message is seen after a second
// on average, after two at worst. Asking twice as often halves that and doubles
// the bill.
//
// Where it fails: hardly anywhere, which is why it still is the last resort.
// But the cursor has to be the page's. If the server remembered what it has
// sent ("unread"), or the page asked by time ("since 12:00:05"), an answer that
// got lost on the way, or two messages of one second, would be lost for good.
// Who is away for more than 100 messages misses some, and is not told, nor is
// one who comes back to a restarted server that has counted past his number.
// And an answer to a POST that is lost leaves the page in doubt: said again, it
// may stand there twice.
type polling struct {
	mu   sync.Mutex
	said history // guarded by mu
}

func newPolling() http.Handler {
	c := &polling{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /polling/messages", c.messages)
	mux.HandleFunc("POST /polling/say", c.say)
	return mux
}

func (c *polling) messages(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.FormValue("after")) // what is no number is 0: everything
	c.mu.Lock()
	news := c.said.after(n)
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store") // the next question may be the same one
	json.NewEncoder(w).Encode(news)             // an error means: nobody listens, they will ask again
}

func (c *polling) say(w http.ResponseWriter, r *http.Request) {
	m, ok := readMessage(w, r)
	if !ok {
		return
	}
	c.mu.Lock()
	c.said.add(m)
	c.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}
