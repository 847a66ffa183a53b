package sse_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
)

// A stage serves the transport behind middleware and counts the Serves that
// have not returned.
type stage struct {
	*memhttp.Server
	door    *transporttest.Door
	serving atomic.Int64
}

type middleware func(http.ResponseWriter, *http.Request) (http.ResponseWriter, func())

// onStage runs a test in a bubble.
func onStage(t *testing.T, opt memhttp.Options, wrap middleware, run func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, tr := &stage{door: transporttest.NewDoor(t)}, &sse.Transport{}
		s.Server = memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.serving.Add(1)
			defer s.serving.Add(-1)
			if wrap != nil {
				var end func()
				w, end = wrap(w, r)
				defer end()
			}
			_ = tr.Serve(w, r, s.door)
		}), opt)
		defer s.Close()
		run(t, s)
	})
}

// ask sends a request over a connection of its own.
func (s *stage) ask(t *testing.T, request string) *bufio.Reader {
	t.Helper()
	_, r := s.talk(t, request)
	return r
}

func (s *stage) talk(t *testing.T, request string) (net.Conn, *bufio.Reader) {
	t.Helper()
	nc, err := s.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if _, err := io.WriteString(nc, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	return nc, bufio.NewReader(nc)
}

const request = "GET /sse?t=ticket&n=1 HTTP/1.1\nHost: x\n\n"

func event(name, data string) *transport.Frame {
	return &transport.Frame{Kind: transport.KindEvent, Name: name, Data: []byte(data)}
}

// TestStreamOnTheWire: the head is that of net/http, with what middleware has put
// into it; each event is one chunk, and the end is the last one.
func TestStreamOnTheWire(t *testing.T) {
	cookie := func(w http.ResponseWriter, _ *http.Request) (http.ResponseWriter, func()) {
		w.Header().Set("Set-Cookie", "a=b")
		return w, func() {}
	}
	onStage(t, memhttp.Options{}, cookie, func(t *testing.T, s *stage) {
		r := s.ask(t, request)
		var head strings.Builder
		for line := ""; line != "\r\n"; head.WriteString(line) {
			var err error
			if line, err = r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		date := time.Now().UTC().Format(http.TimeFormat)
		want := "HTTP/1.1 200 OK\r\nCache-Control: no-store, no-transform\r\nConnection: close\r\nContent-Type: text/event-stream\r\nSet-Cookie: a=b\r\n" +
			"X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nDate: " + date + "\r\nTransfer-Encoding: chunked\r\n\r\n"
		if head.String() != want {
			t.Errorf("got head\n%q, want\n%q", head.String(), want)
		}
		synctest.Wait()
		if n := s.serving.Load(); n != 0 {
			t.Errorf("Serve has not returned: the stream holds a handler")
		}
		s.door.Emit(event("a", "1"), event("b", "2"))
		synctest.Wait()
		s.door.Emit(event("c", "3"))
		synctest.Wait()
		s.door.End(transport.ErrOverflow)
		got, err := io.ReadAll(r)
		_, rest, _ := strings.Cut(string(got), "\n\n\r\n") // the welcome
		want = "1f\r\ndata:[1,\"a\",1]\ndata:[1,\"b\",2]\n\n\r\n" +
			"10\r\ndata:[1,\"c\",3]\n\n\r\n" +
			"1b\r\ndata:[22,4410,\"overflow\"]\n\n\r\n0\r\n\r\n"
		if rest != want || err != nil {
			t.Errorf("got\n%q, %v, want\n%q", rest, err, want)
		}
		synctest.Wait()
		if n := s.door.Links()[0].Closed(); n != 1 {
			t.Errorf("the link was closed %d times, want once", n)
		}
	})
}

// A zipper is the usual middleware that compresses what it is told to.
type zipper struct {
	http.ResponseWriter
	zip  *gzip.Writer
	late bool // says so when the head is written, not before
}

func (z *zipper) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func (z *zipper) WriteHeader(status int) {
	if z.late {
		z.Header().Set("Content-Encoding", "gzip")
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipper) Write(p []byte) (int, error) { return z.zip.Write(p) }

func (z *zipper) FlushError() error {
	if err := z.zip.Flush(); err != nil {
		return err
	}
	return http.NewResponseController(z.ResponseWriter).Flush()
}

// A box has a head of its own until it writes it, and cannot be told from a
// plain writer before.
type box struct {
	*zipper
	head http.Header
}

func (b *box) Header() http.Header { return b.head }

func (b *box) WriteHeader(status int) {
	b.zipper.Header().Set("Content-Type", b.head.Get("Content-Type"))
	b.zipper.WriteHeader(status)
}

// A refuser hijacks nothing, and says so when it is asked.
type refuser struct{ http.ResponseWriter }

func (w refuser) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w refuser) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, errors.New("not here")
}

// A flusher flushes and does nothing else.
type flusher struct {
	http.ResponseWriter
	rc *http.ResponseController
}

func (w flusher) FlushError() error { return w.rc.Flush() }

// TestStreamsThatStayInTheHandler: where the bytes have to pass a writer of
// middleware, they do.
func TestStreamsThatStayInTheHandler(t *testing.T) {
	zip := func(late, own bool) middleware {
		return func(w http.ResponseWriter, _ *http.Request) (http.ResponseWriter, func()) {
			z := &zipper{w, gzip.NewWriter(w), late}
			if !late {
				w.Header().Set("Content-Encoding", "gzip")
			}
			if own {
				return &box{z, http.Header{}}, func() { _ = z.zip.Close() }
			}
			return z, func() { _ = z.zip.Close() }
		}
	}
	head := func(name, value string) middleware {
		return func(w http.ResponseWriter, _ *http.Request) (http.ResponseWriter, func()) {
			w.Header().Set(name, value)
			return w, func() {}
		}
	}
	tests := []struct {
		name    string
		wrap    middleware
		request string
	}{
		{"gzip", zip(false, false), request},
		{"gzip that says so late", zip(true, false), request},
		{"gzip with a head of its own", zip(true, true), request},
		{"no chunks", head("Transfer-Encoding", "identity"), request},
		{"trailer", head("Trailer", "X-Sum"), request},
		{"request with a body", nil, "GET /sse?t=ticket&n=1 HTTP/1.1\nHost: x\nContent-Length: 1\n\nx"},
		{"hijack fails", func(w http.ResponseWriter, _ *http.Request) (http.ResponseWriter, func()) {
			return refuser{w}, func() {}
		}, request},
		{"no hijack", func(w http.ResponseWriter, _ *http.Request) (http.ResponseWriter, func()) {
			return flusher{w, http.NewResponseController(w)}, func() {}
		}, request},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, memhttp.Options{}, tt.wrap, func(t *testing.T, s *stage) {
				resp, err := http.ReadResponse(s.ask(t, tt.request), nil)
				if err != nil {
					t.Fatal(err)
				}
				body := io.Reader(resp.Body)
				if resp.Header.Get("Content-Encoding") == "gzip" {
					if body, err = gzip.NewReader(body); err != nil {
						t.Fatal(err)
					}
				}
				events := bufio.NewReader(body)
				if got, err := readEvent(events); err != nil || !strings.HasPrefix(got[0], "[21,") {
					t.Fatalf("got %q, %v, want a welcome", got, err)
				}
				for i := range 3 {
					s.door.Emit(event("a", fmt.Sprint(i)))
					if got, err := readEvent(events); err != nil || got[0] != fmt.Sprintf(`[1,"a",%d]`, i) {
						t.Errorf("event %d: got %q, %v", i, got, err)
					}
				}
				if n := s.serving.Load(); n != 1 {
					t.Errorf("%d Serves run, want 1: the bytes went past the writer", n)
				}
				s.door.End(transport.ErrOverflow)
				if got, err := readEvent(events); err != nil || got[0] != `[22,4410,"overflow"]` {
					t.Errorf("at the end: got %q, %v", got, err)
				}
				if _, err := io.ReadAll(events); err != nil {
					t.Errorf("behind the end: %v", err)
				}
			})
		})
	}
}

