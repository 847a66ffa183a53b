package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// A server with a choice of transports; the root package has all four.
func ExampleNew() {
	rt := session.New(session.Options{
		Transports:   []transport.Transport{longpoll.Transport{}, polling.Transport{}},
		ResumeWindow: 5 * time.Minute,
	})
	http.Handle("/realtime/", rt)
	fmt.Println(rt.Ready(), rt.Len())
	// Output: true 0
}

func ExampleOn() {
	type say struct {
		Text string `json:"text"`
	}
	rt := session.New(session.Options{})
	session.On(rt, "say", func(s *session.Session, m say) error {
		return s.To("lobby").Emit("said", m) // everyone in the room but s
	})
}

// The client's emit gets what the handler returns as its ack.
func ExampleHandle() {
	rt := session.New(session.Options{})
	session.Handle(rt, "history", func(s *session.Session, n int) ([]string, error) {
		if n > 100 {
			return nil, &session.Refusal{Code: "too-many", Text: "at most 100 lines"}
		}
		return []string{"hello"}, nil
	})
}

func ExampleOptions_authorize() {
	rt := session.New(session.Options{
		Authorize: func(r *http.Request, auth json.RawMessage) (any, error) {
			var token string
			if json.Unmarshal(auth, &token) != nil || token != "open sesame" {
				return nil, errors.New("wrong token")
			}
			return "ann", nil // Session.User
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	hello := transport.Hello{Version: 1, Key: "9fK2mQ0aT7uVx3LrYc1bEw", Attach: 1, Auth: json.RawMessage(`"let me in"`)}
	_, _, err := rt.Attach(httptest.NewRequest("POST", "/", nil), hello, transport.Batch{Seq: 1})
	fmt.Println(errors.Is(err, transport.ErrAuth))
	hello.Auth = json.RawMessage(`"open sesame"`)
	_, welcome, _ := rt.Attach(httptest.NewRequest("POST", "/", nil), hello, transport.Batch{Seq: 1})
	fmt.Println(rt.Session(welcome.ID).User())
	// Output:
	// true
	// ann
}

// An emit to many from anywhere: a cron job, another HTTP handler.
func ExampleServer_To() {
	rt := session.New(session.Options{})
	err := rt.To("lobby", "hall").Emit("news", "lunch is ready", session.DropWhenFull)
	fmt.Println(err)
	// Output: <nil>
}

// A handler may call its own client, and wait.
func ExampleSession_Call() {
	rt := session.New(session.Options{})
	session.On(rt, "delete", func(s *session.Session, file string) error {
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		defer cancel()
		var sure bool
		if err := s.Call(ctx, "sure?", file, &sure); err != nil || !sure {
			return err
		}
		return s.Emit("deleted", file)
	})
}

func ExampleSession_Set() {
	type visits struct{}
	rt := session.New(session.Options{})
	rt.OnConnect(func(s *session.Session) error {
		s.Set(visits{}, 0)
		return nil
	})
	session.Handle(rt, "visit", func(s *session.Session, _ json.RawMessage) (int, error) {
		n := s.Get(visits{}).(int) + 1 // handlers of one session do not race
		s.Set(visits{}, n)
		return n, nil
	})
}

func ExampleServer_Sessions() {
	rt := session.New(session.Options{})
	for s := range rt.Sessions() {
		if s.User() == "mallory" {
			s.Close(transport.CodeApp, "not welcome any more")
		}
	}
}

// Sessions leave before the HTTP server stops.
func ExampleServer_Shutdown() {
	rt := session.New(session.Options{})
	srv := &http.Server{Handler: rt}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		log.Print("some clients could not be reached: ", err)
	}
	fmt.Println(rt.Ready(), srv.Shutdown(ctx))
	// Output: false <nil>
}
