package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/everwire/everwire"
)

// Truth is what the server knows of a run, whatever the page says of it.
type Truth struct {
	Epoch       int      `json:"epoch"`    // servers started so far
	Up          []int    `json:"up"`       // numbers of the up events in the order in which they were handled
	Down        int      `json:"down"`     // the last down event that was emitted
	Answered    int      `json:"answered"` // down calls that the page has answered
	Ended       bool     `json:"ended"`    // the page has said that no up events follow
	Connects    int      `json:"connects"`
	Disconnects []string `json:"disconnects"` // reasons
	Transport   string   `json:"transport"`   // of the newest session, when last asked for
	Faults      []string `json:"faults"`      // what the server's side found wrong

	session *everwire.Session
	stop    context.CancelFunc // ends the emitter of the run
}

// record is a Truth that several goroutines write.
type record struct {
	mu      sync.Mutex
	t       Truth
	changed chan struct{} // closed and replaced at each change
}

func newRecord() *record {
	return &record{t: Truth{Up: []int{}, Disconnects: []string{}, Faults: []string{}}, changed: make(chan struct{})}
}

func (r *record) change(fn func(*Truth)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn(&r.t)
	close(r.changed)
	r.changed = make(chan struct{})
}

// wait returns a copy of the truth as soon as ready says so.
func (r *record) wait(ctx context.Context, ready func(*Truth) bool) (Truth, error) {
	for {
		r.mu.Lock()
		ok, changed, t := ready(&r.t), r.changed, r.t
		t.Up = append([]int{}, t.Up...)
		t.Disconnects = append([]string{}, t.Disconnects...)
		t.Faults = append([]string{}, t.Faults...)
		r.mu.Unlock()
		if ok {
			if t.session != nil {
				t.Transport = t.session.Transport()
			}
			return t, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Truth{}, ctx.Err()
		}
	}
}

// Begin asks for the down events after Have up to Down, one each Every milliseconds, each Calls-th of them a call.
type Begin struct {
	Have  int `json:"have"`
	Down  int `json:"down"`
	Every int `json:"every"`
	Calls int `json:"calls"`
}

// Numbered is an up or a down event. The text holds what a wire could trip over.
type Numbered struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

const text = "Füße ✓ 😀 \"quoted\" \\ line\nfeed\u2028 </script>"

// talk registers the server's half of the conversation.
func talk(rt *everwire.Server, r *record) {
	rt.OnConnect(func(s *everwire.Session) error {
		r.change(func(t *Truth) { t.Connects++; t.session = s })
		return s.Emit("first", time.Now().UnixMilli())
	})
	rt.OnDisconnect(func(_ *everwire.Session, reason error) {
		r.change(func(t *Truth) {
			if reason == nil {
				t.Disconnects = append(t.Disconnects, "")
				return
			}
			t.Disconnects = append(t.Disconnects, reason.Error())
		})
	})
	everwire.Handle(rt, "up", func(s *everwire.Session, m Numbered) (int, error) {
		r.change(func(t *Truth) {
			t.Up = append(t.Up, m.N)
			if m.Text != text {
				t.Faults = append(t.Faults, "an up event came garbled: "+m.Text)
			}
		})
		return m.N, nil
	})
	everwire.On(rt, "begin", func(s *everwire.Session, b Begin) error {
		ctx, cancel := context.WithCancel(s.Context())
		r.change(func(t *Truth) {
			if t.stop != nil {
				t.stop()
			}
			t.stop = cancel
		})
		go emit(ctx, s, b, r) // ends with its last event or with the session
		return nil
	})
	everwire.On(rt, "end", func(_ *everwire.Session, _ json.RawMessage) error {
		r.change(func(t *Truth) { t.Ended = true })
		return nil
	})
	everwire.On(rt, "bytes", func(s *everwire.Session, b []byte) error { return s.Emit("bytes", b) })
}

func emit(ctx context.Context, s *everwire.Session, b Begin, r *record) {
	tick := time.NewTicker(time.Duration(max(b.Every, 1)) * time.Millisecond)
	defer tick.Stop()
	fail := func(err error) {
		var ended *everwire.CloseError // the session; who may end it is judged elsewhere
		if ctx.Err() == nil && !errors.As(err, &ended) {
			r.change(func(t *Truth) { t.Faults = append(t.Faults, "emit: "+err.Error()) })
		}
	}
	for n := b.Have + 1; n <= b.Down; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		r.change(func(t *Truth) { t.Down = n })
		if b.Calls == 0 || n%b.Calls != 0 {
			if err := s.Emit("down", Numbered{n, text}); err != nil {
				fail(err)
				return
			}
			continue
		}
		var answer int
		if err := s.Call(ctx, "down", Numbered{n, text}, &answer); err != nil {
			fail(err)
			return
		}
		if answer != n {
			r.change(func(t *Truth) { t.Faults = append(t.Faults, "a wrong answer to a call") })
		}
		r.change(func(t *Truth) { t.Answered++ })
	}
}
