package main

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/everwire/everwire"
)

// A page that does not ask any more is hidden: its events pause. After a longer
// time it is gone; hidden pages still ask once a minute.
const (
	pauseAfter = 5 * time.Second
	endAfter   = 3 * time.Minute
)

// A stage is what one page looks at: its panels, the events that it asked for,
// and the numbers of both. Every page has its own, so that nobody disturbs
// another's counts.
type stage struct {
	// Immutable after newStage.
	id      string
	house   *house
	panels  []*panel
	changed chan struct{} // the controls have changed
	ctx     context.Context
	cancel  context.CancelFunc

	// mu is held while an event is both counted and emitted (an emit only
	// queues, it does not wait), so that who joins knows exactly which event
	// is its first.
	mu sync.Mutex
	// Guarded by mu.
	controls controls
	emitted  int64     // number of the last event
	seen     time.Time // when the page last asked
}

func newStage(h *house, id string) (*stage, error) {
	s := &stage{id: id, house: h, changed: make(chan struct{}, 1), controls: defaults, seen: time.Now()}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, name := range panels {
		p, err := newPanel(s, name, h.listen)
		if err != nil {
			s.close()
			return nil, err
		}
		s.panels = append(s.panels, p)
	}
	go s.run() // ends with close
	return s, nil
}

// run emits at the rate that the page has set, by the clock: what a busy machine
// delays is made good within a second. It ends with the stage, which it ends
// itself when the page is gone.
func (s *stage) run() {
	due := time.Now()
	for {
		s.mu.Lock()
		rate, idle := s.controls.Rate, time.Since(s.seen)
		s.mu.Unlock()
		if idle > endAfter {
			s.house.end(s.id)
			return
		}
		every, silent := time.Second, rate == 0 || idle > pauseAfter
		if !silent {
			every = time.Duration(float64(time.Second) / rate)
		}
		if due = due.Add(every); time.Since(due) > time.Second {
			due = time.Now()
		}
		t := time.NewTimer(time.Until(due))
		select {
		case <-t.C:
			if !silent {
				s.emit(1, "", "")
			}
		case <-s.changed:
			t.Stop()
			due = time.Now()
		case <-s.ctx.Done():
			t.Stop()
			return
		}
	}
}

// emit sends so many events to all panels, each with the text if there is one.
func (s *stage) emit(count int, text, from string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range count {
		b, err := newEvent(s.emitted+1, text, from).encode(s.controls.Size)
		if err != nil {
			return err
		}
		if err := s.house.rt.To(s.id).Emit("event", b); err != nil {
			return err
		}
		s.emitted++
		for _, p := range s.panels {
			if p.truth.Sessions > 0 { // also while it has none: what it misses is lost
				p.truth.Emitted++
				p.truth.Payload += int64(len(b))
			}
		}
	}
	return nil
}

// join takes a panel's new session in and tells it after which event its panel
// began.
func (s *stage) join(p *panel, sess *everwire.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.session = sess
	if p.truth.Sessions++; p.truth.Sessions == 1 {
		p.truth.From = s.emitted
	}
	if err := sess.Emit("joined", map[string]int64{"from": p.truth.From}); err != nil {
		return err
	}
	sess.Join(s.id)
	return nil
}

func (s *stage) leave(p *panel, sess *everwire.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.session == sess {
		p.session = nil
	}
}

// took counts an event that came up from a panel.
func (s *stage) took(p *panel, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.truth.Above.take(n)
}

// set changes the controls by fn.
func (s *stage) set(fn func(controls) (controls, error)) error {
	s.mu.Lock()
	c, err := fn(s.controls)
	if err == nil {
		s.controls = c
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default: // it is told already
	}
	return err
}

func (s *stage) pollEvery() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.controls.Poll)
}

// A view is a stage as its page sees it.
type view struct {
	ID       string   `json:"id"`
	Now      float64  `json:"now"` // the server's clock, milliseconds since 1970
	Emitted  int64    `json:"emitted"`
	Controls controls `json:"controls"`
	Panels   []report `json:"panels"`
}

// view tells all, and the marks of each panel from the given number on. It
// counts as a sign of life.
func (s *stage) view(since []int64) view {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = time.Now()
	v := view{ID: s.id, Emitted: s.emitted, Controls: s.controls}
	for i, p := range s.panels {
		var from int64
		if i < len(since) {
			from = since[i]
		}
		v.Panels = append(v.Panels, p.report(from))
	}
	v.Now = millis(time.Now())
	return v
}

// close ends the sessions and sockets of the stage. Idempotent.
func (s *stage) close() {
	s.cancel()
	s.mu.Lock()
	var open []*everwire.Session
	for _, p := range s.panels {
		if p.session != nil {
			open = append(open, p.session)
		}
	}
	s.mu.Unlock()
	for _, sess := range open {
		sess.Close(everwire.CodeNormal, "the stage has ended")
	}
	for _, p := range s.panels {
		p.close()
	}
}

// dialTCP connects to a listener on this machine.
func dialTCP(ctx context.Context, to net.Listener) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", to.Addr().String())
}
