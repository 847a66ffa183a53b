package sse_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
)

// bubble runs a test against a site of its own, in virtual time.
func bubble(t *testing.T, h2 bool, run func(t *testing.T, s *memhttp.Server, d *transporttest.Door)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d, tr := transporttest.NewDoor(t), &sse.Transport{}
		s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = tr.Serve(w, r, d)
		}), memhttp.Options{HTTP2: h2})
		defer s.Close()
		run(t, s, d)
	})
}

func get(t *testing.T, s *memhttp.Server, query string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL("/sse"+query), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestProbe(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		for query, want := range map[string]string{
			"":              "data:[21,{}]\n\n",
			"?pad=1&x=2":    ":" + strings.Repeat(" ", 2048) + "\ndata:[21,{}]\n\n",
			"?n=3&got=true": "data:[21,{}]\n\n",
		} {
			bubble(t, h2, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
				start := time.Now()
				resp := get(t, s, query)
				got := make([]byte, len(want))
				if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != want {
					t.Errorf("%q: got %q, %v, want %q", query, got, err, want)
				}
				if since := time.Since(start); since != 0 {
					t.Errorf("%q: the event came after %v, want at once", query, since)
				}
				rest, err := io.ReadAll(resp.Body)
				if err != nil || len(rest) != 0 || time.Since(start) != 2*time.Second {
					t.Errorf("%q: then %q, %v, after %v, want the end after 2s", query, rest, err, time.Since(start))
				}
				checkHead(t, resp)
				if n := len(d.Hellos()); n != 0 {
					t.Errorf("%q: %d hellos, want none: a probe touches no session", query, n)
				}
			})
		}
	}
}

func checkHead(t *testing.T, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type":           "text/event-stream",
		"Cache-Control":          "no-store, no-transform",
		"X-Content-Type-Options": "nosniff",
		"X-Accel-Buffering":      "no",
		"Content-Length":         "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestProbesAreBounded(t *testing.T) {
	bubble(t, true, func(t *testing.T, s *memhttp.Server, _ *transporttest.Door) {
		for range 256 {
			defer get(t, s, "").Body.Close()
		}
		resp := get(t, s, "")
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusServiceUnavailable || string(body) != "[22,4503,\"busy\",1000]\n" {
			t.Errorf("the 257th: got %d %q, want 503 busy", resp.StatusCode, body)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if resp := get(t, s, ""); resp.StatusCode != http.StatusOK {
			t.Errorf("after the others have ended: got %s, want 200", resp.Status)
		}
	})
}

func TestQuery(t *testing.T) {
	long := strings.Repeat("x", 65)
	tests := []struct {
		query  string
		status int
		hello  transport.Hello
	}{
		{"?t=abc&n=3&got=41", 200, transport.Hello{Ticket: "abc", Attach: 3, Got: 41}},
		{"?got=0&x=1&n=9007199254740991&t=abc", 200, transport.Hello{Ticket: "abc", Attach: 1<<53 - 1}},
		{"?t=abc&n=3&n=4&t=def", 200, transport.Hello{Ticket: "abc", Attach: 3}},
		{"?t=abc", 400, transport.Hello{}},
		{"?t=abc&n=0", 400, transport.Hello{}},
		{"?t=abc&n=-1", 400, transport.Hello{}},
		{"?t=abc&n=1.0", 400, transport.Hello{}},
		{"?t=abc&n=+1", 400, transport.Hello{}},
		{"?t=abc&n=9007199254740992", 400, transport.Hello{}},
		{"?t=abc&n=3&got=x", 400, transport.Hello{}},
		{"?t=&n=3", 400, transport.Hello{}},
		{"?t=" + long + "&n=3", 400, transport.Hello{}},
		{"?t=%zz&n=3&t=abc", 200, transport.Hello{Ticket: "abc", Attach: 3}},
	}
	for _, tt := range tests {
		bubble(t, false, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
			if tt.hello.Got > 0 {
				d.Overtake(100)
			}
			resp := get(t, s, tt.query)
			if resp.StatusCode != tt.status {
				t.Errorf("%s: got %s, want %d", tt.query, resp.Status, tt.status)
			}
			if tt.status != 200 {
				body, _ := io.ReadAll(resp.Body)
				if string(body) != "[22,4400,\"hello\"]\n" {
					t.Errorf("%s: got %q, want 4400 hello", tt.query, body)
				}
				return
			}
			want := tt.hello
			want.Seq, want.Transport, want.Stream = 1, "sse", true
			if got := d.Hellos(); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("%s: got %+v, want %+v", tt.query, got, want)
			}
			checkHead(t, resp)
		})
	}
}

