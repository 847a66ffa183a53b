package session

import (
	"sync"
	"time"
)

// patience is how long handlers may keep a connection from being read: when they
// have taken so long and the watch comes by, which it does as often, another
// goroutine reads on.
const patience = 5 * time.Millisecond

// keptWatched bounds what an empty watch keeps.
const keptWatched = 1024

// A watch looks after the handlers that run on the goroutine of a reader, of all
// sessions with one timer: most are done long before it comes by, and one timer
// for each would cost more than they do. It runs while there is anything to
// look after. A session that it has got stays until a round finds no run of it
// that is younger than patience.
type watch struct {
	now func() int64 // immutable

	mu sync.Mutex
	// Guarded by mu, which is taken behind Session.mu.
	sessions []*Session
	timer    *time.Timer // made by the first session
	set      bool        // it is set, or look runs
}

// add puts a session on the watch, once at a time. s.mu is held.
func (w *watch) add(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions = append(w.sessions, s)
	if w.set {
		return
	}
	w.set = true
	if w.timer == nil {
		w.timer = time.AfterFunc(patience, w.look)
		return
	}
	w.timer.Reset(patience)
}

// look is one round.
func (w *watch) look() {
	w.mu.Lock()
	round := w.sessions
	w.sessions = nil
	w.mu.Unlock()
	now := w.now()
	stay := round[:0]
	for _, s := range round {
		if s.keepWatch(now) {
			stay = append(stay, s)
		}
	}
	clear(round[len(stay):])
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions = append(stay, w.sessions...)
	if len(w.sessions) > 0 {
		w.timer.Reset(patience)
		return
	}
	w.set = false
	if cap(w.sessions) > keptWatched {
		w.sessions = nil
	}
}

// keepWatch has somebody else read on where the run of now takes long. It
// reports whether the session stays on the watch.
func (s *Session) keepWatch(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now-s.in.runAt < int64(patience) {
		return true
	}
	s.relieve()
	s.in.watched = false
	return false
}
