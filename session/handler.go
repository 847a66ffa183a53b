package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"

	"github.com/everwire/everwire/transport"
)

// A Refusal is an ack that says no: a handler returns one to refuse the
// client's emit with a code and a text that the client's app sees, and
// Session.Call returns one where the client refused. Any other error of a
// handler is told as code "failed", and what it says stays on the server.
type Refusal struct {
	Code string // for programs
	Text string // for people
}

// Error returns the code and the text.
func (e *Refusal) Error() string { return fmt.Sprintf("everwire: refused: %s: %s", e.Code, e.Text) }

// Codes of refusals that the library itself makes.
const (
	refusedNoHandler = "no-handler" // nobody listens to the event
	refusedPayload   = "payload"    // the payload is not what the handler takes
	refusedFailed    = "failed"     // the handler returned an error
	refusedInternal  = "internal"   // the handler panicked, or its answer cannot be encoded
	refusedSize      = "too-large"  // the answer is larger than a frame may be
)

// handler runs an app's function for one event and returns its answer.
type handler func(s *Session, f *transport.Frame) (result, error)

// A result is what a handler answers: raw JSON, which needs no any on the heap,
// or a value.
type result struct {
	raw   json.RawMessage
	value any // if raw is nil
}

func resultOf[T any](v T) result {
	if raw, ok := any(v).(json.RawMessage); ok {
		return result{raw: raw}
	}
	return result{value: v}
}

// On registers the handler of an event. T is what the payload decodes into by
// encoding/json; json.RawMessage takes it raw, []byte takes bytes. An emit that
// wants an ack gets an empty one when fn returns nil, and a refusal otherwise:
// "payload" where the payload is no T, with the text of the error, which may be
// that of T's own UnmarshalJSON, for the client alone.
//
// Handlers of one session run one at a time, in the order of its events, with
// no lock held: a handler may emit, broadcast, and Call its own client.
// Handlers of different sessions run at once. A panic is logged with its stack
// and costs that event only.
//
// On panics where the name is no event name or has a handler already, or fn is
// nil: that is a mistake in the program, not something that a peer can cause.
func On[T any](rt *Server, name string, fn func(s *Session, payload T) error) {
	mustBe(fn != nil, name)
	rt.register(name, func(s *Session, f *transport.Frame) (result, error) {
		v, err := payloadOf[T](f)
		if err != nil {
			return result{}, s.misfit(f, err)
		}
		return result{}, fn(s, v)
	})
}

// Handle registers the handler of an event that answers: what fn returns is the
// ack that the client's emit gets. The rest is as with On.
func Handle[Req, Res any](rt *Server, name string, fn func(s *Session, req Req) (Res, error)) {
	mustBe(fn != nil, name)
	rt.register(name, func(s *Session, f *transport.Frame) (result, error) {
		v, err := payloadOf[Req](f)
		if err != nil {
			return result{}, s.misfit(f, err)
		}
		res, err := fn(s, v)
		return resultOf(res), err
	})
}

// mustBe panics where there is no function to register.
func mustBe(there bool, what string) {
	if !there {
		panic(fmt.Sprintf("everwire: the handler of %q is nil", what))
	}
}

func (rt *Server) register(name string, h handler) {
	if err := transport.CheckName(name); err != nil {
		panic(fmt.Sprintf("everwire: %q: %v", name, err))
	}
	rt.hooksMu.Lock()
	defer rt.hooksMu.Unlock()
	old := *rt.handlers.Load()
	if old[name] != nil {
		panic(fmt.Sprintf("everwire: %q has a handler already", name))
	}
	next := maps.Clone(old)
	next[name] = h
	rt.handlers.Store(&next)
}

// OnConnect registers the function that is called for every new session before
// any of its events. An error closes the session: a *transport.CloseError with
// its code, any other with 4403 "forbidden". A later call replaces it; nil panics.
func (rt *Server) OnConnect(fn func(s *Session) error) {
	mustBe(fn != nil, "OnConnect")
	rt.onConnect.Store(&fn)
}

// OnDisconnect registers the function that is called when a session has ended
// and all its events have been handled; reason is the *transport.CloseError of
// its end. A connection that ends or changes does not call it. It is called
// for the sessions for which OnConnect returned nil. A later call replaces it; nil
// panics.
func (rt *Server) OnDisconnect(fn func(s *Session, reason error)) {
	mustBe(fn != nil, "OnDisconnect")
	rt.onDisconnect.Store(&fn)
}

// handle runs what an item is for. It is called by the working goroutine.
func (s *Session) handle(it item) {
	switch it.life {
	case lifeConnect:
		s.connect()
	case lifeDisconnect:
		if fn := s.server.onDisconnect.Load(); fn != nil && s.connected {
			s.guard("OnDisconnect", func() error { (*fn)(s, s.err); return nil })
		}
		s.server.registry.done(s)
	case lifeDrain:
		s.end(transport.ErrDrain, true)
	default:
		if s.connected {
			s.event(it)
		}
	}
}

func (s *Session) connect() {
	var err error
	var ce *transport.CloseError
	if fn := s.server.onConnect.Load(); fn != nil {
		err = s.guard("OnConnect", func() error {
			err := (*fn)(s)
			if err != nil {
				ce = asClose(err)
			}
			return err
		})
	}
	if err == nil {
		s.connected = true
		return
	}
	if ce == nil {
		ce = transport.ErrForbidden
		if err != errPanic { // which has been logged
			s.server.opts.Logger.Info("everwire: OnConnect refused", "remote", s.request.r.RemoteAddr, "err", err)
		}
	}
	s.end(ce, false)
}

