package session_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
)

func TestValuesOfASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		p, c := open(t, newServer(session.Options{}), "websocket")
		s := p.session()
		same(t, "before", s.Get(key{}), nil)
		s.Set(key{}, 1)
		s.Set("k", "v")
		s.Set(key{}, 2)
		c.close()
		p.attach("polling")
		same(t, "after a move", s.Get(key{}), any(2))
		same(t, "another key", s.Get("k"), any("v"))
	})
}

func TestContextOfASession(t *testing.T) {
	type key struct{}
	bubble(t, "ends with the session and says why", func(t *testing.T) {
		p := newPeer(t, newServer(session.Options{}))
		var cancel func()
		p.req, cancel = cancellable(p.req.WithContext(context.WithValue(t.Context(), key{}, "v")))
		c := p.attach("websocket")
		s := p.session()
		ctx := s.Context()
		cancel() // the request is over, the session is not
		c.close()
		same(t, "value", ctx.Value(key{}), any("v"))
		same(t, "done", ctx.Err(), nil)
		same(t, "the same again", s.Context() == ctx, true)
		p.send(`[9,4000,"bye"]`)
		same(t, "done", ctx.Err(), context.Canceled)
		same(t, "cause", end(context.Cause(ctx)), "4000 bye")
	})
	bubble(t, "asked for after the end", func(t *testing.T) {
		p, _ := open(t, newServer(session.Options{}), "websocket")
		s := p.session()
		p.send(`[9,4000,"bye"]`)
		same(t, "cause", end(context.Cause(s.Context())), "4000 bye")
	})
}

func TestRequestOfASession(t *testing.T) {
	type key struct{}
	rt := newServer(session.Options{})
	p := newPeer(t, rt)
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
	p.req = httptest.NewRequest(http.MethodPost, "/app/polling?q=1", strings.NewReader("body")).WithContext(ctx)
	p.req.Header.Set("Origin", "https://example.com")
	p.req.Header.Set("X-Name", "ann")
	p.req.AddCookie(&http.Cookie{Name: "sid", Value: "c"})
	p.attach("polling")
	cancel()
	p.req = httptest.NewRequest(http.MethodPost, "/other", nil)
	p.attach("polling")

	r := p.session().Request()
	cookie, err := r.Cookie("sid")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "header, cookie, path, query, method, host", []string{r.Header.Get("X-Name"), cookie.Value, r.URL.Path, r.URL.RawQuery, r.Method, r.Host},
		[]string{"ann", "c", "/app/polling", "q=1", "POST", "example.com"})
	same(t, "remote address", r.RemoteAddr, "192.0.2.1:1234")
	same(t, "context value", r.Context().Value(key{}), any("v"))
	same(t, "context", r.Context().Err(), nil)
	same(t, "body", r.Body == http.NoBody, true)
}

// TestHeaderOfARequest: it comes back as it was, the same for all who ask, and
// is not changed by what happens to that of the request itself.
// Over a WebSocket the hello comes when ServeHTTP has returned: what middleware
// does to its request from then on is not seen, and no race.
func TestRequestBehindMiddleware(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		seen := make(map[string]string)
		note := func(at string, r *http.Request) {
			seen[at] = r.Header.Get("X-Name") + r.Header.Get("X-Done") + " " + r.URL.Path
		}
		rt := withTransports(session.Options{
			ClientAddr: func(r *http.Request) string { note("ClientAddr", r); return "" },
			Authorize:  func(r *http.Request, _ json.RawMessage) (any, error) { note("Authorize", r); return nil, nil },
		})
		rt.OnConnect(func(s *session.Session) error { note("OnConnect", s.Request()); return nil })
		srv := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("X-Name", "ann")
			rt.ServeHTTP(w, r)
			r.Header.Del("X-Name")
			r.Header.Set("X-Done", "yes")
			r.URL.Path = "/done"
		}), memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
		const want = "ann /everwire/websocket"
		same(t, "seen", seen, map[string]string{"ClientAddr": want, "Authorize": want, "OnConnect": want})
	})
}

func TestHeaderOfARequest(t *testing.T) {
	long := strings.Repeat("x", 300)
	headers := map[string]http.Header{
		"none":   {},
		"usual":  {"Accept": {"*/*"}, "User-Agent": {long}},
		"values": {"Accept": {"a", "", "b"}, "X-Empty": {}, "not canonical": {"\x00\xff\n"}, "": {"no name"}, long: {long, long}},
	}
	for name, h := range headers {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, newServer(session.Options{}))
			p.req.Header = h.Clone()
			p.attach("polling")
			for _, values := range p.req.Header {
				for i := range values {
					values[i] = "changed"
				}
			}
			p.req.Header.Set("X-Later", "middleware")
			s := p.session()
			var got [4]*http.Request
			var wg sync.WaitGroup
			for i := range got {
				wg.Go(func() { got[i] = s.Request() })
			}
			wg.Wait()
			for _, r := range got {
				same(t, "the same request", r == got[0], true)
			}
			same(t, "header", got[0].Header, h)
		})
	}
}
