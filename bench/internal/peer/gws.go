package peer

import (
	"net/http"
	"sync"

	"github.com/lxzan/gws"

	"github.com/everwire/everwire/bench/control"
)

// gwsHub keeps its sockets in a map, as the chat of gws's examples does, and broadcasts with gws.Broadcaster, which its
// README recommends: the frame is made once, each connection writes in its own queue.
type gwsHub struct {
	gws.BuiltinEventHandler
	mu    sync.RWMutex
	conns map[*gws.Conn]struct{}
	typed bool
}

// OnOpen takes a connection in and greets it.
func (h *gwsHub) OnOpen(c *gws.Conn) {
	h.mu.Lock()
	h.conns[c] = struct{}{}
	_ = c.WriteString(control.Payload(0))
	h.mu.Unlock()
}

// OnClose forgets a connection.
func (h *gwsHub) OnClose(c *gws.Conn, _ error) {
	h.mu.Lock()
	delete(h.conns, c)
	h.mu.Unlock()
}

// OnMessage echoes.
func (h *gwsHub) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	b := m.Bytes()
	if h.typed {
		b = sameJSON(b)
	}
	_ = c.WriteMessage(m.Opcode, b)
}

func gwsPeer(typed bool) {
	h := &gwsHub{conns: make(map[*gws.Conn]struct{}), typed: typed}
	up := gws.NewUpgrader(h, &gws.ServerOption{Recovery: gws.Recovery})
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r)
		if err != nil {
			return
		}
		go c.ReadLoop() // on a goroutine of its own, so that the request's memory is freed: gws's README
	})
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, control.Version("github.com/lxzan/gws", ""), func(p string) {
		b := gws.NewBroadcaster(gws.OpcodeText, []byte(p))
		defer b.Close()
		h.mu.RLock()
		defer h.mu.RUnlock()
		for c := range h.conns {
			_ = b.Broadcast(c)
		}
	}, nil)
}
