package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/everwire/everwire/transport"
)

// maxLegs bounds the connections that wait for the Authorize of one opening.
const maxLegs = 4

// An opening is a key and what came of it. Every leg and retry of a client's
// opening has the same key and finds the same session (rule R9).
type opening struct {
	addr    string
	session *Session
	err     error

	// Guarded by registry.mu.
	verdict chan struct{} // closed when session or err is set, then decided; nil: nobody waits for it
	legs    int           // that wait
}

// open returns the session of the hello's key; the first leg makes it, the
// others wait for the verdict on the first. No timer looks after the session
// before the attach or, where that fails, the discard that follows at once.
func (rt *Server) open(r *http.Request, h *transport.Hello, up transport.Batch) (s *Session, opened bool, err error) {
	if h.Version < 1 {
		return nil, false, transport.ErrVersion
	}
	if err := suspicious(r); err != nil {
		return nil, false, err
	}
	if headSize(r) > maxHead {
		return nil, false, transport.ErrSize
	}
	addr, err := rt.clientAddr(r)
	if err != nil {
		return nil, false, err
	}
	o, verdict, err := rt.registry.opening(h.Key, addr, &rt.opts, rt.now())
	if err != nil {
		return nil, false, err
	}
	if verdict != nil {
		return rt.join(r, o, verdict)
	}
	pending := true
	defer func() {
		if pending { // Authorize has ended the goroutine
			_ = rt.registry.decide(o, h.Key, nil, true, transport.ErrInternal)
		}
	}()
	user, err := rt.authorize(r, h)
	if err == nil {
		err = check(h, up, 0) // a request that is refused must not connect
	}
	if err == nil {
		s, err = rt.newSession(r, h, o.addr, user)
	}
	if err == nil {
		rt.enter(s) // before another leg can find it, and end it
	}
	pending = false
	if err = rt.registry.decide(o, h.Key, s, r.Context().Err() != nil, err); err != nil {
		if s != nil {
			s.abort(transport.ErrClosed) // an app may have found it among all
		}
		return nil, false, err
	}
	defer func() {
		if !opened { // the Logger has
			s.discard()
		}
	}()
	rt.opts.Logger.LogAttrs(context.Background(), slog.LevelDebug, "everwire: opened",
		slog.String("session", s.id), slog.String("transport", h.Transport), slog.String("remote", r.RemoteAddr))
	return s, true, nil
}

// join waits for the verdict that another leg of the same opening brings.
func (rt *Server) join(r *http.Request, o *opening, verdict <-chan struct{}) (s *Session, opened bool, err error) {
	select {
	case <-verdict:
		return o.session, false, o.err
	case <-r.Context().Done():
		rt.registry.giveUp(o)
		return nil, false, transport.ErrTimeout
	}
}

// authorize asks the app. A panic refuses this client and nobody else.
func (rt *Server) authorize(r *http.Request, h *transport.Hello) (user any, err error) {
	if rt.opts.Authorize == nil {
		return nil, nil
	}
	err = errExit
	defer rt.rescue("Authorize", r, &err, transport.ErrInternal)
	user, err = rt.opts.Authorize(r, h.Auth)
	var ce *transport.CloseError
	if err == nil || errors.As(err, &ce) && ce.Code >= transport.CodeBad {
		return user, err
	}
	rt.opts.Logger.Info("everwire: Authorize refused", "transport", h.Transport, "remote", r.RemoteAddr, "err", err)
	return nil, transport.ErrAuth
}

func (rt *Server) newSession(r *http.Request, h *transport.Hello, addr string, user any) (*Session, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("everwire: no session id: %w", err)
	}
	now := rt.now()
	s := &Session{
		server:    rt,
		id:        base64.RawURLEncoding.EncodeToString(id[:]),
		key:       h.Key,
		addr:      addr,
		request:   keep(r),
		user:      user,
		transport: h.Transport, // OnConnect may ask before the attach
		seenAt:    now,
		leftAt:    now,
	}
	// OnConnect comes before every event; the attach sees to it.
	s.in.lend(item{life: lifeConnect})
	s.in.rate.seenAt = now
	return s, nil
}
