package peer

import (
	"net/http"

	"github.com/olahol/melody"

	"github.com/everwire/everwire/bench/control"
)

func melodyPeer(typed bool) {
	m := melody.New()
	m.HandleConnect(func(s *melody.Session) { _ = s.Write([]byte(control.Payload(0))) })
	m.HandleMessage(func(s *melody.Session, b []byte) {
		if typed {
			b = sameJSON(b)
		}
		_ = s.Write(b)
	})
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) { _ = m.HandleRequest(w, r) })
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, control.Version("github.com/olahol/melody", ""), func(p string) { _ = m.Broadcast([]byte(p)) }, nil)
}
