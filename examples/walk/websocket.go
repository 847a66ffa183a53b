package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// hub is chat 4: one connection, both ways. It is the hub that most begin with.
//
// What it costs: a connection, a goroutine and buffers (4 KiB each way) for each
// page, and for a message its bytes and two more, four if it is longer than 125
// bytes; from a page four more for the mask. Nothing else is as quick.
//
// Where it fails: in networks whose proxies know no Upgrade, or cut it off after
// a minute without a byte, which nothing here sends. There is no resume: messages
// have no numbers that a page could come back with, so what is said while it is
// away never reaches it, and nobody notices. Who comes late hears nothing of
// before. Nothing is confirmed: a page whose network has gone may write for
// minutes into a socket that looks open. And everybody waits for the slowest: a
// page that has stopped reading holds the hub, for all, until the deadline.
type hub struct {
	mu    sync.Mutex
	conns map[*websocket.Conn]bool // guarded by mu, as is writing to them
}

func newHub() http.Handler { return &hub{conns: make(map[*websocket.Conn]bool)} }

// upgrader refuses pages of other origins: a browser would let them connect.
var upgrader websocket.Upgrader

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	conn.SetReadLimit(8 << 10)
	defer conn.Close()
	// http.Server forgets connections that were taken over: at its end we close them.
	defer context.AfterFunc(r.Context(), func() { conn.Close() })()
	h.mu.Lock()
	h.conns[conn] = true
	h.mu.Unlock()
	for {
		var m message
		if conn.ReadJSON(&m) != nil || m.check() != nil {
			break // it has gone, or talks nonsense
		}
		h.broadcast(m)
	}
	h.mu.Lock()
	delete(h.conns, conn)
	h.mu.Unlock()
}

func (h *hub) broadcast(m message) {
	h.mu.Lock() // a connection takes one writer at a time
	defer h.mu.Unlock()
	for conn := range h.conns {
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		if conn.WriteJSON(m) != nil {
			conn.Close() // its reader ends, too, and takes it out
			delete(h.conns, conn)
		}
	}
}