// event runs the handler of an event and answers where an ack is wanted.
func (s *Session) event(it item) {
	f := it.frame
	h := (*s.server.handlers.Load())[f.Name]
	var res result
	var no *Refusal
	if h != nil {
		res, no = s.call(h, f)
	} else {
		no = &Refusal{refusedNoHandler, "no handler for this event"}
	}
	switch {
	case isCall(f):
		s.ack(it, res, no)
	case h == nil:
		s.unhandled(f, no.Text)
	}
}

func isCall(f *transport.Frame) bool {
	return f.Kind == transport.KindCall || f.Kind == transport.KindCallBytes
}

// misfit returns the refusal of a payload that is not what its handler takes.
// What err says of it may hold a part of it: that is for the client alone.
func (s *Session) misfit(f *transport.Frame, err error) *Refusal {
	if !isCall(f) {
		why := fmt.Sprintf("%T", err)
		var typed *json.UnmarshalTypeError
		switch {
		case f.Kind.Binary():
			why = "bytes for JSON"
		case errors.As(err, &typed):
			kind, _, _ := strings.Cut(typed.Value, " ") // a number stands behind it
			why = fmt.Sprintf("%s for %v", kind, typed.Type)
		}
		s.unhandled(f, why)
	}
	return &Refusal{refusedPayload, err.Error()}
}

// unhandled logs an event that nobody takes: the first of a session at Info, the
// others at Debug, as a client may send thousands a second.
func (s *Session) unhandled(f *transport.Frame, why string) {
	if s.exited {
		return // it was the Logger that ended the goroutine
	}
	level := slog.LevelInfo
	if s.unheard {
		level = slog.LevelDebug
	}
	s.unheard = true
	s.server.opts.Logger.Log(context.Background(), level, "everwire: event not handled", "event", f.Name, "remote", s.request.r.RemoteAddr, "err", why)
}

// call runs a handler and returns its answer, or the refusal that its error is
// to the client.
func (s *Session) call(h handler, f *transport.Frame) (res result, no *Refusal) {
	known := false
	err := s.guard(f.Name, func() (err error) {
		if res, err = h(s, f); err != nil {
			no, known = asRefusal(err)
		}
		return err
	})
	switch {
	case err == nil || known:
		return res, no
	case err == errPanic:
		return result{}, &Refusal{refusedInternal, "the handler failed"}
	}
	s.server.opts.Logger.Error("everwire: handler", "event", f.Name, "err", err)
	return result{}, &Refusal{refusedFailed, "the handler failed"}
}

// asRefusal returns the refusal that err is; one that is nil is none. It may call
// the app (errors.As).
func asRefusal(err error) (no *Refusal, ok bool) {
	ok = errors.As(err, &no) && no != nil
	return no, ok
}

// asClose returns the *CloseError that err is, nil for none. It may call the app
// (errors.As).
func asClose(err error) (ce *transport.CloseError) {
	errors.As(err, &ce)
	return ce
}

// answer makes the frame of an ack. Encoding may call the app, too.
func (s *Session) answer(it item, res result) (f *transport.Frame, no *Refusal) {
	large := false
	err := s.guard(it.frame.Name, func() (err error) {
		limit := s.server.opts.FrameBytes
		if res.raw != nil {
			f, err = newRawFrame(transport.NewOwned, transport.KindAck, it.frame.Num, "", res.raw, limit)
		} else {
			f, err = newFrame(transport.NewOwned, transport.KindAck, transport.KindAckBytes, it.frame.Num, "", res.value, limit)
		}
		large = errors.Is(err, transport.ErrSize)
		return err
	})
	switch {
	case err == nil:
		return f, nil
	case large:
		no = &Refusal{refusedSize, "the answer is too large"}
	default:
		no = &Refusal{refusedInternal, "the answer cannot be encoded"}
	}
	s.server.opts.Logger.Error("everwire: answer", "event", it.frame.Name, "err", err)
	return nil, no
}

// ack answers a call of the client.
func (s *Session) ack(it item, res result, no *Refusal) {
	var f *transport.Frame
	if no == nil {
		f, no = s.answer(it, res)
	}
	if no != nil {
		f = newRefusal(it.frame.Num, no, s.server.opts.FrameBytes)
	}
	s.mu.Lock()
	// With nothing else to handle this goroutine writes the ack itself, which
	// saves waking another one.
	s.in.acking = s.in.head == len(s.in.items)
	err := s.push(f, false)
	write := s.in.write
	s.in.acking, s.in.write = false, nil
	s.mu.Unlock()
	if write != nil {
		write(true)
	}
	if err == transport.ErrOverflow {
		s.cleanup()
	}
}

// newRefusal makes the frame of a refusal. What is too large is left out of it:
// the client would have to refuse the frame, and would get it again for ever.
func newRefusal(id uint64, no *Refusal, limit int) *transport.Frame {
	for _, no := range []*Refusal{no, {no.Code, ""}} {
		f := &transport.Frame{Kind: transport.KindRefusal, Num: id, Name: no.Code, Text: no.Text}
		if len(f.Line()) <= limit {
			return f
		}
	}
	return &transport.Frame{Kind: transport.KindRefusal, Num: id, Name: refusedSize}
}
