package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

// withTransports returns a server with all four.
func withTransports(opt session.Options) *session.Server {
	opt.Transports = []transport.Transport{&websocket.Transport{}, &sse.Transport{}, longpoll.Transport{}, polling.Transport{}}
	return newServer(opt)
}

// endpoints are all of them, with the method that they take.
var endpoints = map[string]string{"websocket": "GET", "sse": "GET", "longpoll": "POST", "polling": "POST", "send": "POST"}

// request returns a request for an endpoint, which is well-formed enough to get
// past the rules that are tested here.
func request(endpoint, method, body string) *http.Request {
	r := httptest.NewRequest(method, "http://app.example/everwire/"+endpoint, strings.NewReader(body))
	ctx, cancel := context.WithCancel(r.Context())
	cancel() // what would be held ends at once
	r = r.WithContext(ctx)
	if endpoint == "websocket" {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		r.Header.Set("Sec-WebSocket-Protocol", "everwire.1")
	}
	return r
}

// serve returns the answer to a request, and its code and word if it is an
// error frame.
func serve(t testing.TB, h http.Handler, r *http.Request) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the very value
				panic(p)
			}
		}()
		h.ServeHTTP(w, r)
	}()
	return w.Result(), word(t, w.Result().StatusCode, w.Body.String())
}

// word returns the code and the word of a body that is an error frame. Its
// status must be the code's.
func word(t testing.TB, status int, body string) string {
	t.Helper()
	f, err := transport.Decode([]byte(strings.TrimSuffix(body, "\n")))
	if err != nil || f.Kind != transport.KindError {
		return ""
	}
	if int(f.Num) != 4000+status && status != http.StatusOK {
		t.Errorf("status %d with %s", status, body)
	}
	return fmt.Sprint(f.Num, " ", f.Name)
}

func TestOriginRule(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string // name, value, …
		allowed []string
		ok      bool
	}{
		{"same host", []string{"Origin", "http://app.example"}, nil, true},
		{"same host, other scheme", []string{"Origin", "https://app.example"}, nil, true},
		{"same host, default port", []string{"Origin", "https://app.example:443"}, nil, true},
		{"same host, other case", []string{"Origin", "HTTP://APP.example"}, nil, true},
		{"other port", []string{"Origin", "http://app.example:8080"}, nil, false},
		{"other host", []string{"Origin", "http://evil.example"}, nil, false},
		{"host as a prefix", []string{"Origin", "http://app.example.evil.example"}, nil, false},
		{"host as a suffix", []string{"Origin", "http://evilapp.example"}, nil, false},
		{"host as a user", []string{"Origin", "http://app.example@evil.example"}, nil, false},
		{"with a path", []string{"Origin", "http://app.example/x"}, nil, false},
		{"null", []string{"Origin", "null"}, nil, false},
		{"null, listed", []string{"Origin", "null"}, []string{"null"}, true},
		{"listed", []string{"Origin", "https://shop.example"}, []string{"https://shop.example"}, true},
		{"listed with its default port", []string{"Origin", "https://shop.example"}, []string{"https://shop.example:443"}, true},
		{"listed, default port", []string{"Origin", "https://shop.example:443"}, []string{"https://shop.example"}, true},
		{"listed with the other scheme's port", []string{"Origin", "https://shop.example"}, []string{"https://shop.example:80"}, false},
		{"listed with another scheme", []string{"Origin", "http://shop.example"}, []string{"https://shop.example"}, false},
		{"listed with another port", []string{"Origin", "https://shop.example:8443"}, []string{"https://shop.example"}, false},
		{"all are listed", []string{"Origin", "https://any.example"}, []string{"*"}, true},
		{"malformed", []string{"Origin", "app.example"}, nil, false},
		{"scheme only", []string{"Origin", "http://"}, nil, false},
		{"empty", []string{"Origin", ""}, nil, false},
		{"two", []string{"Origin", "http://app.example", "Origin", "http://evil.example"}, nil, false},
		{"the same twice", []string{"Origin", "http://app.example", "Origin", "http://app.example"}, nil, false},
		{"two in one", []string{"Origin", "http://app.example, http://evil.example"}, nil, false},
		{"same origin beside a cross-site fetch", []string{"Origin", "http://app.example", "Sec-Fetch-Site", "same-origin"}, nil, true},
		{"none, cross-site fetch", []string{"Sec-Fetch-Site", "cross-site"}, nil, false},
		{"none, same-site fetch", []string{"Sec-Fetch-Site", "same-site"}, nil, true},
		{"none, same-origin fetch", []string{"Sec-Fetch-Site", "same-origin"}, nil, true},
		{"none, referer of this host", []string{"Referer", "http://app.example/page?q"}, nil, true},
		{"none, referer of another", []string{"Referer", "http://evil.example/http://app.example"}, nil, false},
		{"none, referer listed", []string{"Referer", "https://shop.example/page"}, []string{"https://shop.example"}, true},
		{"none, referer malformed", []string{"Referer", "://"}, nil, false},
		{"none, referer without a host", []string{"Referer", "about:blank"}, nil, false},
		{"none at all", nil, nil, true},
	} {
		for endpoint, method := range endpoints {
			t.Run(tt.name+"/"+endpoint, func(t *testing.T) {
				rt := withTransports(session.Options{AllowedOrigins: tt.allowed})
				r := request(endpoint, method, "")
				for i := 0; i < len(tt.headers); i += 2 {
					r.Header.Add(tt.headers[i], tt.headers[i+1])
				}
				resp, word := serve(t, rt, r)
				if (word != "4403 origin") != tt.ok {
					t.Errorf("got %d %q, want ok %v", resp.StatusCode, word, tt.ok)
				}
				same(t, "Vary", resp.Header.Get("Vary"), "Origin")
				foreign := ""
				if tt.ok && tt.allowed != nil && r.Header.Get("Origin") != "" {
					foreign = r.Header.Get("Origin")
				}
				same(t, "Access-Control-Allow-Origin", resp.Header.Get("Access-Control-Allow-Origin"), foreign)
			})
		}
	}
}

