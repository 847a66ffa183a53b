package peer

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/everwire/everwire"

	"github.com/everwire/everwire/bench/control"
)

// Event is the name of the event that is broadcast.
const Event = "e"

// everwirePeer is Everwire with all its promises. Of its Options only those differ from the defaults that keep thousands
// of clients of one address from looking like an attack. All sessions are in one room; with single, each is in a room of
// its own, too.
func everwirePeer(single bool) {
	rt := everwire.New(everwire.Options{
		OpeningsPerSecond: 1_000_000, // all clients have one address
		FramesPerSecond:   1_000_000, // the echo job sends as fast as it can
		Logger:            slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	var mu sync.Mutex
	var rooms []string
	rt.OnConnect(func(s *everwire.Session) error {
		s.Join("all")
		if single {
			room := s.ID()
			mu.Lock()
			rooms = append(rooms, room)
			mu.Unlock()
			s.Join(room)
		}
		return s.Emit(Event, control.Payload(0))
	})
	everwire.Handle(rt, "raw", func(_ *everwire.Session, m json.RawMessage) (json.RawMessage, error) { return m, nil })
	everwire.Handle(rt, "typed", func(_ *everwire.Session, m Message) (Message, error) { return m, nil })
	mux := http.NewServeMux()
	mux.Handle("/everwire/", rt)
	l := control.Listen()
	control.HTTP(l, mux)
	control.Run(l, "", func(p string) {
		if err := rt.To("all").Emit(Event, p); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}, func(p string) {
		mu.Lock()
		defer mu.Unlock()
		for _, room := range rooms {
			_ = rt.To(room).Emit(Event, p)
		}
	})
}
