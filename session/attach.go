package session

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"

	"github.com/everwire/everwire/transport"
)

// pauseFull is what a client is asked to wait whose frames did not all fit, in
// milliseconds.
const pauseFull = 200

// Attach opens or finds the session that the hello names and takes what came
// with it; see transport.Door. Front-ends for other wires come in here as the
// transports do.
func (rt *Server) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	s, opened, err := rt.lookup(r, &h, up)
	if err != nil {
		return nil, transport.Welcome{}, rt.refused(r, h.Transport, err)
	}
	l, w, err := s.attach(&h, up)
	if err != nil {
		if opened {
			s.discard()
		}
		return nil, transport.Welcome{}, rt.refused(r, h.Transport, err)
	}
	return l, w, nil
}

// Limits returns the bounds of the options.
func (rt *Server) Limits() transport.Limits {
	o := &rt.opts
	return transport.Limits{
		FrameBytes:   o.FrameBytes,
		BodyBytes:    o.BodyBytes,
		BodyFrames:   batchFrames,
		HelloTimeout: o.HelloTimeout,
		WriteTimeout: o.WriteTimeout,
		Hold:         o.Hold,
	}
}

// refused logs why a peer was refused and returns it as a *CloseError.
func (rt *Server) refused(r *http.Request, name string, err error) error {
	var ce *transport.CloseError
	if !errors.As(err, &ce) {
		rt.opts.Logger.Error("everwire: attach", "transport", name, "remote", r.RemoteAddr, "err", err)
		return transport.ErrInternal
	}
	rt.opts.Logger.Debug("everwire: refused", "transport", name, "remote", r.RemoteAddr, "code", int(ce.Code), "err", ce.Reason)
	return ce
}

// lookup returns the session that the hello names; opened reports that the
// hello has made it.
func (rt *Server) lookup(r *http.Request, h *transport.Hello, up transport.Batch) (s *Session, opened bool, err error) {
	switch {
	case h.Key != "":
		return rt.open(r, h, up)
	case h.Ticket != "":
		s = rt.registry.byTicket(h.Ticket)
		if s == nil {
			return nil, false, transport.ErrStale // used, replaced or never given out
		}
		return s, false, nil
	default:
		s, err = rt.registry.byID(h.ID, rt.now)
		return s, false, err
	}
}

// about returns what only the answer to an opening says, but the id. It is the
// same for all of them.
func (rt *Server) about() transport.Welcome {
	o := &rt.opts
	return transport.Welcome{
		Version:    transport.Version,
		Resumed:    new(bool),
		Transports: rt.names,
		Ping:       o.Heartbeat.Milliseconds(),
		Wait:       o.Hold.Milliseconds(),
		Poll:       []int64{o.PollMin.Milliseconds(), o.PollMax.Milliseconds()},
		Head:       o.HeadStart.Milliseconds(),
		Window:     o.ResumeWindow.Milliseconds(),
		Max:        []int64{int64(o.FrameBytes), int64(o.BodyBytes), int64(o.QueueBytes)},
	}
}

// attach checks the hello against the rules and takes all of it, or nothing.
func (s *Session) attach(h *transport.Hello, up transport.Batch) (*link, transport.Welcome, error) {
	s.mu.Lock()
	if err := s.admit(h, up); err != nil {
		s.mu.Unlock()
		return nil, transport.Welcome{}, err
	}
	s.seenAt = s.server.now()
	s.idSeen = s.idSeen || h.Key == ""
	s.proven = s.proven || h.Key == "" || h.Stream
	_ = s.confirm(h.Got) // admit has looked at it
	l := &link{s: s, n: h.Attach, stream: h.Stream, duplex: h.Duplex}
	switch {
	case s.confirmed():
		l.err = errNormal
		l.cursor = s.down.confirmed + 1 // a stream's welcome always has it
	case h.Attach != 0:
		s.carry(l, h)
	}
	d := delivery{l: l, next: up.Seq, frames: up.Frames}
	if h.Attach == 0 {
		d.counted = h.Send <= s.lastSend // a repeat (PROTOCOL.md, r)
		s.lastSend = max(s.lastSend, h.Send)
	}
	err := s.take(&d)
	if !h.Runs {
		s.reclaim()
	}
	l.told()
	if s.conclude() {
		d.over = true
	}
	var w transport.Welcome
	if h.Key != "" {
		w = s.server.opening
		w.ID = s.id
	}
	w.Attach, w.Send, w.Got, w.Seq = h.Attach, h.Send, s.got, l.cursor
	switch {
	case err == errFull:
		if !d.over {
			w.Pause = pauseFull
		}
		err = nil
	case err == transport.ErrGap:
		err = nil // the answer's Got sets the client right
	}
	if h.Attach == 0 && s.link != nil && s.link.stream && !s.link.duplex {
		w.At = s.link.implied - 1
	}
	if l == s.link && (h.Renew || h.Stream && !h.Duplex) {
		w.Ticket = s.newTicket()
	}
	s.schedule()
	s.mu.Unlock()
	if d.over {
		s.cleanup()
	}
	return l, w, err
}

// admit looks for whatever refuses a hello. s.mu is held.
func (s *Session) admit(h *transport.Hello, up transport.Batch) error {
	switch {
	case s.state == closed:
		return gone(s.err)
	case h.Key != "" && s.idSeen:
		return transport.ErrStale
	case h.Ticket != "" && h.Ticket != s.ticket:
		return transport.ErrStale
	case h.Attach != 0 && h.Attach <= s.lastN: // R1
		return transport.ErrStale
	}
	return check(h, up, s.down.last())
}

// carry makes l the link that carries the session (R1, R2). s.mu is held.
func (s *Session) carry(l *link, h *transport.Hello) {
	s.lastN = h.Attach
	s.transport = h.Transport
	s.polls = !h.Stream
	s.dropTicket()
	if s.link != nil {
		s.link.finish(transport.ErrReplaced)
	}
	s.link = l
	s.to(attached)
	l.cursor = s.down.confirmed + 1 // R4
	l.implied = l.cursor
	l.wroteAt = s.seenAt // the time here
}

// newTicket gives out a ticket for one attach by URL. s.mu is held.
func (s *Session) newTicket() string {
	s.dropTicket()
	s.ticket = secret()
	s.server.registry.addTicket(s.ticket, s)
	return s.ticket
}

// dropTicket makes the ticket that was given out worthless. s.mu is held.
func (s *Session) dropTicket() {
	if s.ticket != "" {
		s.server.registry.removeTicket(s.ticket)
		s.ticket = ""
	}
}

// secret returns 128 random bits as 22 characters of base64url.
func secret() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand, Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// discard ends a session whose first hello was at fault itself, unless another
// leg has attached to it.
func (s *Session) discard() {
	s.mu.Lock()
	s.reclaim()
	unused, over := s.lastN == 0, s.state == closed
	s.mu.Unlock()
	switch {
	case over:
		s.cleanup() // it may have ended before the registry had it
	case unused:
		s.abort(transport.ErrClosed)
	}
}

// gone returns what a client is told that comes back to a session that is over.
func gone(why *transport.CloseError) *transport.CloseError {
	if why.Is(transport.ErrExpired) || why.Is(transport.ErrOverflow) {
		return why
	}
	return transport.ErrClosed
}