// TestClientThatGoesOnSending: what comes behind the request is not read as a
// request, and too much of it ends the connection.
func TestClientThatGoesOnSending(t *testing.T) {
	onStage(t, memhttp.Options{}, nil, func(t *testing.T, s *stage) {
		nc, r := s.talk(t, request+request)
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		events := bufio.NewReader(resp.Body)
		_, _ = readEvent(events)
		if _, err := nc.Write(make([]byte, 4<<10-2*len(request))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s.door.Emit(event("a", "1"))
		if got, err := readEvent(events); err != nil || got[0] != `[1,"a",1]` {
			t.Fatalf("behind 4 KB: got %q, %v", got, err)
		}
		if n := len(s.door.Hellos()); n != 1 {
			t.Errorf("got %d hellos, want 1", n)
		}
		_, _ = nc.Write(make([]byte, 4<<10))
		synctest.Wait()
		if got, err := readEvent(events); err == nil {
			t.Errorf("behind 8 KB: got %q, want the end", got)
		}
		if n := s.door.Links()[0].Closed(); n != 1 {
			t.Errorf("the link was closed %d times, want once", n)
		}
	})
}

// A half is a connection that can close one direction, as TCP and TLS can.
type half struct {
	http.ResponseWriter
	closed *atomic.Int64
}

func (w half) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w half) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	return halfConn{nc, w.closed}, rw, err
}

