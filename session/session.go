package session

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/everwire/everwire/transport"
)

// ErrQueueFull is returned by an emit with DropWhenFull that found the queue
// full: the event has no number and is not sent.
var ErrQueueFull = errors.New("everwire: the session's queue is full")

// state is where a session is in its life; the table of transitions is in
// doc.go, and Session.to is the one place that changes it.
type state uint8

const (
	detached state = iota // no connection carries it; the resume window runs
	attached              // a link carries it
	closed                // over; its id is remembered for one resume window
)

// A Session is a peer's lasting identity: its numbers, its queues and its
// rooms. It outlives connections. All methods are safe for concurrent use and
// may be called from handlers.
type Session struct {
	// Immutable after the opening.
	server *Server
	id     string
	key    string // of the opening
	addr   string // counted by in the bounds per address
	user   any

	// Owned by the working goroutine.
	connected bool // OnConnect returned nil
	unheard   bool // an event that nobody takes was logged
	exited    bool // the handler of the item at hand ended its goroutine

	seat int // among everybody, from 1, 0 before and after; guarded by everybody.mu

	mu sync.Mutex
	// Guarded by mu: the request that opened it, of which RemoteAddr and the context
	// are immutable.
	request kept
	// Guarded by mu: what a session is, as plain values.
	state    state
	proven   bool   // the client is known to have had its id, or to be on a stream
	idSeen   bool   // the client has used its id: the key opens nothing any more
	lastN    uint64 // highest attach number taken
	lastSend uint64 // highest number of a send
	got      uint64 // everything up to here has come in
	down     queue
	loose    []loose
	in       inbox
	ending   *transport.CloseError // Close was called: kind 9 is in the queue
	err      *transport.CloseError // why it closed
	// Guarded by mu: what it is connected to.
	link      *link // that carries it, nil where none does
	transport string
	polls     bool // by a transport that is detached between its requests
	ticket    string
	rooms     []place // sorted by name; written with rooms.mu held as well, so either is enough to read
	calls     map[uint64]*call
	values    map[any]any
	ctx       context.Context // made when first asked for
	cancel    context.CancelCauseFunc
	// Guarded by mu: time, in nanoseconds on the server's clock.
	timer   *time.Timer
	timerAt int64 // when timer fires, 0: it is not set
	pace    pace  // of answers to its polls
	seenAt  int64 // something came from the client
	leftAt  int64 // it was detached
	endAt   int64 // Close was called
}

// ID returns the id of the session: 22 characters of base64url. It is a
// secret of server and client; whoever has it can take the session over.
func (s *Session) ID() string { return s.id }

// User returns what Options.Authorize returned for the session.
func (s *Session) User() any { return s.user }

// Request returns the request that opened the session: its headers, cookies,
// address and context values, the same at each call. Its body has been read, and
// its context is done never. A request whose target and header are above 64 KiB
// opens no session. The first call unpacks the headers, which are larger from
// then on; Context has the context values without that.
func (s *Session) Request() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.request.whole()
}

// Transport returns the name of the transport that carries the session, or
// carried it last. A session over sse is opened by a request to polling, so
// OnConnect finds that.
func (s *Session) Transport() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transport
}

// Context returns a context that is done when the session has ended, with the
// *transport.CloseError of its end as cause. It has the values of the opening
// request's context.
func (s *Session) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancelCause(s.request.r.Context())
		if s.state == closed {
			s.cancel(s.err)
		}
	}
	return s.ctx
}

// Set keeps a value with the session, Get returns it, nil for none. Keys are
// compared as context.Context does; use a type of your own.
func (s *Session) Set(key, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = make(map[any]any)
	}
	s.values[key] = value
}

// Get returns the value that Set kept under key, nil for none.
func (s *Session) Get(key any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key]
}

// Join puts the session into a room, which is made if it does not exist. A
// session that has ended joins nothing.
func (s *Session) Join(room string) { s.server.rooms.join(s, room) }

// Leave takes the session out of a room.
func (s *Session) Leave(room string) { s.server.rooms.leave(s, room) }

// Rooms returns the names of the rooms that the session is in, sorted.
func (s *Session) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, p := range s.rooms {
		names = append(names, p.room.name)
	}
	return names
}

// To returns a broadcast to the members of the rooms but s itself.
func (s *Session) To(rooms ...string) Broadcast {
	return Broadcast{server: s.server, names: rooms, except: []*Session{s}}
}

// Emit sends an event to the client: exactly once and in order for the life of
// the session, over whatever carries it. The payload is anything that
// encoding/json takes, json.RawMessage, []byte for bytes, or nil for none. Bytes
// are the payload as a whole, some 49,000 of them by the default FrameBytes, as
// base64 counts on every transport; within a value they are what encoding/json
// makes of them. The names connect, disconnect, resume, transport and error are
// the browser client's own: an event of that name calls the page's handlers for
// those.
//
// Emit does not wait. Its error is transport.ErrName, transport.ErrSize or that
// of encoding the payload; a *transport.CloseError where the session has ended,
// ErrOverflow among them where this emit found the queue full and closed it; or
// ErrQueueFull.
func (s *Session) Emit(name string, payload any, opts ...EmitOption) error {
	f, err := newEvent(transport.NewOwned, false, name, payload, s.server.opts.FrameBytes)
	if err != nil {
		return err
	}
	return s.send(f, slices.Contains(opts, DropWhenFull))
}

