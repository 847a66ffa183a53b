//go:build linux

package load

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everwire/everwire"

	"github.com/everwire/everwire/bench/control"
)

const limit = 20 * time.Second

// A fake is a server of lines over TCP that may lose, repeat and damage events.
type fake struct {
	l net.Listener

	mu sync.Mutex
	// Guarded by mu.
	conns []net.Conn
	next  int
	send  func(conn, n int) string // what conn gets in place of event n
}

// newFake returns a fake that numbers events as it is told: what conn gets in place of event n.
func newFake(t *testing.T, send func(conn, n int) []int) *fake {
	return newFakeOf(t, func(conn, n int) string {
		var b strings.Builder
		for _, n := range send(conn, n) {
			b.WriteString(control.Payload(n) + "\n")
		}
		return b.String()
	})
}

func newFakeOf(t *testing.T, send func(conn, n int) string) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{l: l, send: send}
	var wg sync.WaitGroup
	wg.Go(func() { // ends when l is closed
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, c)
			_, _ = io.WriteString(c, control.Payload(0)+"\n") // a session that is greeted gets all events
			f.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
		for _, c := range f.conns {
			c.Close()
		}
	})
	return f
}

func (f *fake) broadcast(events int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range events {
		f.next++
		for i, c := range f.conns {
			if _, err := io.WriteString(c, f.send(i, f.next)); err != nil {
				return err
			}
		}
	}
	return nil
}

func newTestCrowd(t *testing.T, p Protocol, addr string) *Crowd {
	t.Helper()
	loop, err := NewLoop()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loop.Close)
	return NewCrowd(loop, p, addr)
}

// A server that loses or repeats one event of one session among many is found out.
func TestBroadcastFindsLoss(t *testing.T) {
	tests := []struct {
		name      string
		instead   []int // of event 30, for session 5
		lost, dup int
		want      string
	}{
		{"all is well", []int{30}, 0, 0, ""},
		{"one lost", nil, 1, 0, "event 31 came after 29 (1 lost"},
		{"one twice", []int{30, 30}, 0, 1, "event 30 came after 30 (0 lost, 1 twice"},
		{"one too early", []int{31, 30}, 1, 1, "event 31 came after 29 (1 lost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, func(conn, n int) []int {
				if conn == 5 && n == 30 {
					return tt.instead
				}
				return []int{n}
			})
			c := newTestCrowd(t, TCP{}, f.l.Addr().String())
			if err := c.Open(10, 4, limit); err != nil {
				t.Fatal(err)
			}
			err := c.Broadcast(100, 16, f.broadcast, limit)
			sum := c.Count()
			if tt.want == "" {
				if err != nil || sum.Got != 1000 || !sum.Whole() || c.Complete() != 100 {
					t.Errorf("got %d events, %s, %d complete, error %v", sum.Got, sum.Faults(), c.Complete(), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %q", err, tt.want)
			}
			if sum.Lost < tt.lost || sum.Dup < min(tt.dup, 1-tt.lost) {
				t.Errorf("got %s, want %d and %d", sum.Faults(), tt.lost, tt.dup)
			}
		})
	}
}

// The last event of all cannot show by a gap. It shows by the time that passes.
func TestBroadcastMissesTheLast(t *testing.T) {
	f := newFake(t, func(conn, n int) []int {
		if conn == 1 && n == 10 {
			return nil
		}
		return []int{n}
	})
	c := newTestCrowd(t, TCP{}, f.l.Addr().String())
	if err := c.Open(3, 3, limit); err != nil {
		t.Fatal(err)
	}
	if err := c.Broadcast(10, 1, f.broadcast, 100*time.Millisecond); !errors.Is(err, ErrSlow) || c.Complete() != 9 {
		t.Errorf("got error %v and %d complete, want %v and 9", err, c.Complete(), ErrSlow)
	}
}

