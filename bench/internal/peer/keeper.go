package peer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/everwire/everwire/bench/control"
)

// A keeperHub is a long-poll by hand that loses nothing: a poll says what its client has, and what it does not have goes
// out again. It is there for comparison: a promise like Everwire's over net/http, with no sessions, rooms, bounds or
// moves.
type keeperHub struct {
	mu      sync.Mutex
	clients map[string]*keeper
}

// A keeper holds what one client has not confirmed.
type keeper struct {
	wake chan struct{} // has room for one

	mu        sync.Mutex
	confirmed int
	events    []string // confirmed+1 and up
}

// An ask is the body of a poll.
type ask struct {
	ID  string `json:"id"`
	Got int    `json:"got"`
}

func (h *keeperHub) client(id string) *keeper {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.clients[id]
	if k == nil {
		k = &keeper{wake: make(chan struct{}, 1), events: []string{control.Payload(0)}}
		h.clients[id] = k
	}
	return k
}

func (k *keeper) push(p string) {
	k.mu.Lock()
	k.events = append(k.events, p)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// take forgets what the client has and appends the rest to b, behind a line with the number of its first event.
func (k *keeper) take(got int, b *bytes.Buffer) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := got - k.confirmed; n > 0 && n <= len(k.events) {
		k.events = append(k.events[:0], k.events[n:]...)
		k.confirmed = got
	}
	if len(k.events) == 0 {
		return false
	}
	fmt.Fprintf(b, "{\"seq\":%d}\n", k.confirmed+1)
	for _, p := range k.events {
		b.WriteString(p)
		b.WriteByte('\n')
	}
	return true
}

func (h *keeperHub) poll(w http.ResponseWriter, r *http.Request) {
	var a ask
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<10)).Decode(&a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	k := h.client(a.ID)
	var b bytes.Buffer
	hold := time.NewTimer(25 * time.Second)
	defer hold.Stop()
	for !k.take(a.Got, &b) {
		select {
		case <-k.wake:
		case <-hold.C:
			w.WriteHeader(http.StatusNoContent)
			return
		case <-r.Context().Done():
			return
		}
	}
	_, _ = w.Write(b.Bytes())
}

func keeping() {
	h := &keeperHub{clients: make(map[string]*keeper)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /poll", h.poll)
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, "", func(p string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, k := range h.clients {
			k.push(p)
		}
	}, nil)
}