func TestMethod(t *testing.T) {
	bubble(t, false, func(t *testing.T, s *memhttp.Server, _ *transporttest.Door) {
		resp, err := s.Client().Post(s.URL("/sse?t=a&n=1"), "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != 405 || string(body) != "[22,4405,\"method\"]\n" || resp.Header.Get("Allow") != "GET, OPTIONS" {
			t.Errorf("got %s %q, Allow %q", resp.Status, body, resp.Header.Get("Allow"))
		}
	})
}

// TestHTTP10: without chunks nothing arrives before the end.
func TestHTTP10(t *testing.T) {
	for _, query := range []string{"", "?t=ticket&n=1"} {
		bubble(t, false, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
			nc, err := s.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			_, _ = io.WriteString(nc, "GET /sse"+query+" HTTP/1.0\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != 406 || string(body) != "[22,4406,\"transport\"]\n" || len(d.Hellos()) != 0 {
				t.Errorf("%q: got %s %q and %d hellos, want 406 transport and none", query, resp.Status, body, len(d.Hellos()))
			}
		})
	}
}

// TestEventsAreBounded: an event is at most 64 KiB, or one frame, as no client
// sees a part of one.
func TestEventsAreBounded(t *testing.T) {
	bubble(t, false, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
		var all []*transport.Frame
		for range 100 {
			all = append(all, &transport.Frame{Kind: transport.KindEventBytes, Name: "x", Data: make([]byte, 4000)})
		}
		all = append(all, &transport.Frame{Kind: transport.KindEvent, Name: "big", Data: []byte(`"` + strings.Repeat("x", 65000) + `"`)}, all[0])
		d.Emit(all...)
		resp := get(t, s, "?t=ticket&n=1")
		events := bufio.NewReader(resp.Body)
		var got []string
		for n := 0; len(got) <= len(all); n++ {
			event, err := readEvent(events)
			if err != nil {
				t.Fatal(err)
			}
			size := 1
			for _, line := range event {
				size += len("data:") + len(line) + 1
			}
			if size > 64<<10 && len(event) > 1 {
				t.Errorf("event %d has %d frames and %d bytes, want 65,536 at most", n, len(event), size)
			}
			got = append(got, event...)
		}
		for i, f := range all {
			if got[i+1] != string(f.Line()) {
				t.Fatalf("frame %d: got %.30s, want %.30s", i, got[i+1], f.Line())
			}
		}
	})
}

// TestPeerThatReadsNothingIsCutAfterTheWriteTimeout also over HTTP/2, where it
// is the stream that ends.
func TestPeerThatReadsNothingIsCutAfterTheWriteTimeout(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		bubble(t, h2, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
			resp := get(t, s, "?t=ticket&n=1")
			defer resp.Body.Close()
			time.Sleep(time.Minute) // idle is no fault
			synctest.Wait()
			if n := d.Links()[0].Closed(); n != 0 {
				t.Fatalf("h2 %v: closed while idle", h2)
			}
			for range 200 {
				d.Emit(&transport.Frame{Kind: transport.KindEvent, Name: "x", Data: []byte(`"` + strings.Repeat("x", 60_000) + `"`)})
			}
			time.Sleep(10*time.Second - time.Nanosecond)
			synctest.Wait()
			if n := d.Links()[0].Closed(); n != 0 {
				t.Errorf("h2 %v: closed before the write timeout", h2)
			}
			time.Sleep(1 * time.Nanosecond)
			synctest.Wait()
			if n := d.Links()[0].Closed(); n != 1 {
				t.Errorf("h2 %v: closed %d times after the write timeout, want once", h2, n)
			}
		})
	}
}

