package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
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

// hold is how long these tests hold a request.
const hold = 25 * time.Second

// site serves ServeBatch at every path but /send, which is ServeSend's.
func site(d transport.Door) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/send" {
			_ = transport.ServeSend(w, r, d)
			return
		}
		_ = transport.ServeBatch(w, r, d, "test", func(transport.Hello, transport.Limits) time.Duration { return hold })
	}
}

// TestDeadlineOfTheApp: a deadline that middleware puts on requests is the end of
// a hold, which is answered as one.
func TestDeadlineOfTheApp(t *testing.T) {
	for _, tt := range []struct {
		body   string
		status int
		answer string
	}{
		{helloLine, 204, ""},
		{`[20,{"id":"session","n":1,"flat":1}]`, 200, "[21,{\"n\":1}]\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := transporttest.NewDoor(t)
			limited := func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), time.Second)
				defer cancel()
				site(d)(w, r.WithContext(ctx))
			}
			s := memhttp.Serve(http.HandlerFunc(limited), memhttp.Options{})
			defer s.Close()
			start := time.Now()
			resp, body := postTo(t, s, "/poll", strings.TrimSuffix(tt.body, "\n")+"\n")
			if got := time.Since(start); resp.StatusCode != tt.status || body != tt.answer || got != time.Second {
				t.Errorf("got %d %q after %v, want %d %q after 1s", resp.StatusCode, body, got, tt.status, tt.answer)
			}
			checkHead(t, resp, body)
		})
	}
}

// pacing is a door that says when the next poll is due.
type pacing struct{ *transporttest.Door }

func (d pacing) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Door.Attach(r, h, up)
	w.Next = 3000
	return l, w, err
}

// TestNextIsTold: an answer that has only the next poll to tell is no 204, which
// could not tell it (PROTOCOL.md 9.1).
func TestNextIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memhttp.Serve(site(pacing{transporttest.NewDoor(t)}), memhttp.Options{})
		defer s.Close()
		resp, body := postTo(t, s, "/poll", helloLine)
		if want := "[21,{\"n\":1,\"next\":3000}]\n"; resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("got %d %q, want 200 %q", resp.StatusCode, body, want)
		}
	})
}

// pausing is a door that does not take everything.
type pausing struct{ *transporttest.Door }

func (d pausing) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Door.Attach(r, h, up)
	w.Pause = 200
	return l, w, err
}

