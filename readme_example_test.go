package everwire_test

import (
	"log"
	"net/http"

	"github.com/everwire/everwire"
)

type Message struct{ Text string }

// The server of the README: what one page says, all pages hear.
func Example() {
	rt := everwire.New(everwire.Options{})
	everwire.Handle(rt, "say", func(s *everwire.Session, m Message) (int, error) {
		return len(m.Text), rt.Emit("said", m) // what it returns is the ack
	})
	http.Handle("/everwire/", rt) // also serves /everwire/client.js
	http.Handle("/", http.FileServer(http.Dir("page")))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
