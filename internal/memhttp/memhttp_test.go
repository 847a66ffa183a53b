package memhttp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
)

func TestServeInABubble(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		name := map[bool]string{false: "http1", true: "http2"}[h2]
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					time.Sleep(25 * time.Second)
					_, _ = io.WriteString(w, r.Proto+" "+string(body))
				}), memhttp.Options{HTTP2: h2})
				defer s.Close()
				start := time.Now()
				resp, err := s.Client().Post(s.URL("/x"), "text/plain", strings.NewReader("hi"))
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(resp.Body)
				want := map[bool]string{false: "HTTP/1.1 hi", true: "HTTP/2.0 hi"}[h2]
				if string(body) != want {
					t.Errorf("body: got %q, want %q", body, want)
				}
				if d := time.Since(start); d != 25*time.Second {
					t.Errorf("took %v of virtual time, want 25s", d)
				}
			})
		})
	}
}

func TestStreamIsSeenFrameByFrame(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rc := http.NewResponseController(w)
				for {
					if _, err := io.WriteString(w, "tick\n"); err != nil || rc.Flush() != nil {
						return
					}
					select {
					case <-r.Context().Done():
						return
					case <-time.After(time.Second):
					}
				}
			}), memhttp.Options{HTTP2: h2})
			defer s.Close()
			ctx, cancel := context.WithCancel(t.Context())
			req, _ := http.NewRequestWithContext(ctx, "GET", s.URL("/"), nil)
			resp, err := s.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			start, lines := time.Now(), bufio.NewReader(resp.Body)
			for range 4 {
				if _, err := lines.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			if d := time.Since(start); d != 3*time.Second {
				t.Errorf("four ticks took %v, want 3s", d)
			}
			cancel()
			_ = resp.Body.Close()
		})
	}
}

func TestWebSocketAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan error, 1)
		s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for {
				kind, msg, err := c.ReadMessage()
				if err != nil {
					done <- c.Close()
					return
				}
				_ = c.WriteMessage(kind, msg)
			}
		}), memhttp.Options{})
		dialer := websocket.Dialer{NetDialContext: s.Dial}
		c, _, err := dialer.Dial("ws://"+memhttp.Host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.WriteMessage(websocket.TextMessage, []byte("hi"))
		if _, msg, err := c.ReadMessage(); err != nil || string(msg) != "hi" {
			t.Errorf("echo: got %q, %v", msg, err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		start := time.Now()
		_, _, err = c.ReadMessage()
		var ne net.Error // the WebSocket package hides the cause
		if !errors.As(err, &ne) || !ne.Timeout() || time.Since(start) != time.Minute {
			t.Errorf("deadline: got %v after %v", err, time.Since(start))
		}
		_ = s.Close() // the hijacked connection ends with it
		<-done
		if _, err := s.Dial(t.Context(), "tcp", ""); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dial after close: got %v, want net.ErrClosed", err)
		}
	})
}

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memhttp.Pipe(memhttp.SocketBytes, nil, nil)
		big := make([]byte, 100_000)
		_ = a.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := a.Write(big)
		if n != 64<<10 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write to a full pipe: got %d, %v", n, err)
		}
		_ = a.SetWriteDeadline(time.Time{})
		go func() { // ends when all has been read
			_, err := a.Write([]byte("end"))
			if err != nil {
				t.Error(err)
			}
			_ = a.Close()
		}()
		got, err := io.ReadAll(b)
		if len(got) != 64<<10+3 || err != nil {
			t.Errorf("read: got %d bytes, %v", len(got), err)
		}
		if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to a closed peer: got %v", err)
		}
		if _, err := a.Read(big); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after close: got %v", err)
		}
		_ = b.Close()
	})
}