// A cookie and no word about its page: no opening, on any transport.
func TestOpeningWithCookiesOnly(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"cookie alone", []string{"Cookie", "sid=1"}, "4403 origin"},
		{"cookie and origin", []string{"Cookie", "sid=1", "Origin", "http://app.example"}, ""},
		{"cookie and referer", []string{"Cookie", "sid=1", "Referer", "http://app.example/"}, ""},
		{"cookie and fetch metadata", []string{"Cookie", "sid=1", "Sec-Fetch-Site", "same-origin"}, ""},
		{"nothing", nil, ""},
	} {
		for _, over := range []string{"websocket", "longpoll", "polling"} {
			t.Run(tt.name+"/"+over, func(t *testing.T) {
				p := newPeer(t, withTransports(session.Options{}))
				for i := 0; i < len(tt.headers); i += 2 {
					p.req.Header.Add(tt.headers[i], tt.headers[i+1])
				}
				p.req.Host = "app.example"
				same(t, "refused", p.refused(p.hello(over)), tt.want)
				if tt.want == "" {
					p.req.Header.Del("Origin") // later attaches are by the id
					p.req.Header.Del("Referer")
					same(t, "attach", p.refused(p.hello(over)), "")
				}
			})
		}
	}
}

func TestCORS(t *testing.T) {
	const shop = "https://shop.example"
	for _, credentials := range []bool{false, true} {
		rt := withTransports(session.Options{AllowedOrigins: []string{shop}, AllowCredentials: credentials})
		want := map[bool]string{true: "true"}[credentials]
		for endpoint, method := range endpoints {
			t.Run(fmt.Sprint(endpoint, " credentials ", credentials), func(t *testing.T) {
				r := request(endpoint, method, "garbage\n")
				r.Header.Set("Origin", shop)
				r.Header.Set("Sec-WebSocket-Version", "8")
				resp, _ := serve(t, rt, r)
				same(t, "origin", resp.Header.Get("Access-Control-Allow-Origin"), shop)
				same(t, "credentials", resp.Header.Get("Access-Control-Allow-Credentials"), want)

				r = request(endpoint, http.MethodOptions, "")
				r.Header.Set("Origin", shop)
				resp, _ = serve(t, rt, r)
				same(t, "status", resp.StatusCode, http.StatusNoContent)
				for name, value := range map[string]string{
					"Allow": method + ", OPTIONS", "Access-Control-Allow-Origin": shop, "Access-Control-Allow-Methods": method + ", OPTIONS",
					"Access-Control-Allow-Headers": "Content-Type", "Access-Control-Max-Age": "86400", "Vary": "Origin",
					"Access-Control-Allow-Credentials": want,
				} {
					same(t, name, resp.Header.Get(name), value)
				}
			})
		}
	}
	rt := withTransports(session.Options{AllowedOrigins: []string{shop}})
	for endpoint, method := range endpoints {
		resp, _ := serve(t, rt, request(endpoint, http.MethodOptions, ""))
		same(t, "OPTIONS of the own page", resp.StatusCode, http.StatusNoContent)
		same(t, "Allow", resp.Header.Get("Allow"), method+", OPTIONS")
		same(t, "CORS", resp.Header.Get("Access-Control-Allow-Methods"), "")
		r := request(endpoint, http.MethodOptions, "")
		r.Header.Set("Origin", "http://evil.example")
		_, word := serve(t, rt, r)
		same(t, "OPTIONS of another page", word, "4403 origin")
	}
}

