package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
)

const helloLine = `[20,{"id":"session","n":1,"r":1}]` + "\n"

// limits are the defaults of the protocol.
var limits = transport.Limits{FrameBytes: 64 << 10, BodyBytes: 256 << 10, BodyFrames: 1024, HelloTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, Hold: 25 * time.Second}

// read gives a body to ReadRequest.
func read(body string, lim transport.Limits) (transport.Hello, transport.Batch, error) {
	r := httptest.NewRequest(http.MethodPost, "/polling", strings.NewReader(body))
	return transport.ReadRequest(httptest.NewRecorder(), r, lim)
}

// event returns an event whose line has n bytes.
func event(n int) string { return `[1,"a","` + strings.Repeat("x", n-len(`[1,"a",""]`)) + `"]` }

func TestReadRequest(t *testing.T) {
	full := strings.Repeat(event(65535)+"\n", 4) // 256 KiB
	longHello := func(n int) string {
		const head, tail = `[20,{"id":"session","n":1,"x":"`, `"}]`
		return head + strings.Repeat("x", n-len(head+tail)) + tail + "\n"
	}
	tests := []struct {
		name, body string
		frames     int
		err        error
	}{
		{"a hello", helloLine, 0, nil},
		{"frames", helloLine + "[1,\"a\"]\n[26,4]\n[28,\"b\"]\n", 3, nil},
		{"unknown kinds", helloLine + "[15,1]\n[99]\n", 2, nil},
		{"white space and CR", " " + strings.TrimSpace(helloLine) + " \r\n[1 ,\"a\"]\r\n", 1, nil},
		{"empty lines", "\n\n" + helloLine + "\n\n[1,\"a\"]\n\n", 1, nil},
		{"the largest frame", helloLine + event(65536) + "\n", 1, nil},
		{"the largest body", helloLine + full, 4, nil},
		{"the largest hello and body", longHello(8<<10) + full, 4, nil},
		{"the most frames", helloLine + strings.Repeat("[8]\n", 1024), 1024, nil},
		{"nothing", "", 0, transport.ErrHello},
		{"empty lines only", "\n\n", 0, transport.ErrHello},
		{"no line feed", strings.TrimSpace(helloLine), 0, transport.ErrFrame},
		{"cut in the last frame", helloLine + "[1,\"a\"]\n[1,\"b", 0, transport.ErrFrame},
		{"cut before the last line feed", helloLine + `[1,"a"]`, 0, transport.ErrFrame},
		{"no hello", "[1,\"a\"]\n", 0, transport.ErrHello},
		{"a fault behind what is no hello", "[1,\"a\"]\n{\n", 0, transport.ErrFrame},
		{"a fault in the last frame", helloLine + "[1,\"a\"]\n[1,\"b\"\n", 0, transport.ErrFrame},
		{"white space only", helloLine + " \n", 0, transport.ErrFrame},
		{"not UTF-8", helloLine + "[1,\"\xff\"]\n", 0, transport.ErrUTF8},
		{"a byte order mark", "\ufeff" + helloLine, 0, transport.ErrFrame},
		{"a form", "id=session&n=1\n", 0, transport.ErrFrame},
		{"a frame one byte too large", helloLine + event(65537) + "\n", 0, transport.ErrSize},
		{"a body one byte too large", helloLine + full + "\n", 0, transport.ErrSize},
		{"a hello one byte too large", longHello(8<<10 + 1), 0, transport.ErrSize},
		{"a frame too many", helloLine + strings.Repeat("[8]\n", 1025), 0, transport.ErrSize},
		{"far too large", helloLine + strings.Repeat(full, 10), 0, transport.ErrSize},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, b, err := read(tt.body, limits)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			if err != nil {
				if len(b.Frames) != 0 {
					t.Errorf("got %d frames with an error, want none", len(b.Frames))
				}
				return
			}
			if h.ID != "session" || b.Seq != 1 || len(b.Frames) != tt.frames {
				t.Errorf("got id %q, seq %d, %d frames, want session, 1, %d", h.ID, b.Seq, len(b.Frames), tt.frames)
			}
		})
	}
}

// TestReadRequestOneFrameOfAnySize: where bodies are bounded like frames, one
// frame with its line feed still fits.
func TestReadRequestOneFrameOfAnySize(t *testing.T) {
	lim := limits
	lim.BodyBytes = lim.FrameBytes
	if _, b, err := read(helloLine+event(65536)+"\n", lim); err != nil || len(b.Frames) != 1 {
		t.Errorf("got %d frames, %v, want 1", len(b.Frames), err)
	}
}

// handle serves one handler in a bubble.
func handle(t *testing.T, h http.HandlerFunc, http2 bool, server func(*http.Server), run func(s *memhttp.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := memhttp.Serve(h, memhttp.Options{HTTP2: http2, Server: server})
		defer s.Close()
		run(s)
	})
}

