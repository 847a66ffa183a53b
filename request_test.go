package everwire_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/transport"
)

// A tracer is a listener that tells when a connection of its own is collected.
type tracer struct {
	net.Listener
	collected chan struct{}
}

func (l *tracer) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	traced := &struct{ net.Conn }{nc}
	runtime.AddCleanup(traced, func(ch chan struct{}) { close(ch) }, l.collected)
	return traced, nil
}

// A session keeps the request that opened it, but nothing of its connection:
// that one is collected while the session lives.
func TestSessionKeepsNoConnection(t *testing.T) {
	rt := everwire.New(everwire.Options{Logger: slog.New(slog.DiscardHandler)})
	srv := httptest.NewUnstartedServer(rt)
	l := &tracer{srv.Listener, make(chan struct{})}
	srv.Listener = l
	srv.Start()
	defer srv.Close()
	defer func() { _ = rt.Shutdown(transport.Done) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/everwire/polling", strings.NewReader(`[20,{"key":"9fK2mQ0aT7uVx3LrYc1bEw","n":1}]`+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Name", "ann")
	req.Close = true
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s, %s", resp.Status, body)
	}
	_ = resp.Body.Close()
	for end := time.Now().Add(5 * time.Second); ; {
		runtime.GC()
		select {
		case <-l.collected:
			for s := range rt.Sessions() {
				if name := s.Request().Header.Get("X-Name"); name != "ann" {
					t.Errorf("X-Name: got %q, want ann", name)
				}
			}
			if rt.Len() != 1 {
				t.Errorf("got %d sessions, want 1", rt.Len())
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatal("the connection is still there")
		}
	}
}