func TestMethodsAndPaths(t *testing.T) {
	rt := withTransports(session.Options{})
	for endpoint, right := range endpoints {
		for _, method := range []string{"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE", "get", "FOO"} {
			if method == right {
				continue
			}
			resp, word := serve(t, rt, request(endpoint, method, ""))
			same(t, method+" "+endpoint, word, "4405 method")
			same(t, "Allow", resp.Header.Get("Allow"), right+", OPTIONS")
			checkHead(t, resp)
		}
	}
	for _, path := range []string{"", "nothing", "websocket/x", "Polling", "client.js", "%2e%2e/x", "send.", "\x00"} {
		r := httptest.NewRequest("POST", "http://app.example/", nil)
		r.URL.Path = "/everwire/" + path
		resp, word := serve(t, rt, r)
		same(t, "status of "+path, resp.StatusCode, http.StatusNotFound)
		same(t, "frame of "+path, word, "")
	}
	for _, prefix := range []string{"/", "/a/b/c/", "/everwire/everwire/"} {
		r := request("polling", "POST", "")
		r.URL.Path = prefix + "polling"
		_, word := serve(t, rt, r)
		same(t, "under "+prefix, word, "4400 hello")
	}
	only := newServer(session.Options{Transports: []transport.Transport{polling.Transport{}}})
	for _, off := range []string{"websocket", "sse", "longpoll"} {
		resp, word := serve(t, only, request(off, endpoints[off], ""))
		same(t, "switched off "+off, word, "4406 transport")
		checkHead(t, resp)
	}
	client := newServer(session.Options{Client: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })})
	resp, _ := serve(t, client, httptest.NewRequest("GET", "/everwire/client.js", nil))
	same(t, "client file", resp.StatusCode, 200)
	resp, _ = serve(t, client, httptest.NewRequest("GET", "/everwire/client", nil))
	same(t, "no file", resp.StatusCode, 404)
}

// checkHead looks for the headers of every answer (PROTOCOL.md section 9.1).
func checkHead(t testing.TB, resp *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store, no-transform",
		"X-Content-Type-Options": "nosniff", "Vary": "Origin", "WWW-Authenticate": "",
	} {
		if name == "Content-Type" && resp.StatusCode == http.StatusNoContent {
			want = ""
		}
		if got := resp.Header.Get(name); got != want && !(name == "Content-Type" && got == "text/event-stream") {
			t.Errorf("%s: got %q, want %q (status %d)", name, got, want, resp.StatusCode)
		}
	}
	if n := resp.Header.Get("Content-Length"); n == "" && resp.StatusCode != http.StatusNoContent && resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("no Content-Length (status %d)", resp.StatusCode)
	} else if _, err := strconv.Atoi(n); n != "" && err != nil {
		t.Errorf("Content-Length %q", n)
	}
}

// The rule holds over a real handshake, before the 101, and its answer has no
// body of ours but the frame.
func TestOriginOfAWebSocket(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		srv := memhttp.Serve(withTransports(session.Options{}), memhttp.Options{})
		defer srv.Close()
		r := request("websocket", "GET", "")
		r = r.Clone(t.Context())
		r.RequestURI, r.URL.Host, r.Host = "", memhttp.Host, memhttp.Host
		r.Body = nil
		r.Header.Set("Origin", "http://evil.example")
		resp, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		same(t, "status", resp.StatusCode, http.StatusForbidden)
		var frame []json.RawMessage
		if err := json.NewDecoder(resp.Body).Decode(&frame); err != nil || string(frame[2]) != `"origin"` {
			t.Errorf("body %s, error %v", frame, err)
		}
	})
}
