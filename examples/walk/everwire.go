package main

import (
	"sync"

	"github.com/everwire/everwire"
)

// newEverwire is chat 5: the same with Everwire.
//
// What it costs: where a WebSocket gets through, what chat 4 costs and a few
// bytes more (the frame's kind and the event's name); where not, what chat 3, 2
// or 1 costs. A connection that is lost costs one request that names the last
// number the page has. A session costs memory while its page is away, up to
// QueueBytes, for two minutes.
//
// Where it fails: sessions live in this process, so they end with it; the page
// opens a new one, and what it wrote in between has an error, "unknown
// outcome", instead of a tick. Who is away for longer than the resume window,
// or falls behind by more than its queue, is told that the session is lost.
// A message that was delivered is not stored: this history is the app's own.
func newEverwire() *everwire.Server {
	rt := everwire.New(everwire.Options{})
	// mu is held while a message is both kept and emitted, so who comes in gets
	// it once: from the history or live. An emit only queues, it does not wait.
	var mu sync.Mutex
	var said history // guarded by mu
	rt.OnConnect(func(s *everwire.Session) error {
		mu.Lock()
		defer mu.Unlock()
		s.Join("chat")
		for _, m := range said.after(0) {
			s.Emit("said", m) // an error means that s has ended: nothing is left to do
		}
		return nil
	})
	everwire.Handle(rt, "say", func(_ *everwire.Session, m message) (int, error) {
		if err := m.check(); err != nil {
			return 0, &everwire.Refusal{Code: "message", Text: err.Error()}
		}
		mu.Lock()
		defer mu.Unlock()
		m = said.add(m)
		return m.Number, rt.To("chat").Emit("said", m) // the number is the ack
	})
	return rt
}
