package session_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
)

// An exit ends the goroutine when it is encoded.
type exit struct{}

func (exit) MarshalJSON() ([]byte, error) { runtime.Goexit(); return nil, nil }

// An exitLog ends the goroutine at every line about an event.
type exitLog struct{ slog.Handler }

func (exitLog) Enabled(context.Context, slog.Level) bool { return true }

func (exitLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "event") || strings.Contains(r.Message, "handler") {
		runtime.Goexit()
	}
	return nil
}

// An openedLog ends the goroutine at the line about an opening.
type openedLog struct{ slog.Handler }

func (openedLog) Enabled(context.Context, slog.Level) bool { return true }

func (openedLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "opened") {
		runtime.Goexit()
	}
	return nil
}

// exiting returns a server whose handlers end their goroutine, as t.FailNow does
// in the test of an app.
func exiting(log *syncBuffer) (*session.Server, *app) {
	rt := withTransports(session.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	a := watch(rt)
	session.On(rt, "exit", func(*session.Session, json.RawMessage) error { runtime.Goexit(); return nil })
	session.Handle(rt, "exit late", func(*session.Session, json.RawMessage) (exit, error) { return exit{}, nil })
	return rt, a
}

// A handler that ends its goroutine costs that event, as one that panics does.
func TestHandlerThatExits(t *testing.T) {
	bubble(t, "in the Logger, of an opening", func(t *testing.T) {
		rt := withTransports(session.Options{Logger: slog.New(openedLog{slog.DiscardHandler})})
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		synctest.Wait()
		same(t, "sessions", rt.Len(), 0)
	})
	bubble(t, "on a goroutine of its own", func(t *testing.T) {
		var log syncBuffer
		rt, a := exiting(&log)
		p, c := open(t, rt, "websocket", `[1,"exit"]`, `[1,"say",1]`, `[2,7,"exit"]`, `[1,"say",2]`, `[2,8,"exit late"]`, `[1,"say",3]`)
		a.tells(t, "connect", "say 1", "say 2", "say 3")
		c.reads(`[4,7,"internal","the handler failed"]`, `[4,8,"internal","the handler failed"]`)
		same(t, "lines", strings.Count(log.String(), `err="it ended its goroutine`), 3)
		if !strings.Contains(log.String(), "event=\"exit late\"") {
			t.Errorf("logged:\n%s\nwant the event", log.String())
		}
		p.send(`[9,4000,"bye"]`)
		a.tells(t, "disconnect 4000 bye")
		same(t, "Shutdown", rt.Shutdown(t.Context()), nil)
	})
	bubble(t, "on the goroutine that reads", func(t *testing.T) {
		var log syncBuffer
		rt, a := exiting(&log)
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		if _, line, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(line), `[21,`) {
			t.Fatalf("got %s, error %v, want a welcome", line, err)
		}
		for range 3 {
			send(t, ws, gorilla.TextMessage, `[1,"exit"]`, `[2,7,"exit"]`, `[1,"say",1]`)
			if _, line, err := ws.ReadMessage(); err != nil || string(line) != `[4,7,"internal","the handler failed"]` {
				t.Errorf("got %s, error %v, want a refusal", line, err)
			}
		}
		a.tells(t, "connect", "say 1", "say 1", "say 1")
		ws.Close()
		pass(time.Hour)
		a.tells(t, "disconnect 4410 expired")
		same(t, "Shutdown", rt.Shutdown(t.Context()), nil)
	})
	bubble(t, "in the Logger", func(t *testing.T) {
		rt := newServer(session.Options{Logger: slog.New(exitLog{slog.DiscardHandler})})
		a := watch(rt)
		session.On(rt, "fail", func(*session.Session, json.RawMessage) error { return io.EOF })
		p, c := open(t, rt, "websocket", `[1,"nobody"]`, `[1,"nobody"]`, `[1,"say","x"]`, `[2,7,"fail"]`, `[1,"say",1]`)
		a.tells(t, "connect", "say 1")
		c.reads(`[4,7,"internal","the handler failed"]`)
		p.send(`[9,4000,"bye"]`)
		a.tells(t, "disconnect 4000 bye")
		same(t, "Shutdown", rt.Shutdown(t.Context()), nil)
	})
	bubble(t, "Authorize", func(t *testing.T) {
		var log syncBuffer
		asked := 0
		rt := withTransports(session.Options{
			MaxSessions: 1,
			Logger:      slog.New(slog.NewTextHandler(&log, nil)),
			Authorize: func(*http.Request, json.RawMessage) (any, error) {
				if asked++; asked == 1 {
					pass(time.Second)
					runtime.Goexit()
				}
				return nil, nil
			},
		})
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		synctest.Wait()
		p := newPeer(t, rt)
		p.key = key22
		p.n++
		same(t, "a leg that waits", p.refused(p.hello("polling")), "4500 internal")
		same(t, "the next one", p.refused(p.hello("polling")), "")
		if _, _, err := ws.ReadMessage(); err == nil {
			t.Error("the connection goes on, and nobody reads it")
		}
		if !strings.Contains(log.String(), "event=Authorize") {
			t.Errorf("logged:\n%s\nwant Authorize", log.String())
		}
	})
	for _, hook := range []string{"OnConnect", "OnDisconnect"} {
		bubble(t, hook, func(t *testing.T) {
			var log syncBuffer
			rt, a := exiting(&log)
			want := []string{"connect", "say 1"}
			if hook == "OnConnect" {
				rt.OnConnect(func(*session.Session) error { runtime.Goexit(); return nil })
				want = nil
			} else {
				rt.OnDisconnect(func(*session.Session, error) { runtime.Goexit() })
			}
			srv := memhttp.Serve(rt, memhttp.Options{})
			defer srv.Close()
			ws := dial(t, srv)
			defer ws.Close()
			send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`, `[1,"say",1]`)
			if hook == "OnConnect" {
				for _, want := range []string{`[21,`, `[9,4403,"forbidden"]`} {
					if _, line, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(line), want) {
						t.Errorf("got %s, error %v, want %s", line, err, want)
					}
				}
			}
			synctest.Wait()
			send(t, ws, gorilla.TextMessage, `[9,4000,"bye"]`)
			a.tells(t, want...)
			same(t, "sessions", rt.Len(), 0)
			same(t, "Shutdown", rt.Shutdown(t.Context()), nil)
			if !strings.Contains(log.String(), "event="+hook) {
				t.Errorf("logged:\n%s\nwant %s", log.String(), hook)
			}
		})
	}
}
