package peer

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/everwire/everwire/bench/control"
)

// A listener is one client of the bare net/http handlers: a channel of what waits for it.
type listener struct{ send chan string }

// waiting is how many events the channel of a client holds: no job has more than sixteen under way, and the greeting.
// Each is 16 bytes that an idle client keeps.
const waiting = 32

// bareHub is what is written by hand where no library is used: one handler for event streams, one for long-polls, a
// channel for each client. Nothing is confirmed or replayed; an answer that is lost is lost.
type bareHub struct {
	merge   bool // an event stream writes all that waits before it flushes
	mu      sync.Mutex
	clients map[string]*listener
}

func (h *bareHub) client(id string) *listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.clients[id]
	if c == nil {
		c = &listener{make(chan string, waiting)}
		c.send <- control.Payload(0)
		h.clients[id] = c
	}
	return c
}

func (h *bareHub) drop(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, id)
}

// sse writes an event and flushes, as every tutorial has it, or writes all events that wait and flushes once.
func (h *bareHub) sse(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	c := h.client(id)
	defer h.drop(id)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	for {
		select {
		case p := <-c.send:
			_, _ = io.WriteString(w, "data: "+p+"\n\n")
			for h.merge && len(c.send) > 0 {
				_, _ = io.WriteString(w, "data: "+<-c.send+"\n\n")
			}
			if rc.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// poll answers as soon as something waits, with all that waits, or after 25 s with nothing.
func (h *bareHub) poll(w http.ResponseWriter, r *http.Request) {
	c := h.client(r.URL.Query().Get("id"))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	hold := time.NewTimer(25 * time.Second)
	defer hold.Stop()
	select {
	case p := <-c.send:
		_, _ = io.WriteString(w, p+"\n")
		for range len(c.send) {
			_, _ = io.WriteString(w, <-c.send+"\n")
		}
	case <-hold.C:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	}
}

func netHTTP(merge bool) {
	h := &bareHub{merge: merge, clients: make(map[string]*listener)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sse", h.sse)
	mux.HandleFunc("GET /poll", h.poll)
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, "", func(p string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, c := range h.clients {
			c.send <- p
		}
	}, nil)
}