// Volatile sends an event that is worthless later: it is dropped when the
// client is not keeping up, and not repeated if it is lost on the way. Its error is
// that of the payload or name, or the *transport.CloseError of a session that has
// ended: that it was dropped is none.
func (s *Session) Volatile(name string, payload any) error {
	f, err := newEvent(transport.NewFrame, true, name, payload, s.server.opts.FrameBytes)
	if err != nil {
		return err
	}
	return s.send(f, true)
}

// Close ends the session in order: what was emitted before is delivered, then
// the client is told. Nothing can be emitted afterwards. Code is CodeNormal or
// one that an app may use (CodeApp to CodeAppLast), other codes become
// CodeNormal; the reason, cut to 123 bytes, is shown to the client's app.
// Closing twice changes nothing. The handler of a call that closes its session
// answers nothing: the ack would stand behind the close, and the client's call
// ends as "unknown-outcome".
func (s *Session) Close(code transport.Code, reason string) {
	if code < transport.CodeApp || code > transport.CodeAppLast {
		code = transport.CodeNormal
	}
	s.end(&transport.CloseError{Code: code, Reason: reason}, true)
}

func (s *Session) send(f *transport.Frame, drop bool) error {
	s.mu.Lock()
	err := s.push(f, drop)
	s.mu.Unlock()
	if err == transport.ErrOverflow {
		s.cleanup()
	}
	return err
}

// push appends a frame to the queue and wakes the link. A full queue gives
// ErrQueueFull with drop; without, the session is closed and the caller
// cleans up when it holds no lock. s.mu is held.
func (s *Session) push(f *transport.Frame, drop bool) error {
	if s.state == closed {
		return s.err
	}
	if s.ending != nil {
		return s.ending
	}
	if !f.Kind.Counted() {
		if s.link != nil || s.polls { // else it is worthless by the time of the next link
			s.loose = addLoose(s.loose, f, s.down.last())
			s.wake()
		}
		return nil
	}
	if s.down.bytes > 0 && s.down.bytes+f.Size() > s.server.opts.QueueBytes || s.down.acks >= maxAcks && isAck(f) {
		if drop {
			return ErrQueueFull
		}
		s.closeNow(transport.ErrOverflow)
		return transport.ErrOverflow
	}
	s.down.push(f)
	s.wake()
	return nil
}

// wake tells the link that there is something to write. s.mu is held.
func (s *Session) wake() {
	if s.link != nil {
		s.link.signal()
	}
}

// end puts the close frame behind everything that was emitted and waits for its
// confirm: the session is over when that comes, or a resume window later. With
// handled, what has come in has its handlers, and the client is told first.
func (s *Session) end(why *transport.CloseError, handled bool) {
	why = sayable(why)
	s.mu.Lock()
	if s.state != closed && s.ending == nil {
		if handled {
			s.confirmAhead()
		}
		s.down.push(&transport.Frame{Kind: transport.KindClose, Num: uint64(why.Code), Name: why.Reason})
		s.ending = why
		s.endAt = s.server.now()
		s.wake()
		s.schedule()
	}
	s.mu.Unlock()
	s.server.rooms.leaveAll(s)
}

// sayable returns why in the form in which a close frame can say it.
func sayable(why *transport.CloseError) *transport.CloseError {
	f := why.Frame()
	if said := (&transport.CloseError{Code: transport.Code(f.Num), Reason: f.Name}); !said.Is(why) {
		return said
	}
	return why
}

// abort ends the session at once.
func (s *Session) abort(why *transport.CloseError) {
	s.mu.Lock()
	if s.state == closed {
		s.mu.Unlock()
		return
	}
	s.closeNow(why)
	s.mu.Unlock()
	s.cleanup()
}

// to changes the state. s.mu is held.
func (s *Session) to(next state) {
	s.state = next
	if next == detached {
		s.leftAt = s.server.now()
	}
	if next == detached && !s.polls {
		s.loose = slices.DeleteFunc(s.loose, func(l loose) bool { return isVolatile(l.frame) })
	}
}

// closeNow makes the session closed and tells its link and its calls; the
// caller calls cleanup when it holds no lock. s.mu is held.
func (s *Session) closeNow(why *transport.CloseError) {
	s.to(closed)
	s.err = why
	s.dropTicket()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.relieve()
	if s.link != nil {
		s.link.finish(why)
		s.link = nil
	}
	for id, c := range s.calls {
		delete(s.calls, id)
		c.answer <- answer{err: why}
	}
	s.down = queue{confirmed: s.down.last()}
	s.loose = nil
	if s.cancel != nil {
		s.cancel(why)
	}
	s.in.wakeAll()
	s.enqueue(item{life: lifeDisconnect})
}

// cleanup takes a session that closeNow has closed out of its server. No lock
// is held.
func (s *Session) cleanup() {
	s.server.rooms.leaveAll(s)
	s.server.forget(s)
}
