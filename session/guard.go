package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/everwire/everwire/transport"
)

var (
	errPanic = errors.New("everwire: a handler panicked")
	errExit  = errors.New("it ended its goroutine (runtime.Goexit)")
)

// rescue is deferred where the app is called for the opening request r of a
// session, with *err errExit until it has returned. A panic is logged with its
// stack and becomes *err = is: on a goroutine of the library it would be the end
// of the process. An end of the goroutine is logged, but cannot be undone.
func (rt *Server) rescue(what string, r *http.Request, err *error, is error) {
	p := recover()
	switch {
	case p == nil && *err != errExit:
		return
	case p == nil:
		p = errExit
	}
	*err = is
	rt.opts.Logger.Error("everwire: handler panicked", "event", what, "err", fmt.Sprint(p), "stack", string(debug.Stack()), "remote", r.RemoteAddr)
}

// guard calls fn and turns a panic into errPanic. For an item whose handler has
// ended its goroutine it is called again (goOn), and does without fn.
func (s *Session) guard(what string, fn func() error) (err error) {
	if s.exited {
		s.exited = false
		return errPanic
	}
	err = errExit
	defer s.server.rescue(what, &s.request.r, &err, errPanic)
	return fn()
}

// clientAddr asks the app. A panic refuses this client and nobody else.
func (rt *Server) clientAddr(r *http.Request) (addr string, err error) {
	err = errExit
	defer rt.rescue("ClientAddr", r, &err, transport.ErrInternal)
	return rt.opts.ClientAddr(r), nil
}

// A safeLog is the app's log handler, of which a panic costs a line at the most.
// Loggers that With makes of it would be the app's own again: there are none.
type safeLog struct{ slog.Handler }

// Enabled asks the app.
func (h safeLog) Enabled(ctx context.Context, level slog.Level) (on bool) {
	defer func() { _ = recover() }()
	return h.Handler.Enabled(ctx, level)
}

// Handle writes a line. It may be the error in it at which the app panics, as one
// of a handler that is a nil pointer: so it is tried once more with text only.
func (h safeLog) Handle(ctx context.Context, r slog.Record) error {
	err := h.try(ctx, r)
	if err != errPanic {
		return err
	}
	plain := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		plain.AddAttrs(slog.String(a.Key, fmt.Sprint(a.Value.Any())))
		return true
	})
	return h.try(ctx, plain)
}

func (h safeLog) try(ctx context.Context, r slog.Record) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return h.Handler.Handle(ctx, r)
}
