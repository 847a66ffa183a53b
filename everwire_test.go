package everwire_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/transport"
)

// transports are what the zero Options have, best first.
var transports = []string{"websocket", "sse", "longpoll", "polling"}

func TestZeroOptions(t *testing.T) {
	rt := everwire.New(everwire.Options{})
	_, w, err := rt.Attach(httptest.NewRequest("POST", "/", nil), transport.Hello{Version: 1, Key: "k", Attach: 1}, transport.Batch{Seq: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.Transports, transports) {
		t.Errorf("got transports %v, want %v", w.Transports, transports)
	}
	only := everwire.New(everwire.Options{Transports: []transport.Transport{polling.Transport{}}})
	_, w, err = only.Attach(httptest.NewRequest("POST", "/", nil), transport.Hello{Version: 1, Key: "k", Attach: 1}, transport.Batch{Seq: 1})
	if err != nil || !slices.Equal(w.Transports, []string{"polling"}) {
		t.Errorf("got transports %v, error %v, want polling only", w.Transports, err)
	}
}

// chat is a small app, and a client of it over one transport in a bubble.
type chat struct {
	rt     *everwire.Server
	srv    *memhttp.Server
	client *wireclient.Client

	mu     sync.Mutex
	events []string
}

func newChat(t *testing.T, over string, http2 bool) *chat {
	t.Helper()
	c := &chat{rt: everwire.New(everwire.Options{Logger: slog.New(slog.DiscardHandler)})}
	c.rt.OnConnect(func(s *everwire.Session) error { s.Join("lobby"); return nil })
	everwire.On(c.rt, "say", func(s *everwire.Session, text string) error { return c.rt.To("lobby").Emit("said", text) })
	everwire.Handle(c.rt, "reverse", func(_ *everwire.Session, b []byte) ([]byte, error) {
		b = slices.Clone(b)
		slices.Reverse(b)
		return b, nil
	})
	mux := http.NewServeMux()
	mux.Handle("/everwire/", c.rt)
	c.srv = memhttp.Serve(mux, memhttp.Options{HTTP2: http2})
	c.client = wireclient.New(wireclient.Options{
		URL: c.srv.URL("/everwire/"), HTTP: c.srv.Transport(), Dial: c.srv.Dial,
		Event: func(e wireclient.Event) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.events = append(c.events, e.Name+" "+string(e.Data))
		},
		Call:  func(e wireclient.Event) wireclient.Answer { return wireclient.Answer{Data: json.RawMessage(`"ok"`)} },
		Fault: func(err error) { t.Errorf("fault of the server: %v", err) },
	})
	c.client.Open(over)
	return c
}

func (c *chat) close() {
	c.client.Stop()
	_ = c.rt.Shutdown(transport.Done)
	_ = c.srv.Close()
}

// The whole way there and back, on every transport, over both versions of HTTP.
func TestChat(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, over := range transports {
			if http2 && over == "websocket" {
				continue // there an upgrade is refused, see package websocket
			}
			t.Run(map[bool]string{false: "http1/", true: "http2/"}[http2]+over, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newChat(t, over, http2)
					defer c.close()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					for _, text := range []string{"one", "two", "three"} {
						_ = c.client.Emit("say", json.RawMessage(`"`+text+`"`))
					}
					answer := make(chan string, 1)
					_ = c.client.CallBytes("reverse", []byte("abc"), func(e wireclient.Event, err error) { answer <- string(e.Data) })
					if err := c.client.Settled(ctx); err != nil {
						t.Fatal(err)
					}
					if got := <-answer; got != "cba" {
						t.Errorf("answer: got %q, want cba", got)
					}
					s := c.rt.Session(c.client.ID())
					var ok string
					if err := s.Call(ctx, "sure?", nil, &ok); err != nil || ok != "ok" {
						t.Errorf("call: got %q, error %v", ok, err)
					}
					if s.Transport() != over {
						t.Errorf("transport: got %s, want %s", s.Transport(), over)
					}
					_ = s.Emit("bytes", []byte("\x00\xff"))
					s.Close(everwire.CodeApp, "enough")
					<-s.Context().Done()
					time.Sleep(time.Minute)
					c.mu.Lock()
					defer c.mu.Unlock()
					if got, want := strings.Join(c.events, ", "), `said "one", said "two", said "three", bytes `+"\x00\xff"; got != want {
						t.Errorf("events: got %q, want %q", got, want)
					}
					if n := c.rt.Len(); n != 0 {
						t.Errorf("sessions: got %d, want 0", n)
					}
				})
			})
		}
	}
}
