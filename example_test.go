package everwire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/everwire/everwire"
)

func ExampleNew() {
	rt := everwire.New(everwire.Options{
		AllowedOrigins: []string{"https://shop.example"},
		ResumeWindow:   5 * time.Minute,
	})
	mux := http.NewServeMux()
	mux.Handle("/everwire/", rt)
	fmt.Println(rt.Ready())
	// Output: true
}

func ExampleNew_authorize() {
	everwire.New(everwire.Options{
		Authorize: func(r *http.Request, auth json.RawMessage) (user any, err error) {
			cookie, err := r.Cookie("session")
			if err != nil {
				return nil, errors.New("not signed in")
			}
			return cookie.Value, nil // what Session.User returns
		},
	})
}

func ExampleOn() {
	type Say struct {
		Text string `json:"text"`
	}
	rt := everwire.New(everwire.Options{})
	everwire.On(rt, "say", func(s *everwire.Session, m Say) error {
		return s.To("lobby").Emit("said", m)
	})
}

func ExampleHandle() {
	type Query struct{ Since int }
	rt := everwire.New(everwire.Options{})
	everwire.Handle(rt, "history", func(s *everwire.Session, q Query) ([]string, error) {
		if q.Since < 0 {
			return nil, &everwire.Refusal{Code: "since", Text: "must not be negative"}
		}
		return []string{"hello"}, nil
	})
}

func ExampleDropWhenFull() {
	rt := everwire.New(everwire.Options{})
	err := rt.To("ticker").Emit("price", 4.2, everwire.DropWhenFull)
	if errors.Is(err, everwire.ErrQueueFull) {
		fmt.Println("some are too slow to get it")
	}
}

func ExampleServer_shutdown() {
	rt := everwire.New(everwire.Options{})
	srv := &http.Server{Handler: rt}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	fmt.Println(rt.Shutdown(ctx), srv.Shutdown(ctx)) // in this order
	// Output: <nil> <nil>
}
