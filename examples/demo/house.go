package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

// maxStages bounds the pages that are looked at at once: each has six listeners.
const maxStages = 16

var errFull = errors.New("too many pages are open; close one, or wait three minutes")

// A house is one Everwire server and the stages of all pages.
type house struct {
	// Immutable after newHouse.
	rt     *everwire.Server
	host   string // of the page: "127.0.0.1:8080"
	listen func() (net.Listener, error)
	dial   func(ctx context.Context, to net.Listener) (net.Conn, error)

	mu sync.Mutex
	// Guarded by mu.
	stages map[string]*stage // by id
	said   []string          // the last texts, for pages without script
	closed bool
}

func newHouse(host string, listen func() (net.Listener, error)) *house {
	h := &house{host: host, listen: listen, dial: dialTCP, stages: map[string]*stage{}}
	_, port, _ := net.SplitHostPort(host)
	h.rt = everwire.New(everwire.Options{
		Transports:     []transport.Transport{&websocket.Transport{}, &sse.Transport{}, longpoll.Transport{}, paced{}},
		AllowedOrigins: []string{"http://" + host, "http://localhost:" + port},
		MaxSessions:    maxStages * 20,
		QueueBytes:     8 << 20, // a burst for a client that polls every 10 s
	})
	h.rt.OnConnect(func(s *everwire.Session) error {
		p := panelOf(s.Context())
		if p == nil {
			return errors.New("sessions are opened at the panels' addresses")
		}
		return p.stage.join(p, s)
	})
	h.rt.OnDisconnect(func(s *everwire.Session, _ error) {
		p := panelOf(s.Context())
		p.stage.leave(p, s)
	})
	// The ladder's page talks, too: a line is said to all pages, and a numbered
	// event a second shows that nothing is lost on the way up.
	everwire.Handle(h.rt, "say", func(s *everwire.Session, text string) (int, error) {
		if err := h.say(text, "page"); err != nil {
			return 0, &everwire.Refusal{Code: "text", Text: err.Error()}
		}
		return len(text), nil
	})
	everwire.On(h.rt, "up", func(s *everwire.Session, n int64) error {
		p := panelOf(s.Context())
		p.stage.took(p, n)
		return nil
	})
	return h
}

// open makes a stage.
func (h *house) open() (*stage, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.stages) >= maxStages {
		return nil, errFull
	}
	s, err := newStage(h, rand.Text())
	if err != nil {
		return nil, err
	}
	h.stages[s.id] = s
	return s, nil
}

func (h *house) stage(id string) *stage {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stages[id]
}

// end closes a stage; it may be closed already.
func (h *house) end(id string) {
	h.mu.Lock()
	s := h.stages[id]
	delete(h.stages, id)
	h.mu.Unlock()
	if s != nil {
		s.close()
	}
}

// close ends all stages; no new one is made.
func (h *house) close() {
	h.mu.Lock()
	h.closed = true
	ids := make([]string, 0, len(h.stages))
	for id := range h.stages {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	for _, id := range ids {
		h.end(id)
	}
}

const maxSaid = 10

// say emits a text to every panel of every page.
func (h *house) say(text, from string) error {
	text = strings.TrimSpace(text)
	if err := checkText(text); err != nil {
		return err
	}
	h.mu.Lock()
	h.said = append(h.said, text)
	h.said = h.said[max(0, len(h.said)-maxSaid):]
	all := make([]*stage, 0, len(h.stages))
	for _, s := range h.stages {
		all = append(all, s)
	}
	h.mu.Unlock()
	var errs []error
	for _, s := range all {
		errs = append(errs, s.emit(1, text, from))
	}
	return errors.Join(errs...)
}

// lately returns the last texts, newest first.
func (h *house) lately() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	said := slices.Clone(h.said)
	slices.Reverse(said)
	return said
}