func TestAnswers(t *testing.T) {
	ev := &transport.Frame{Kind: transport.KindEvent, Name: "a"}
	tests := []struct {
		name, path, body string
		prepare          func(d *transporttest.Door)
		status           int
		answer           string
		after            time.Duration
	}{
		{name: "nothing to say", path: "/poll", body: helloLine, status: 204, after: hold},
		{name: "nothing to say, flat", path: "/poll", body: `[20,{"id":"session","n":1,"flat":1}]`, status: 200, answer: `[21,{"n":1}]`, after: hold},
		{name: "a frame waits", path: "/poll", body: helloLine, prepare: func(d *transporttest.Door) { d.Emit(ev) }, status: 200, answer: "[21,{\"n\":1,\"seq\":1}]\n[1,\"a\"]"},
		{name: "a volatile frame waits", path: "/poll", body: helloLine, prepare: func(d *transporttest.Door) { d.Emit(&transport.Frame{Kind: transport.KindVolatile, Name: "v"}) },
			status: 200, answer: "[21,{\"n\":1}]\n[28,\"v\"]"},
		{name: "more than one batch waits", path: "/poll", body: helloLine, prepare: func(d *transporttest.Door) { d.BatchFrames = 1; d.Emit(ev, ev) },
			status: 200, answer: "[21,{\"n\":1,\"seq\":1,\"next\":1}]\n[1,\"a\"]"},
		{name: "an opening is not held", path: "/poll", body: `[20,{"key":"0123456789abcdefABCDEF","n":1}]`, status: 200, answer: `[21,{"v":1,"id":"session","n":1,"resumed":false}]`, after: 20 * time.Millisecond},
		{name: "counted frames are not held", path: "/poll", body: helloLine + "[1,\"up\"]", status: 200, answer: `[21,{"n":1,"got":1}]`, after: 20 * time.Millisecond},
		{name: "who asks for a ticket is not held", path: "/poll", body: `[20,{"id":"session","n":1,"ticket":1}]`, status: 200, answer: `[21,{"n":1,"ticket":"ticket"}]`, after: 20 * time.Millisecond},
		{name: "a confirm is held", path: "/poll", body: helloLine + "[26,0]", status: 204, after: hold},
		{name: "a volatile frame is held", path: "/poll", body: helloLine + "[28,\"v\"]", status: 204, after: hold},
		{name: "a ping has its pong", path: "/poll", body: helloLine + "[24,0,7]", status: 200, answer: "[21,{\"n\":1}]\n[25,0,7]"},
		{name: "no attach number", path: "/poll", body: `[20,{"id":"session"}]`, status: 400, answer: `[22,4400,"hello"]`},
		{name: "refused", path: "/poll", body: helloLine, prepare: func(d *transporttest.Door) { d.Refuse(transport.ErrUnknown) }, status: 404, answer: `[22,4404,"unknown"]`},
		{name: "refused, flat", path: "/poll", body: `[20,{"id":"session","n":1,"flat":1}]`, prepare: func(d *transporttest.Door) { d.Refuse(transport.ErrUnknown) }, status: 200, answer: `[22,4404,"unknown"]`},
		{name: "a fault that is nobody's", path: "/poll", body: helloLine, prepare: func(d *transporttest.Door) { d.Refuse(errors.New("secret")) }, status: 500, answer: `[22,4500,"internal"]`},
		{name: "send", path: "/send", body: `[20,{"id":"session","r":6}]` + "\n[1,\"a\"]\n[2,3,\"x\",{}]", status: 200, answer: `[21,{"r":6,"got":2}]`},
		{name: "send a confirm", path: "/send", body: `[20,{"id":"session","r":6}]` + "\n[26,0]", status: 204},
		{name: "send a ping", path: "/send", body: `[20,{"id":"session","r":6}]` + "\n[24,0,5]", status: 204},
		{name: "send a volatile frame", path: "/send", body: `[20,{"id":"session","r":6}]` + "\n[28,\"v\"]", status: 204},
		{name: "send nothing", path: "/send", body: `[20,{"id":"session","r":6}]`, status: 204},
		{name: "send nothing, flat", path: "/send", body: `[20,{"id":"session","r":6,"flat":1}]`, status: 200, answer: `[21,{"r":6}]`},
		{name: "send what is no frame, flat", path: "/send", body: `[20,{"id":"session","r":6,"flat":1}]` + "\n[bad", status: 200, answer: `[22,4400,"frame"]`},
		{name: "send what is too large, flat", path: "/send", body: `[20,{"id":"session","r":6,"flat":1}]` + "\n[1,\"" + strings.Repeat("x", 70_000) + "\"]", status: 200, answer: `[22,4413,"size"]`},
		{name: "send too much, flat", path: "/send", body: `[20,{"id":"session","r":6,"flat":1}]` + strings.Repeat("\n[1,\"a\",\""+strings.Repeat("x", 10_000)+"\"]", 27), status: 200, answer: `[22,4413,"size"]`},
		{name: "send without r", path: "/send", body: `[20,{"id":"session"}]`, status: 400, answer: `[22,4400,"hello"]`},
		{name: "send with a key", path: "/send", body: `[20,{"key":"0123456789abcdefABCDEF","n":1,"r":1}]`, status: 400, answer: `[22,4400,"hello"]`},
		{name: "send with n, which does not belong", path: "/send", body: `[20,{"id":"session","r":6,"n":3}]` + "\n[1,\"a\"]", status: 200, answer: `[21,{"r":6,"got":1}]`},
		{name: "send refused", path: "/send", body: `[20,{"id":"session","r":6}]`, prepare: func(d *transporttest.Door) { d.Refuse(transport.ErrExpired) }, status: 410, answer: `[22,4410,"expired"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := transporttest.NewDoor(t)
				if tt.prepare != nil {
					tt.prepare(d)
				}
				s := memhttp.Serve(site(d), memhttp.Options{})
				defer s.Close()
				start := time.Now()
				resp, body := postTo(t, s, tt.path, strings.TrimSuffix(tt.body, "\n")+"\n")
				if got := time.Since(start); got != tt.after {
					t.Errorf("answered after %v, want %v", got, tt.after)
				}
				want := tt.answer
				if want != "" {
					want += "\n"
				}
				if resp.StatusCode != tt.status || body != want {
					t.Errorf("got %d %q, want %d %q", resp.StatusCode, body, tt.status, want)
				}
				checkHead(t, resp, body)
			})
		})
	}
}

func postTo(t *testing.T, s *memhttp.Server, path, body string) (*http.Response, string) {
	t.Helper()
	resp, err := s.Client().Post(s.URL(path), "text/plain;charset=UTF-8", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(got)
}

// checkHead looks for what every answer has (PROTOCOL.md section 9.1).
func checkHead(t *testing.T, resp *http.Response, body string) {
	t.Helper()
	want := map[string]string{"Cache-Control": "no-store, no-transform", "X-Content-Type-Options": "nosniff"}
	if resp.StatusCode == http.StatusNoContent {
		want["Content-Type"], want["Content-Length"] = "", ""
	} else {
		want["Content-Type"], want["Content-Length"] = "text/plain; charset=utf-8", fmt.Sprint(len(body))
	}
	for name, value := range want {
		if got := resp.Header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	if got := resp.Header.Get("WWW-Authenticate"); got != "" {
		t.Errorf("WWW-Authenticate: got %q, want none", got)
	}
}

// owing is a door whose session has an SSE stream, written up to at.
type owing struct {
	*transporttest.Door
	at uint64
}

func (d owing) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Door.Attach(r, h, up)
	w.At = d.at
	return l, w, err
}

// TestAtIsTold: a client that has less than its stream was given must hear of
// it, even in answer to a bare confirm.
func TestAtIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for at, want := range []string{"", "[21,{\"r\":6,\"at\":1}]\n"} {
			s := memhttp.Serve(site(owing{transporttest.NewDoor(t), uint64(at)}), memhttp.Options{})
			resp, body := postTo(t, s, "/send", "[20,{\"id\":\"session\",\"r\":6}]\n")
			s.Close()
			if body != want || (resp.StatusCode == 204) != (want == "") {
				t.Errorf("written up to %d: got %d %q, want %q", at, resp.StatusCode, body, want)
			}
		}
	})
}

// TestPauseIsTold: what was not taken is no reason for silence.
func TestPauseIsTold(t *testing.T) {
	for path, want := range map[string]string{"/send": `[21,{"r":1,"pause":200}]`, "/poll": `[21,{"n":1,"pause":200}]`} {
		synctest.Test(t, func(t *testing.T) {
			s := memhttp.Serve(site(pausing{transporttest.NewDoor(t)}), memhttp.Options{})
			defer s.Close()
			hello := helloLine
			if path == "/send" {
				hello = `[20,{"id":"session","r":1}]` + "\n"
			}
			if resp, body := postTo(t, s, path, hello); resp.StatusCode != 200 || body != want+"\n" {
				t.Errorf("%s: got %d %q, want 200 %s", path, resp.StatusCode, body, want)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	for _, path := range []string{"/poll", "/send"} {
		w := httptest.NewRecorder()
		site(transporttest.NewDoor(t))(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 405 || w.Body.String() != "[22,4405,\"method\"]\n" || w.Header().Get("Allow") != "POST, OPTIONS" {
			t.Errorf("%s: got %d %q, Allow %q", path, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
}

// TestEndOfALinkWinsOverTheEndOfTheHold: a poll whose hold is over when its
// link ends is told so, also one that is not held at all.
func TestEndOfALinkWinsOverTheEndOfTheHold(t *testing.T) {
	for _, err := range []*transport.CloseError{transport.ErrReplaced, transport.ErrOverflow, transport.ErrClosed} {
		d := ended{transporttest.NewDoor(t), err}
		w := httptest.NewRecorder()
		_ = transport.ServeBatch(w, httptest.NewRequest(http.MethodPost, "/polling", strings.NewReader(helloLine)), d, "polling",
			func(transport.Hello, transport.Limits) time.Duration { return 0 })
		if want := string(err.Frame().Line()) + "\n"; w.Code != int(err.Code)-4000 || w.Body.String() != want {
			t.Errorf("got %d %q, want %d %q", w.Code, w.Body, err.Code-4000, want)
		}
	}
}

// ended is a door to a session that ends between Attach and Next.
type ended struct {
	*transporttest.Door
	err *transport.CloseError
}

func (d ended) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Door.Attach(r, h, up)
	d.End(d.err)
	return l, w, err
}

// gathering is a door whose links ask for some time to gather frames.
type gathering struct {
	*transporttest.Door
	wait time.Duration
}

type gatherer struct {
	transport.Link
	wait time.Duration
}

func (g gatherer) Gather() time.Duration { return g.wait }

func (d gathering) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Door.Attach(r, h, up)
	return gatherer{l, d.wait}, w, err
}

// TestGather: an answer waits for as long as its link asks for, and takes what
// comes meanwhile; not for longer than the hold, and not if it is due at once.
func TestGather(t *testing.T) {
	event := &transport.Frame{Kind: transport.KindEvent, Name: "a"}
	for _, tt := range []struct {
		name, body string
		wait, hold time.Duration
		after      time.Duration // the answer
		events     int           // in it, of one there and one 3 ms later
	}{
		{"not asked for", helloLine, 0, hold, 0, 1},
		{"asked for", helloLine, 5 * time.Millisecond, hold, 5 * time.Millisecond, 2},
		{"for longer than the hold", helloLine, 5 * time.Millisecond, 2 * time.Millisecond, 2 * time.Millisecond, 1},
		{"not held", helloLine, 5 * time.Millisecond, 0, 0, 1},
		{"due at once", helloLine + "[1,\"up\"]\n", 5 * time.Millisecond, hold, 0, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := gathering{transporttest.NewDoor(t), tt.wait}
			d.Emit(event)
			time.AfterFunc(3*time.Millisecond, func() { d.Emit(event) })
			began, w := time.Now(), httptest.NewRecorder()
			err := transport.ServeBatch(w, httptest.NewRequest(http.MethodPost, "/longpoll", strings.NewReader(tt.body)), d, "longpoll",
				func(transport.Hello, transport.Limits) time.Duration { return tt.hold })
			if after, n := time.Since(began), strings.Count(w.Body.String(), `[1,"a"]`); err != nil || after != tt.after || n != tt.events {
				t.Errorf("%s: %d events after %v, error %v, want %d after %v", tt.name, n, after, err, tt.events, tt.after)
			}
			time.Sleep(time.Second)
		})
	}
	synctest.Test(t, func(t *testing.T) { // a client that goes away meanwhile
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		defer cancel()
		d := gathering{transporttest.NewDoor(t), time.Second}
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/longpoll", strings.NewReader(helloLine))
		began := time.Now()
		err := transport.ServeBatch(httptest.NewRecorder(), r, d, "longpoll", func(transport.Hello, transport.Limits) time.Duration { return hold })
		if after := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || after != 2*time.Millisecond {
			t.Errorf("gone: error %v after %v", err, after)
		}
	})
}

// TestVectorsCodes writes every code as an answer over HTTP.
func TestVectorsCodes(t *testing.T) {
	for _, v := range load(t).Codes {
		if v.HTTP == nil {
			continue
		}
		for _, flat := range []bool{false, true} {
			w := httptest.NewRecorder()
			transport.WriteError(w, &transport.CloseError{Code: v.Code, Reason: v.Word}, flat)
			status := *v.HTTP
			if flat {
				status = 200
			}
			if want := fmt.Sprintf("[22,%d,%q]\n", v.Code, v.Word); w.Code != status || w.Body.String() != want {
				t.Errorf("%s: got %d %q, want %d %q", v.Word, w.Code, w.Body, status, want)
			}
		}
	}
}

func TestWriteError(t *testing.T) {
	t.Run("408 is never sent", func(t *testing.T) {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // a panic value
				t.Errorf("got panic %v, want http.ErrAbortHandler", p)
			}
		}()
		transport.WriteError(httptest.NewRecorder(), transport.ErrTimeout, false)
	})
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{{0, ""}, {time.Millisecond, "1"}, {time.Second, "1"}, {1500 * time.Millisecond, "2"}} {
		w := httptest.NewRecorder()
		transport.WriteError(w, &transport.CloseError{Code: transport.CodeUnavailable, Reason: "busy", After: tt.after}, false)
		if got := w.Header().Get("Retry-After"); got != tt.want {
			t.Errorf("after %v: Retry-After %q, want %q", tt.after, got, tt.want)
		}
	}
	w := httptest.NewRecorder()
	transport.WriteError(w, fmt.Errorf("wrapped: %w", transport.ErrStale), false)
	if w.Code != 409 {
		t.Errorf("a wrapped error: got %d, want 409", w.Code)
	}
}

// FuzzServe posts any body to both endpoints: every answer is whole and of
// frames, and every link is closed.
func FuzzServe(f *testing.F) {
	for _, v := range load(f).HelloOK {
		f.Add([]byte(v.Text+"\n[1,\"a\"]\n"), v.At == "send")
	}
	f.Add([]byte(helloLine+"[21,{}]\n"), true)
	f.Fuzz(func(t *testing.T, body []byte, send bool) {
		d := transporttest.NewDoor(t)
		d.Emit(&transport.Frame{Kind: transport.KindEvent, Name: "a"})
		w := httptest.NewRecorder()
		path := "/poll"
		if send {
			path = "/send"
		}
		site(d)(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
		answer := w.Body.Bytes()
		if (w.Code == 204) != (len(answer) == 0) || len(answer) > 0 && answer[len(answer)-1] != '\n' {
			t.Fatalf("%q: got %d %q", body, w.Code, answer)
		}
		for i, line := range bytes.SplitAfter(answer, []byte{'\n'}) {
			if len(line) == 0 {
				continue
			}
			f, err := transport.Decode(bytes.TrimSuffix(line, []byte{'\n'}))
			if err != nil || (f.Kind == transport.KindWelcome || f.Kind == transport.KindError) != (i == 0) {
				t.Fatalf("%q: line %d of the answer is %q: %v", body, i, line, err)
			}
			if f.Kind == transport.KindWelcome && !json.Valid(f.Data) {
				t.Fatalf("%q: welcome %q", body, f.Data)
			}
		}
		for _, l := range d.Links() {
			if n := l.Closed(); n != 1 {
				t.Fatalf("%q: link closed %d times, want once", body, n)
			}
		}
	})
}