// TestBodyThatDoesNotCome: the connection is closed after HelloTimeout, whatever
// the client does, and 408 is never sent.
func TestBodyThatDoesNotCome(t *testing.T) {
	for name, head := range map[string]string{
		"stated":           "Content-Length: 1000\r\n\r\n",
		"stated and begun": "Content-Length: 1000\r\n\r\n" + helloLine + `[1,"a`,
		"stated and far":   "Content-Length: 250000\r\n\r\n" + helloLine,
		"in chunks":        "Transfer-Encoding: chunked\r\n\r\n5\r\n[20,{\r\n",
		"too large":        "Content-Length: 100000000\r\n\r\n" + helloLine,
	} {
		var got error
		h := func(w http.ResponseWriter, r *http.Request) {
			_, _, got = transport.ReadRequest(w, r, limits)
			transport.WriteError(w, got, false)
		}
		handle(t, h, false, nil, func(s *memhttp.Server) {
			start := time.Now()
			nc, err := s.Dial(context.Background(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			_, _ = io.WriteString(nc, "POST / HTTP/1.1\r\nHost: x\r\n"+head)
			_ = nc.SetReadDeadline(time.Now().Add(time.Minute))
			answer, err := io.ReadAll(nc)
			if err != nil || time.Since(start) > 10*time.Second {
				t.Errorf("%s: got %v after %v, want the end after 10s", name, err, time.Since(start))
			}
			if name == "too large" {
				if !strings.HasPrefix(string(answer), "HTTP/1.1 413 ") {
					t.Errorf("%s: got %q, want 413", name, answer)
				}
				return
			}
			if !errors.Is(got, transport.ErrTimeout) || len(answer) != 0 || time.Since(start) != 10*time.Second {
				t.Errorf("%s: got %v and %q after %v, want a timeout and nothing after 10s", name, got, answer, time.Since(start))
			}
		})
	}
}

// TestStreamWhoseBodyDoesNotCome: over HTTP/2 it is the stream that ends, and the
// other streams of the connection go on.
func TestStreamWhoseBodyDoesNotCome(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) {
		_, _, err := transport.ReadRequest(w, r, limits)
		if err != nil {
			transport.WriteError(w, err, false)
		}
	}
	handle(t, h, true, nil, func(s *memhttp.Server) {
		start := time.Now()
		body, w := io.Pipe()
		defer w.Close()
		resp, err := s.Client().Post(s.URL("/"), "text/plain", body)
		if err == nil || time.Since(start) != 10*time.Second {
			t.Errorf("got %v, %v after %v, want a reset after 10s", resp, err, time.Since(start))
		}
		resp, err = s.Client().Post(s.URL("/"), "text/plain", strings.NewReader(helloLine))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("the next request: got %v, %v, want 200", resp, err)
		}
	})
}

// TestBodyThatIsCut: a body shorter than its Content-Length changes nothing.
func TestBodyThatIsCut(t *testing.T) {
	errs := make(chan error, 1)
	h := func(w http.ResponseWriter, r *http.Request) {
		_, b, err := transport.ReadRequest(w, r, limits)
		if len(b.Frames) > 0 {
			t.Errorf("got %d frames, want none", len(b.Frames))
		}
		errs <- err
	}
	handle(t, h, false, nil, func(s *memhttp.Server) {
		nc, err := s.Dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		whole := helloLine + "[1,\"a\"]\n"
		_, _ = fmt.Fprintf(nc, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(whole)+8, whole)
		_ = nc.Close()
		if err := <-errs; !errors.Is(err, transport.ErrFrame) {
			t.Errorf("got %v, want %v", err, transport.ErrFrame)
		}
	})
}

// TestHeldRequestOutlivesReadTimeout: the server's ReadTimeout does not end a
// request whose body has been read.
func TestHeldRequestOutlivesReadTimeout(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := transport.ReadRequest(w, r, limits); err != nil {
			t.Error(err)
		}
		select {
		case <-time.After(20 * time.Second):
		case <-r.Context().Done():
			t.Error("the request was cancelled while it was held")
		}
	}
	for _, http2 := range []bool{false, true} {
		handle(t, h, http2, func(hs *http.Server) { hs.ReadTimeout = time.Second }, func(s *memhttp.Server) {
			resp, err := s.Client().Post(s.URL("/"), "text/plain", strings.NewReader(helloLine))
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("http2 %v: got %v, %v", http2, resp, err)
			}
		})
	}
}

// FuzzReadRequest reads any body: what it takes is a hello and frames that
// survive another round.
func FuzzReadRequest(f *testing.F) {
	for _, v := range load(f).HelloOK {
		f.Add([]byte(v.Text + "\n"))
		f.Add([]byte(v.Text + "\n[1,\"a\"]\n[27,5]\n[24,0,5]\n"))
	}
	for _, v := range load(f).Body {
		f.Add(line(f, v.Text, v.Hex))
	}
	lim := limits
	lim.BodyFrames = 20
	f.Fuzz(func(t *testing.T, body []byte) {
		h, b, err := read(string(body), lim)
		if err != nil {
			if w := word(err); w != "frame" && w != "utf8" && w != "hello" && w != "size" {
				t.Fatalf("ReadRequest(%q): %v", body, err)
			}
			return
		}
		if body[len(body)-1] != '\n' || len(b.Frames) > lim.BodyFrames || b.Seq != h.Seq || h.Seq == 0 {
			t.Fatalf("ReadRequest(%q) = %+v, %+v", body, h, b)
		}
		again := append(transporttest.HelloFrame(h).Line(), '\n')
		for _, f := range b.Frames {
			if !f.Kind.Known() {
				return
			}
			again = append(append(again, f.Line()...), '\n')
		}
		h2, b2, err := read(string(again), lim)
		if err != nil || len(b2.Frames) != len(b.Frames) || h2.ID != h.ID || h2.Key != h.Key || h2.Attach != h.Attach || b2.Seq != b.Seq || b2.After() != b.After() {
			t.Fatalf("%q became %q: %v", body, again, err)
		}
	})
}