// vectors are the group sse of transport/testdata/frames.json.
type vectors struct {
	SSE []struct {
		Name, Text, Hex string
		Frames          [][]string
		Encode          bool
	}
}

func load(t testing.TB) (v vectors) {
	t.Helper()
	raw, err := os.ReadFile("../transport/testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil || len(v.SSE) == 0 {
		t.Fatalf("testdata/frames.json: %v, %d vectors", err, len(v.SSE))
	}
	return v
}

// TestVectorsSSE runs the group both ways: the bytes are split into events, and
// where the vector says so the transport writes them.
func TestVectorsSSE(t *testing.T) {
	for _, v := range load(t).SSE {
		text := v.Text
		if v.Hex != "" {
			b, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		r := bufio.NewReader(strings.NewReader(text))
		events := [][]string{}
		for {
			event, err := readEvent(r)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
			events = append(events, event)
		}
		if len(events)+len(v.Frames) > 0 && !reflect.DeepEqual(events, v.Frames) {
			t.Errorf("%s: got events %q, want %q", v.Name, events, v.Frames)
		}
		if v.Encode {
			if got := written(t, v.Frames, strings.HasPrefix(text, ":")); got != text {
				t.Errorf("%s: got %q, want %q", v.Name, got, text)
			}
		}
	}
}

// written returns what the transport writes for events of these frames: the
// first may be the welcome, every other is a batch of its own.
func written(t *testing.T, events [][]string, pad bool) (got string) {
	t.Helper()
	bubble(t, false, func(t *testing.T, s *memhttp.Server, d *transporttest.Door) {
		query := "?t=ticket&n=1"
		if pad {
			query += "&pad=1"
		}
		resp := get(t, s, query)
		var b strings.Builder
		r := bufio.NewReader(io.TeeReader(resp.Body, &b))
		if _, err := readEvent(r); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(b.String(), "data:")
		if welcome := strings.HasPrefix(events[0][0], "[21,"); welcome {
			// The door's welcome has other fields; its form is what counts.
			head += "data:" + events[0][0] + "\n\n"
			events = events[1:]
		}
		b.Reset()
		for _, event := range events {
			var frames []*transport.Frame
			for _, line := range event {
				f, err := transport.Decode([]byte(line))
				if err != nil {
					t.Fatal(err)
				}
				frames = append(frames, f)
			}
			d.Emit(frames...)
			if _, err := readEvent(r); err != nil {
				t.Fatal(err)
			}
		}
		got = head + b.String()
	})
	return got
}

// FuzzQuery asks with any query: it is answered with a stream or a frame.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{"t=abc&n=3&got=41", "t=abc", "", "pad=1", "t=%zz&n=1", "n=1;t=2", "t=a&n=99999999999999999999", "t=a&n=1&got=-0"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nobody stays for the stream
		r := httptest.NewRequest(http.MethodGet, "/sse", nil).WithContext(ctx)
		r.URL.RawQuery = query
		w, d := httptest.NewRecorder(), transporttest.NewDoor(t)
		_ = (&sse.Transport{}).Serve(w, r, d)
		body := w.Body.String()
		switch w.Code {
		case http.StatusOK:
			event, err := readEvent(bufio.NewReader(strings.NewReader(body)))
			if err != nil || len(event) != 1 || !strings.HasPrefix(event[0], "[21,{") {
				t.Errorf("%q: got %q, %v", query, body, err)
			}
		case http.StatusBadRequest:
			if tooHigh := len(d.Hellos()) == 1 && d.Hellos()[0].Got > 0; tooHigh {
				break // a confirm of what was not sent
			}
			if body != "[22,4400,\"hello\"]\n" || len(d.Hellos()) != 0 {
				t.Errorf("%q: got %q and %d hellos", query, body, len(d.Hellos()))
			}
		default:
			t.Errorf("%q: got %d %q", query, w.Code, body)
		}
		for _, h := range d.Hellos() {
			if h.Ticket == "" || h.Attach == 0 || h.Attach >= 1<<53 || h.Got >= 1<<53 || len(h.Ticket) > 64 {
				t.Errorf("%q: handed in %+v", query, h)
			}
		}
	})
}
