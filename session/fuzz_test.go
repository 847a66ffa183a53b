package session_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// statuses are all that the server may answer (PROTOCOL.md section 14; 404
// without a frame for what is no endpoint). 101 has no answer in a recorder.
var statuses = []int{200, 204, 400, 401, 403, 404, 405, 406, 409, 410, 413, 426, 429, 500, 503}

// FuzzRequest sends whole requests to every endpoint of a server on which an
// innocent session lives. In the input ID, KEY and TICKET stand for those of
// another session, which is fair game.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "polling", "", "", `[20,{"key":"KEY","n":2}]`+"\n")
	f.Add("POST", "send", "", "Origin: http://app.example", `[20,{"id":"ID","r":1,"got":1}]`+"\n"+`[1,"say",1]`+"\n[2,1,\"alive\",2]\n[28,\"say\"]\n")
	f.Add("GET", "sse", "t=TICKET&n=9&got=1&pad=1", "", "")
	f.Add("GET", "sse", "", "Sec-Fetch-Site: cross-site", "")
	f.Add("GET", "websocket", "", "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Protocol: everwire.1\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "")
	f.Add("OPTIONS", "longpoll", "", "Origin: null", "")
	f.Add("POST", "longpoll", "", "Cookie: a=b", `[20,{"id":"ID","n":3,"seq":1,"ticket":1,"flat":1,"wait":1}]`+"\n"+`[9,4000,"bye"]`+"\n")
	for _, r := range refusals {
		f.Add("POST", r.endpoint, "", "", r.body)
	}
	f.Fuzz(func(t *testing.T, method, endpoint, query, head, body string) {
		rt := withTransports(session.Options{})
		alive := make(chan int, 1)
		session.On(rt, "alive", func(_ *session.Session, n int) error { alive <- n; return nil })
		innocent, c := open(t, rt, "websocket")
		victim := newPeer(t, rt)
		h := victim.hello("polling")
		h.Renew = true
		if _, err := victim.try(h); err != nil {
			t.Fatal(err)
		}
		fill := strings.NewReplacer("ID", victim.id, "KEY", victim.key, "TICKET", victim.ticket)
		r, ok := fuzzed(method, endpoint, fill.Replace(query), fill.Replace(head), fill.Replace(body))
		if !ok {
			return
		}
		resp, word := serve(t, rt, r)
		if !slices.Contains(statuses, resp.StatusCode) {
			t.Errorf("status %d", resp.StatusCode)
		}
		checkBody(t, resp, word)
		if n := rt.Len(); n > 3 {
			t.Errorf("%d sessions", n)
		}
		c.write(`[1,"alive",7]`)
		if n := <-alive; n != 7 {
			t.Errorf("the innocent session got %d", n)
		}
		if got := strings.Join(c.read(), "\n"); strings.Contains(got, "end") {
			t.Errorf("the innocent session read %s", got)
		}
		if rt.Session(innocent.id) == nil {
			t.Error("the innocent session is gone")
		}
		_ = rt.Shutdown(transport.Done) // nothing is left
	})
}

// fuzzed makes a request as net/http would, which refuses some by itself.
func fuzzed(method, endpoint, query, head, body string) (*http.Request, bool) {
	r, err := http.NewRequestWithContext(transport.Done, method, "http://app.example/everwire/x", io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return nil, false
	}
	if method == http.MethodPost && strings.Contains(body, `"key"`) {
		r = r.WithContext(context.Background()) // an opening is answered at once; nobody else need be there
	}
	r.URL.Path, r.URL.RawQuery = "/everwire/"+endpoint, query
	r.ContentLength = int64(len(body))
	r.RemoteAddr = "192.0.2.1:1234"
	for line := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r, true
}

// checkBody looks at what every answer of an endpoint must be.
func checkBody(t *testing.T, resp *http.Response, word string) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain")
	switch {
	case resp.StatusCode == 404 && word == "", len(body) == 0, !plain:
	case resp.StatusCode >= 400 && word == "":
		t.Errorf("status %d with %q", resp.StatusCode, body)
	case !strings.HasSuffix(string(body), "\n"):
		t.Errorf("body %q", body)
	default:
		for line := range strings.SplitSeq(strings.TrimSuffix(string(body), "\n"), "\n") {
			if !json.Valid([]byte(line)) {
				t.Errorf("line %q", line)
			}
		}
	}
}

// FuzzWebSocket sends bytes over a WebSocket, each line a text message and each
// line that begins with a tab a binary one, beside an innocent session.
func FuzzWebSocket(f *testing.F) {
	f.Add(`[20,{"key":"` + key22 + `","n":1}]` + "\n" + `[1,"say",1]` + "\n[24,1]\n[26,0]")
	for _, tt := range wsTests {
		f.Add(`[20,{"key":"` + key22 + `","n":1}]` + "\n" + strings.Join(tt.lines, "\n"))
		f.Add(strings.Join(tt.lines, "\n"))
		f.Add("\t" + strings.Join(tt.lines, "\n\t"))
	}
	f.Fuzz(func(t *testing.T, input string) {
		rt := withTransports(session.Options{})
		in, c := open(t, rt, "websocket")
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		for line := range strings.SplitSeq(input, "\n") {
			kind := 1
			if bin, ok := strings.CutPrefix(line, "\t"); ok {
				kind, line = 2, strings.Replace(bin, "\t", "\n", 1)
			}
			if ws.WriteMessage(kind, []byte(line)) != nil {
				break
			}
		}
		_ = ws.Close()
		if got := strings.Join(c.read(), "\n"); got != "" || rt.Session(in.id) == nil {
			t.Errorf("the innocent session read %q", got)
		}
		_ = rt.Shutdown(transport.Done)
	})
}
