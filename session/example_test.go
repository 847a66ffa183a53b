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

	"github.com/everwire/everwire/internal/page"
	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

// overWebSocket returns a server with one transport, for the examples whose page
// speaks it; the root package's New has all four.
func overWebSocket() *session.Server {
	return session.New(session.Options{Transports: []transport.Transport{&websocket.Transport{}}})
}

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
	rt := overWebSocket()
	session.On(rt, "say", func(s *session.Session, m struct{ Text string }) error {
		return s.Emit("said", m.Text)
	})

	p := page.Open(rt, "")
	defer p.Close()
	p.Emit("say", `{"Text":"hi"}`) // in the page: rt.emit('say', {Text: 'hi'})
	fmt.Println(p.Hear())
	// Output: said "hi"
}

// The client's emit gets what the handler returns as its ack.
func ExampleHandle() {
	rt := overWebSocket()
	session.Handle(rt, "history", func(s *session.Session, n int) ([]string, error) {
		if n > 100 {
			return nil, &session.Refusal{Code: "too-many", Text: "at most 100 lines"}
		}
		return []string{"hello"}, nil
	})

	p := page.Open(rt, "")
	defer p.Close()
	fmt.Println(p.Call("history", "10"))
	fmt.Println(p.Call("history", "1000"))
	// Output:
	// ["hello"]
	// refused: too-many: at most 100 lines
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

// An emit to many from anywhere: a cron job, another HTTP handler. A session in
// several of the rooms gets it once.
func ExampleServer_To() {
	rt := overWebSocket()
	rt.OnConnect(func(s *session.Session) error {
		s.Join("lobby")
		s.Join("hall")
		return s.Emit("rooms", s.Rooms())
	})
	p := page.Open(rt, "")
	defer p.Close()
	fmt.Println(p.Hear())

	err := rt.To("lobby", "hall").Emit("news", "lunch is ready", session.DropWhenFull)
	fmt.Println(err)
	fmt.Println(p.Hear())
	// Output:
	// rooms ["hall","lobby"]
	// <nil>
	// news "lunch is ready"
}

// A handler may call its own client, and wait.
func ExampleSession_Call() {
	rt := overWebSocket()
	session.On(rt, "delete", func(s *session.Session, file string) error {
		ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
		defer cancel()
		var sure bool
		if err := s.Call(ctx, "sure?", file, &sure); err != nil || !sure {
			return err
		}
		return s.Emit("deleted", file)
	})

	p := page.Open(rt, "", "true") // in the page: rt.on('sure?', function () { return true; })
	defer p.Close()
	p.Emit("delete", `"a.txt"`)
	fmt.Println(p.Hear())
	// Output: deleted "a.txt"
}

func ExampleSession_Set() {
	type visits struct{}
	rt := overWebSocket()
	rt.OnConnect(func(s *session.Session) error {
		s.Set(visits{}, 0)
		return nil
	})
	session.Handle(rt, "visit", func(s *session.Session, _ json.RawMessage) (int, error) {
		n := s.Get(visits{}).(int) + 1 // handlers of one session do not race
		s.Set(visits{}, n)
		return n, nil
	})

	p := page.Open(rt, "")
	defer p.Close()
	fmt.Println(p.Call("visit", "null"), p.Call("visit", "null"))
	// Output: 1 2
}

func ExampleServer_Sessions() {
	rt := session.New(session.Options{})
	for s := range rt.Sessions() {
		if s.User() == "mallory" {
			s.Close(transport.CodeApp, "not welcome any more")
		}
	}
}

// Everybody in a room hears it but the session that says it.
func ExampleSession_To() {
	rt := overWebSocket()
	rt.OnConnect(func(s *session.Session) error {
		s.Join("lobby")
		return s.Emit("joined", nil)
	})
	session.On(rt, "say", func(s *session.Session, text string) error {
		if err := s.To("lobby").Emit("said", text); err != nil {
			return err
		}
		return s.Emit("sent", nil)
	})

	ann, ben := page.Open(rt, ""), page.Open(rt, "")
	defer ann.Close()
	defer ben.Close()
	fmt.Println(ann.Hear(), ben.Hear())
	ann.Emit("say", `"hi"`)
	fmt.Println("ben:", ben.Hear())
	fmt.Println("ann:", ann.Hear())
	// Output:
	// joined joined
	// ben: said "hi"
	// ann: sent
}

// What is worthless a moment later may be dropped, is never repeated, and does
// not wait in a queue.
func ExampleSession_Volatile() {
	rt := overWebSocket()
	session.On(rt, "move", func(s *session.Session, at [2]int) error {
		return s.Volatile("cursor", at)
	})

	p := page.Open(rt, "")
	defer p.Close()
	p.Emit("move", "[3,4]")
	fmt.Println(p.Hear())
	// Output: cursor [3,4]
}

// What was emitted before is delivered before the end.
func ExampleSession_Close() {
	rt := overWebSocket()
	session.On(rt, "quit", func(s *session.Session, _ json.RawMessage) error {
		if err := s.Emit("bye", nil); err != nil {
			return err
		}
		s.Close(transport.CodeApp, "signed out")
		return nil
	})

	p := page.Open(rt, "")
	defer p.Close()
	p.Emit("quit", "null")
	fmt.Println(p.Hear())
	fmt.Println(p.Ended())
	// Output:
	// bye
	// everwire: 4100 signed out
}

// An error of OnConnect refuses the session.
func ExampleServer_OnConnect() {
	rt := overWebSocket()
	rt.OnConnect(func(s *session.Session) error {
		if rt.Len() > 1 {
			return &transport.CloseError{Code: transport.CodeApp, Reason: "the room is full"}
		}
		return s.Emit("hello", s.Transport())
	})

	ann := page.Open(rt, "")
	defer ann.Close()
	fmt.Println("ann:", ann.Hear())
	ben := page.Open(rt, "")
	defer ben.Close()
	fmt.Println("ben:", ben.Ended())
	// Output:
	// ann: hello "websocket"
	// ben: everwire: 4100 the room is full
}

// It is called at the end of a session, once, never at that of a connection.
func ExampleServer_OnDisconnect() {
	rt := overWebSocket()
	gone := make(chan error)
	rt.OnDisconnect(func(s *session.Session, reason error) { gone <- reason })
	session.On(rt, "leave", func(s *session.Session, _ json.RawMessage) error {
		s.Close(transport.CodeNormal, "")
		return nil
	})

	p := page.Open(rt, "")
	defer p.Close()
	p.Emit("leave", "null")
	var ce *transport.CloseError
	fmt.Println(errors.As(<-gone, &ce), ce.Code == transport.CodeNormal)
	// Output: true true
}

// A broadcast is a value that says to whom; it may be kept.
func ExampleBroadcast_Except() {
	rt := overWebSocket()
	session.On(rt, "shout", func(s *session.Session, text string) error {
		return rt.Except(s).Emit("heard", text)
	})

	ann, ben := page.Open(rt, ""), page.Open(rt, "")
	defer ann.Close()
	defer ben.Close()
	ann.Emit("shout", `"hey"`)
	fmt.Println(ben.Hear())
	// Output: heard "hey"
}

// The request that opened the session: its cookies, headers, context values.
func ExampleSession_Request() {
	rt := overWebSocket()
	rt.OnConnect(func(s *session.Session) error {
		return s.Emit("path", s.Request().URL.Path)
	})

	p := page.Open(rt, "")
	defer p.Close()
	fmt.Println(p.Hear())
	// Output: path "/everwire/websocket"
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