// No more than a window of broadcasts is under way.
func TestBroadcastWindow(t *testing.T) {
	f := newFake(t, func(_, n int) []int { return []int{n} })
	c := newTestCrowd(t, TCP{}, f.l.Addr().String())
	if err := c.Open(4, 4, limit); err != nil {
		t.Fatal(err)
	}
	begun, most := 0, 0
	err := c.Broadcast(50, 3, func(n int) error {
		begun += n
		most = max(most, begun-c.Complete())
		return f.broadcast(n)
	}, limit)
	if err != nil || begun != 50 || most != 3 {
		t.Errorf("got %d broadcasts, at most %d under way, error %v, want 50 and 3", begun, most, err)
	}
}

// A connection that ends is an error, not a session that gets nothing more.
func TestServerGone(t *testing.T) {
	f := newFake(t, func(_, n int) []int { return []int{n} })
	c := newTestCrowd(t, TCP{}, f.l.Addr().String())
	if err := c.Open(2, 2, limit); err != nil {
		t.Fatal(err)
	}
	err := c.Broadcast(5, 1, func(n int) error {
		if c.Complete() == 2 {
			return f.conns[1].Close()
		}
		return f.broadcast(n)
	}, limit)
	if err == nil || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("got %v", err)
	}
}

// The generator speaks the protocol of PROTOCOL.md: sessions open, get all events, confirm them, and come back.
func TestEverwire(t *testing.T) {
	const sessions = 8
	for _, transport := range []string{"websocket", "sse", "longpoll"} {
		t.Run(transport, func(t *testing.T) {
			rt := everwire.New(everwire.Options{OpeningsPerSecond: 1000, Logger: slog.New(slog.DiscardHandler)})
			rt.OnConnect(func(s *everwire.Session) error { return s.Emit("e", control.Payload(0)) })
			everwire.Handle(rt, "raw", func(_ *everwire.Session, text string) (string, error) { return text, nil })
			srv := httptest.NewServer(rt)
			c := newTestCrowd(t, Everwire{transport}, srv.Listener.Addr().String())
			t.Cleanup(func() {
				_ = rt.Shutdown(t.Context())
				srv.CloseClientConnections()
				srv.Close()
			})
			next := 0
			broadcast := func(n int) error {
				for range n {
					next++
					if err := rt.Emit("e", control.Payload(next)); err != nil {
						return err
					}
				}
				return nil
			}
			if err := c.Open(sessions, 4, limit); err != nil {
				t.Fatal(err)
			}
			events := 500
			if transport != "longpoll" { // each poll confirms there
				events = 9_000 // more than the 1 MiB that a session keeps whose client does not confirm
			}
			if err := c.Broadcast(events, 64, broadcast, limit); err != nil {
				t.Fatal(err)
			}
			c.Drop()
			if err := broadcast(30); err != nil {
				t.Fatal(err)
			}
			if err := c.Resume(next, limit); err != nil {
				t.Fatal(err)
			}
			if sum := c.Count(); sum.Got != sessions*(events+30) || !sum.Whole() {
				t.Errorf("got %d events, %s", sum.Got, sum.Faults())
			}
			if got := rt.Len(); got != sessions {
				t.Errorf("got %d sessions, want the %d that there were", got, sessions)
			}
		})
	}
}

func TestEcho(t *testing.T) {
	rt := everwire.New(everwire.Options{OpeningsPerSecond: 1000, Logger: slog.New(slog.DiscardHandler)})
	rt.OnConnect(func(s *everwire.Session) error { return s.Emit("e", control.Payload(0)) })
	everwire.Handle(rt, "raw", func(_ *everwire.Session, text string) (string, error) { return text, nil })
	srv := httptest.NewServer(rt)
	c := newTestCrowd(t, Everwire{"websocket"}, srv.Listener.Addr().String())
	t.Cleanup(func() {
		_ = rt.Shutdown(t.Context())
		srv.CloseClientConnections()
		srv.Close()
	})
	if err := c.Open(5, 5, limit); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Echo(100, false, control.Payload, limit); err != nil {
			t.Fatal(err)
		}
	}
	if sum := c.Count(); sum.Got != 1000 || !sum.Whole() || len(c.Echoes) != 1000 || slices.Min(c.Echoes) <= 0 {
		t.Errorf("got %d echoes, %s, %d times", sum.Got, sum.Faults(), len(c.Echoes))
	}
}
