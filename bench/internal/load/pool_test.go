//go:build linux

package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// newPool returns a pool of a crowd with one session, before a server that runs h.
func newPool(t *testing.T, h http.HandlerFunc) (*Crowd, *pool) {
	t.Helper()
	srv := httptest.NewServer(h)
	c := newTestCrowd(t, TCP{}, srv.Listener.Addr().String())
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	c.Sessions = []*Session{{crowd: c}}
	return c, poolOf(c)
}

// Servers close connections: behind an answer, or just as a request arrives. Every POST gets through all the same.
func TestPoolOutlivesConnections(t *testing.T) {
	for _, when := range []string{"behind an answer", "before an answer"} {
		t.Run(when, func(t *testing.T) {
			var came, all atomic.Int64
			c, p := newPool(t, func(w http.ResponseWriter, _ *http.Request) {
				if n := all.Add(1); when == "before an answer" && n%3 == 0 {
					if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
						conn.Close()
					}
					return
				}
				came.Add(1)
				if when == "behind an answer" {
					w.Header().Set("Connection", "close")
				}
				w.WriteHeader(http.StatusNoContent)
			})
			for i := range 30 {
				p.send(post(c.Sessions[0], "/send", "x"))
				want := int64(i + 1)
				if err := c.run(false, limit, func() bool { return came.Load() == want && len(p.idle) == p.all }); err != nil {
					t.Fatalf("POST %d: %v, %d came", i, err, came.Load())
				}
			}
		})
	}
}

// More at once than there are connections wait for their turn, and each goes out once.
func TestPoolQueues(t *testing.T) {
	var came atomic.Int64
	c, p := newPool(t, func(w http.ResponseWriter, _ *http.Request) {
		came.Add(1)
		w.WriteHeader(http.StatusNoContent)
	})
	for range 5 * poolSize {
		p.send(post(c.Sessions[0], "/send", "x"))
	}
	if p.all != poolSize {
		t.Errorf("got %d connections, want %d", p.all, poolSize)
	}
	if err := c.run(false, limit, func() bool { return len(p.idle) == poolSize }); err != nil {
		t.Fatal(err)
	}
	if got := came.Load(); got != 5*poolSize {
		t.Errorf("%d of %d came", got, 5*poolSize)
	}
}

// A server that never answers is an error, not a loop.
func TestPoolGivesUp(t *testing.T) {
	c, p := newPool(t, func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
	})
	p.send(post(c.Sessions[0], "/send", "x"))
	err := c.run(false, limit, func() bool { return false })
	if err == nil || !strings.Contains(err.Error(), "a send") {
		t.Errorf("got %v", err)
	}
}
