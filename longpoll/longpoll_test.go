package longpoll_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/leak"
	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestTransport(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New:   func() transport.Transport { return longpoll.Transport{} },
		Dial:  transporttest.DialPost,
		Holds: true,
	})
}

// serve runs a test against a site of its own, in virtual time.
func serve(t *testing.T, opt memhttp.Options, run func(t *testing.T, s *memhttp.Server, d *transporttest.Door)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := transporttest.NewDoor(t)
		s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = longpoll.Transport{}.Serve(w, r, d)
		}), opt)
		defer s.Close()
		run(t, s, d)
	})
}

func poll(t *testing.T, s *memhttp.Server, hello string) (status int, body string) {
	t.Helper()
	resp, err := s.Client().Post(s.URL("/longpoll"), "text/plain", strings.NewReader(hello+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestHold: a poll without frames is held for what the client wants, and for
// the server's maximum at the most, to the millisecond.
func TestHold(t *testing.T) {
	tests := []struct {
		wait string
		want time.Duration
	}{
		{"", 25 * time.Second},
		{`,"wait":0`, 25 * time.Second},
		{`,"wait":null`, 25 * time.Second},
		{`,"wait":1`, time.Millisecond},
		{`,"wait":18750`, 18750 * time.Millisecond},
		{`,"wait":24999`, 24999 * time.Millisecond},
		{`,"wait":25000`, 25 * time.Second},
		{`,"wait":60000`, 25 * time.Second},
		{`,"wait":9007199254740991`, 25 * time.Second},
	}
	for _, http2 := range []bool{false, true} {
		for _, tt := range tests {
			serve(t, memhttp.Options{HTTP2: http2}, func(t *testing.T, s *memhttp.Server, _ *transporttest.Door) {
				start := time.Now()
				status, body := poll(t, s, fmt.Sprintf(`[20,{"id":"session","n":1%s}]`, tt.wait))
				if status != http.StatusNoContent || body != "" {
					t.Errorf("%q: got %d %q, want 204", tt.wait, status, body)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("%q: held for %v, want %v", tt.wait, got, tt.want)
				}
			})
		}
	}
}

// TestHoldEndsWithTheFirstFrame: an event that comes in the last moment of a hold
// is answered, one that comes later waits for the next poll.
func TestHoldEndsWithTheFirstFrame(t *testing.T) {
	for _, at := range []time.Duration{0, time.Second, 25*time.Second - 1} {
		serve(t, memhttp.Options{}, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
			start := time.Now()
			time.AfterFunc(at, func() { d.Emit(&transport.Frame{Kind: transport.KindEvent, Name: "a"}) })
			status, body := poll(t, s, `[20,{"id":"session","n":1}]`)
			if want := "[21,{\"n\":1,\"seq\":1}]\n[1,\"a\"]\n"; status != 200 || body != want {
				t.Errorf("at %v: got %d %q, want 200 %q", at, status, body, want)
			}
			if got := time.Since(start); got != at {
				t.Errorf("at %v: answered after %v", at, got)
			}
		})
	}
}

// TestServerWriteTimeout: what a held poll is answered arrives although the
// server's WriteTimeout is over, be it frames, nothing or the end.
func TestServerWriteTimeout(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		opt := memhttp.Options{HTTP2: http2, Server: func(hs *http.Server) { hs.WriteTimeout = time.Second }}
		for want, do := range map[string]func(*transporttest.Door){
			"200 [21,{\"n\":1,\"seq\":1}]\n[1,\"a\"]\n": func(d *transporttest.Door) { d.Emit(&transport.Frame{Kind: transport.KindEvent, Name: "a"}) },
			"410 [22,4410,\"expired\"]\n":               func(d *transporttest.Door) { d.End(transport.ErrExpired) },
			"204 ":                                      func(*transporttest.Door) {},
		} {
			serve(t, opt, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
				time.AfterFunc(5*time.Second, func() { do(d) })
				status, body := poll(t, s, `[20,{"id":"session","n":1}]`)
				if got := fmt.Sprintf("%d %s", status, body); got != want {
					t.Errorf("HTTP/2 %v: got %q, want %q", http2, got, want)
				}
			})
		}
	}
}
