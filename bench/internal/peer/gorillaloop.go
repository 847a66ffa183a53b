package peer

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everwire/everwire/bench/control"
)

// gorillaLoop reads, handles and writes in one goroutine for each connection, which is that of the HTTP handler. It has
// no hub, so nobody else can send to its clients, and it pings nobody.
func gorillaLoop(typed bool) {
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetReadLimit(maxMessageSize)
		m := []byte(control.Payload(0))
		for {
			_ = conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err := conn.WriteMessage(websocket.TextMessage, m); err != nil {
				return
			}
			if _, m, err = conn.ReadMessage(); err != nil {
				return
			}
			if typed {
				m = sameJSON(m)
			}
		}
	})
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, control.Version("github.com/gorilla/websocket", ""), func(string) {}, nil)
}
