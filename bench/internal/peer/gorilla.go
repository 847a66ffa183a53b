package peer

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everwire/everwire/bench/control"
)

// What gorilla's own chat example sets.
const (
	writeWait      = 10 * time.Second
	pongWait       = 60 * time.Second
	pingPeriod     = pongWait * 9 / 10
	maxMessageSize = 512
)

// A gorillaHub is the shape of gorilla's chat example: a hub goroutine owns the set of clients, each client has a
// channel, a goroutine that reads and one that writes.
type gorillaHub struct {
	clients              map[*gorillaClient]bool
	broadcast            chan []byte
	register, unregister chan *gorillaClient
	chat                 bool // messages that wait are joined into one, as the example does
	typed                bool // the echo decodes and encodes JSON
}

type gorillaClient struct {
	hub  *gorillaHub
	conn *websocket.Conn
	send chan []byte
}

func gorilla(chat, typed bool) {
	h := &gorillaHub{
		clients: make(map[*gorillaClient]bool), broadcast: make(chan []byte),
		register: make(chan *gorillaClient), unregister: make(chan *gorillaClient), chat: chat, typed: typed,
	}
	go h.run()
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &gorillaClient{h, conn, make(chan []byte, 256)}
		c.send <- []byte(control.Payload(0))
		h.register <- c
		go c.write()
		go c.read()
	})
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, control.Version("github.com/gorilla/websocket", ""), func(p string) { h.broadcast <- []byte(p) }, nil)
}

func (h *gorillaHub) run() {
	for {
		select {
		case c := <-h.register:
			h.clients[c] = true
		case c := <-h.unregister:
			if h.clients[c] {
				delete(h.clients, c)
				close(c.send)
			}
		case m := <-h.broadcast:
			for c := range h.clients {
				select {
				case c.send <- m:
				default: // too slow
					close(c.send)
					delete(h.clients, c)
				}
			}
		}
	}
}

func (c *gorillaClient) read() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(maxMessageSize)
	_ = c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, m, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if c.hub.typed {
			m = sameJSON(m)
		}
		c.send <- m
	}
}

func (c *gorillaClient) write() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		c.conn.Close()
	}()
	for {
		select {
		case m, ok := <-c.send:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				_ = c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			var err error
			if c.hub.chat {
				err = c.writeJoined(m)
			} else {
				err = c.conn.WriteMessage(websocket.TextMessage, m)
			}
			if err != nil {
				return
			}
		case <-ticker.C:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err := c.conn.WriteMessage(websocket.PingMessage, nil); err != nil {
				return
			}
		}
	}
}

// writeJoined puts m and what waits behind it into one message, with line feeds between.
func (c *gorillaClient) writeJoined(m []byte) error {
	w, err := c.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	_, _ = w.Write(m)
	for range len(c.send) {
		_, _ = w.Write([]byte{'\n'})
		_, _ = w.Write(<-c.send)
	}
	return w.Close()
}
