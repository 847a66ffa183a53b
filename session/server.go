package session

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/everwire/everwire/transport"
)

// A Server holds sessions and is the http.Handler to mount for them, under a
// path that ends in a slash. All methods are safe for concurrent use. Handlers
// are registered once, on the server, before it serves.
type Server struct {
	// Immutable after New.
	opts       Options
	base       time.Time // of the clock in now
	transports map[string]transport.Transport
	names      []string          // of the transports, best first
	opening    transport.Welcome // that of every opening, without what differs
	registry   *registry
	everybody  *room // not in rooms: it has all sessions
	rooms      rooms
	watch      watch

	handlers     atomic.Pointer[map[string]handler]
	onConnect    atomic.Pointer[func(*Session) error]
	onDisconnect atomic.Pointer[func(*Session, error)]
	callID       atomic.Uint64
	draining     atomic.Bool

	hooksMu sync.Mutex // held while a handler is registered
}

// New returns a server with these options. It panics where one of them can never
// do what it says, as with an entry of AllowedOrigins that no page has: that is a
// mistake in the program.
func New(opts Options) *Server {
	opts.check()
	rt := &Server{
		opts:       opts.withDefaults(),
		base:       time.Now(),
		transports: make(map[string]transport.Transport),
		everybody:  new(room),
		rooms:      rooms{byName: make(map[string]*room)},
	}
	rt.registry = newRegistry(rt.opts.ResumeWindow)
	rt.watch.now = rt.now
	rt.handlers.Store(&map[string]handler{})
	for _, t := range rt.opts.Transports {
		rt.transports[t.Name()] = t
		rt.names = append(rt.names, t.Name())
	}
	if rt.transports["sse"] != nil && rt.transports["polling"] == nil {
		rt.opts.Logger.Warn("everwire: Options.Transports has sse without polling, where the browser client gets the tickets for its streams: it will not use sse")
	}
	rt.opening = rt.about()
	return rt
}

// Emit sends an event to every session; see Broadcast.Emit.
func (rt *Server) Emit(name string, payload any, opts ...EmitOption) error {
	return rt.Except().Emit(name, payload, opts...)
}

// Volatile sends an event to every session that is keeping up; see
// Broadcast.Volatile.
func (rt *Server) Volatile(name string, payload any) error {
	return rt.Except().Volatile(name, payload)
}

// To returns a broadcast to the members of these rooms. Without rooms it
// reaches nobody.
func (rt *Server) To(rooms ...string) Broadcast {
	return Broadcast{server: rt, names: rooms}
}

// Except returns a broadcast to everybody but these sessions.
func (rt *Server) Except(sessions ...*Session) Broadcast {
	return Broadcast{server: rt, all: true, except: sessions}
}

// Session returns the session with this id, nil where there is none.
func (rt *Server) Session(id string) *Session {
	s, _ := rt.registry.byID(id, rt.now)
	return s
}

// Sessions iterates over the sessions that were there at the start.
func (rt *Server) Sessions() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		rt.everybody.mu.Lock()
		all := append([]*Session(nil), rt.everybody.members...)
		rt.everybody.mu.Unlock()
		for _, s := range all {
			if !yield(s) {
				return
			}
		}
	}
}

// Len returns the number of sessions.
func (rt *Server) Len() int {
	rt.everybody.mu.Lock()
	defer rt.everybody.mu.Unlock()
	return len(rt.everybody.members)
}

// enter puts a session among everybody.
func (rt *Server) enter(s *Session) {
	r := rt.everybody
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, s)
	s.seat = len(r.members)
}

// exit takes a session out again, unless that has been done.
func (rt *Server) exit(s *Session) {
	r := rt.everybody
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.seat == 0 {
		return
	}
	if moved := r.remove(s.seat - 1); moved != nil {
		moved.seat = s.seat
	}
	s.seat = 0
}

// forget takes out a session that has ended.
func (rt *Server) forget(s *Session) {
	rt.exit(s)
	if rt.registry.remove(s, rt.now()) {
		rt.opts.Logger.LogAttrs(context.Background(), slog.LevelDebug, "everwire: ended",
			slog.String("session", s.id), slog.String("remote", s.request.r.RemoteAddr), slog.Int("code", int(s.err.Code)), slog.String("err", s.err.Reason))
	}
}