type halfConn struct {
	net.Conn
	closed *atomic.Int64
}

func (c halfConn) CloseWrite() error { c.closed.Add(1); return nil }

// TestClientThatDoesNotHangUp: behind the last chunk the connection is the
// client's to close, for five seconds.
func TestClientThatDoesNotHangUp(t *testing.T) {
	var closed atomic.Int64
	wrap := func(w http.ResponseWriter, _ *http.Request) (http.ResponseWriter, func()) {
		return half{w, &closed}, func() {}
	}
	onStage(t, memhttp.Options{}, wrap, func(t *testing.T, s *stage) {
		resp, err := http.ReadResponse(s.ask(t, request), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.door.End(transport.ErrOverflow)
		if _, err := io.ReadAll(resp.Body); err != nil || !resp.Close {
			t.Errorf("got %v, Close %v, want the last chunk of an answer that closes", err, resp.Close)
		}
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		if n := s.door.Links()[0].Closed(); n != 0 || closed.Load() != 1 {
			t.Errorf("before the grace is over: link closed %d times, connection half closed %d times; want 0 and 1", n, closed.Load())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if n := s.door.Links()[0].Closed(); n != 1 {
			t.Errorf("after the grace: link closed %d times, want once", n)
		}
	})
}

// TestRealSockets: on a socket that can be written without blocking, and over
// TLS, where it cannot, a client that reads late gets everything, in order.
func TestRealSockets(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", secure), func(t *testing.T) {
			d, tr := transporttest.NewDoor(t), &sse.Transport{}
			var serving atomic.Int64
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				serving.Add(1)
				defer serving.Add(-1)
				_ = tr.Serve(w, r, d)
			}))
			if secure {
				s.StartTLS()
			} else {
				s.Start()
			}
			defer s.Close()
			client := s.Client()
			client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
			client.Transport.(*http.Transport).TLSNextProto = nil
			resp, err := client.Get(s.URL + "/sse?t=ticket&n=1")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.ProtoMajor != 1 || !resp.Close {
				t.Fatalf("got %s, Close %v, want HTTP/1.1 and an answer that closes", resp.Proto, resp.Close)
			}
			events := bufio.NewReader(resp.Body)
			if _, err := readEvent(events); err != nil {
				t.Fatal(err)
			}
			const n = 400 // 24 MB: far more than sockets hold
			for i := range n {
				d.Emit(event("a", fmt.Sprintf(`[%d,"%s"]`, i, strings.Repeat("x", 60_000))))
			}
			for i := 0; i < n; {
				got, err := readEvent(events)
				if err != nil {
					t.Fatalf("behind %d: %v", i, err)
				}
				for _, line := range got {
					if want := fmt.Sprintf(`[1,"a",[%d,`, i); !strings.HasPrefix(line, want) {
						t.Fatalf("got %.20s, want %s", line, want)
					}
					i++
				}
			}
			if serving.Load() != 0 {
				t.Error("the stream holds a handler")
			}
			d.End(transport.ErrOverflow)
			if got, err := readEvent(events); err != nil || got[0] != `[22,4410,"overflow"]` {
				t.Errorf("at the end: got %q, %v", got, err)
			}
			if _, err := events.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("behind the end: got %v, want EOF", err)
			}
			d.Await("the link to be closed", func() bool { return d.Links()[0].Closed() == 1 })
		})
	}
}
