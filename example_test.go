package everwire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/page"
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
	rt := everwire.New(everwire.Options{
		Authorize: func(r *http.Request, auth json.RawMessage) (user any, err error) {
			var token string
			if json.Unmarshal(auth, &token) != nil || token != "open sesame" {
				return nil, errors.New("wrong token")
			}
			return "ann", nil // what Session.User returns
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	rt.OnConnect(func(s *everwire.Session) error { return s.Emit("hello", s.User()) })

	for _, auth := range []string{`"open sesame"`, `"let me in"`} {
		p := page.Open(rt, auth) // in the page: everwire.connect('/everwire/', {auth: 'open sesame'})
		if auth == `"open sesame"` {
			fmt.Println(p.Hear())
		} else {
			fmt.Println(p.Ended())
		}
		p.Close()
	}
	// Output:
	// hello "ann"
	// everwire: 4401 auth
}

func ExampleOn() {
	type Say struct {
		Text string `json:"text"`
	}
	rt := everwire.New(everwire.Options{})
	rt.OnConnect(func(s *everwire.Session) error { s.Join("lobby"); return nil })
	everwire.On(rt, "say", func(s *everwire.Session, m Say) error {
		return rt.To("lobby").Emit("said", m) // s.To("lobby") would leave s out
	})

	p := page.Open(rt, "")
	defer p.Close()
	p.Emit("say", `{"text":"hi"}`) // in the page: rt.emit('say', {text: 'hi'})
	fmt.Println(p.Hear())
	// Output: said {"text":"hi"}
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

	p := page.Open(rt, "")
	defer p.Close()
	fmt.Println(p.Call("history", `{"Since":0}`)) // in the page: rt.call('history', {Since: 0})
	fmt.Println(p.Call("history", `{"Since":-1}`))
	// Output:
	// ["hello"]
	// refused: since: must not be negative
}

func ExampleDropWhenFull() {
	rt := everwire.New(everwire.Options{})
	err := rt.To("ticker").Emit("price", 4.2, everwire.DropWhenFull)
	if errors.Is(err, everwire.ErrQueueFull) {
		fmt.Println("some are too slow to get it")
	}
	fmt.Println(err)
	// Output: <nil>
}

func ExampleServer_shutdown() {
	rt := everwire.New(everwire.Options{})
	srv := &http.Server{Handler: rt}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	fmt.Println(rt.Shutdown(ctx), srv.Shutdown(ctx)) // in this order
	// Output: <nil> <nil>
}
