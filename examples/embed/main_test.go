package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// A desk is an app that runs in a bubble.
type desk struct {
	t    *testing.T
	l    *memhttp.Listener
	h    *http.Client
	logs *syncBuffer

	windows uint64
}

// A syncBuffer takes the log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// atDesk runs a test in virtual time, from the start of the app to its shutdown,
// and returns how long that took. The job works every 5 s from the start on.
func atDesk(t *testing.T, test func(t *testing.T, d *desk)) (shutdown time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := memhttp.Listen()
		tr := &http.Transport{DialContext: l.Dial}
		d := &desk{t: t, l: l, logs: &syncBuffer{}, h: &http.Client{
			Transport:     tr,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, l, slog.New(slog.NewTextHandler(d.logs, nil))) }() // ends with stop
		defer func() {
			tr.CloseIdleConnections()
			start := time.Now()
			stop()
			if err := <-ended; err != nil {
				t.Errorf("serve: %v", err)
			}
			shutdown = time.Since(start)
		}()
		test(t, d)
	})
	return shutdown
}

// send makes a request with a cookie, unless that is nil, and returns its answer and body.
func (d *desk) send(method, path string, form url.Values, cookie *http.Cookie, header ...string) (*http.Response, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, "http://"+memhttp.Host+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := d.h.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res, string(body)
}

func (d *desk) status(method, path string, form url.Values, cookie *http.Cookie, header ...string) string {
	d.t.Helper()
	res, _ := d.send(method, path, form, cookie, header...)
	return strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location")))
}

// logIn returns the cookie of a user of the demo.
func (d *desk) logIn(user string) *http.Cookie {
	d.t.Helper()
	res, _ := d.send("POST", "/login", url.Values{"user": {user}, "password": {users[user]}}, nil)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" || len(res.Cookies()) != 1 {
		d.t.Fatalf("login: got %d to %q with %q", res.StatusCode, res.Header.Get("Location"), res.Cookies())
	}
	return res.Cookies()[0]
}

func (d *desk) order(cookie *http.Cookie, what string) string {
	d.t.Helper()
	return d.status("POST", "/orders", url.Values{"what": {what}}, cookie)
}

// A window is a session of the app and all that it has heard.
type window struct {
	*wireclient.Client
	mu    sync.Mutex
	heard []string // guarded by mu; "1 pears placed"
	lost  error    // guarded by mu; the first reason
}

func (d *desk) open(cookie *http.Cookie, transport string) *window {
	d.t.Helper()
	w := &window{}
	d.windows++
	header := http.Header{"Origin": {"http://" + memhttp.Host}} // as a page sends it
	if cookie != nil {
		header.Set("Cookie", cookie.Name+"="+cookie.Value)
	}
	w.Client = wireclient.New(wireclient.Options{
		URL: "http://" + memhttp.Host + "/everwire/", HTTP: d.h.Transport, Dial: d.l.Dial, Header: header, Seed: d.windows,
		Event: func(e wireclient.Event) {
			var o order
			if err := json.Unmarshal(e.Data, &o); err != nil || e.Name != "order" {
				d.t.Errorf("heard %s %s: %v", e.Name, e.Data, err)
			}
			w.mu.Lock()
			w.heard = append(w.heard, fmt.Sprint(o.Number, " ", o.What, " ", o.Stage))
			w.mu.Unlock()
		},
		Changed: func(ch wireclient.Change) {
			w.mu.Lock()
			w.lost = cmp.Or(w.lost, ch.Err)
			w.mu.Unlock()
		},
		Fault: func(err error) { d.t.Errorf("%s: %v", transport, err) },
	})
	d.t.Cleanup(w.Stop)
	w.Open(transport)
	synctest.Wait()
	return w
}

// news returns what the window has heard and forgets it.
func (w *window) news() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.heard
	w.heard = nil
	return heard
}

func (w *window) ended() error {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

var transports = []string{wireclient.WebSocket, wireclient.SSE, wireclient.LongPoll, wireclient.Polling}

// Through all the middleware, on every transport: the handler and the job emit to
// the windows of one user, and to nobody else's.
func TestOrdersReachTheirOwner(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ann, ben := d.logIn("ann"), d.logIn("ben")
		var windows []*window
		for _, name := range transports {
			windows = append(windows, d.open(ann, name))
		}
		other := d.open(ben, wireclient.WebSocket)
		time.Sleep(14 * time.Second) // 14.5 in all; the job has worked at 5 and 10 s
		if got := d.order(ann, "pears"); got != "303 /" {
			t.Errorf("order: got %s", got)
		}
		for i, w := range windows[:3] { // what is held open hears at once
			equal(t, "at once by "+transports[i], w.news(), []string{"1 pears placed"})
		}
		time.Sleep(time.Second)
		for i, w := range windows[:3] {
			equal(t, "at 15.5 s by "+transports[i], w.news(), []string{"1 pears packed"})
		}
		time.Sleep(5 * time.Second)
		for i, w := range windows[:3] {
			equal(t, "at 20.5 s by "+transports[i], w.news(), []string{"1 pears sent"})
		}
		time.Sleep(12 * time.Second) // the longest interval of polling is 10 s
		equal(t, "by polling", windows[3].news(), []string{"1 pears placed", "1 pears packed", "1 pears sent"})
		equal(t, "the other user", other.news(), nil)

		later := d.open(ann, wireclient.SSE)
		equal(t, "a window that is opened later", later.news(), []string{"1 pears sent"})
		_, page := d.send("GET", "/", nil, ann)
		if !strings.Contains(page, "<td>pears</td>") || !strings.Contains(page, "Log out ann") {
			t.Errorf("the page does not show the order: %q", page)
		}
		if _, page := d.send("GET", "/", nil, ben); strings.Contains(page, "<td>pears") {
			t.Error("the other user's page shows the order")
		}
	})
}

func TestCancel(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ann, ben := d.logIn("ann"), d.logIn("ben")
		a, b := d.open(ann, wireclient.WebSocket), d.open(ben, wireclient.WebSocket)
		d.order(ann, "pears")
		d.order(ann, "plums")
		cancel := func(w *window, number string) (got error) {
			got = errors.New("no ack")
			if err := w.Call("cancel", json.RawMessage(number), func(_ wireclient.Event, err error) { got = err }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			return got
		}
		late := &wireclient.Refusal{}
		if err := cancel(b, "1"); !errors.As(err, &late) || late.Code != "late" {
			t.Errorf("another user's order: got %v, want a refusal", err)
		}
		if err := cancel(a, "1"); err != nil {
			t.Error(err)
		}
		if err := cancel(a, "1"); !errors.As(err, &late) {
			t.Errorf("for the second time: got %v, want a refusal", err)
		}
		time.Sleep(3 * time.Second) // 6.2 s in all
		if err := cancel(a, "2"); !errors.As(err, &late) {
			t.Errorf("what is packed: got %v, want a refusal", err)
		}
		equal(t, "heard", a.news(), []string{"1 pears placed", "2 plums placed", "1 pears cancelled", "2 plums packed"})
		equal(t, "heard by the other", b.news(), nil)
	})
}

func TestLogin(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for _, form := range []url.Values{
			{"user": {"ann"}, "password": {"banana"}}, {"user": {"ann"}, "password": {""}}, {"user": {"ann"}},
			{"user": {""}, "password": {""}}, {"user": {"nobody"}, "password": {""}},
			{"user": {"ann"}, "password": {"apple" + strings.Repeat(" ", 5<<10)}},
		} {
			res, _ := d.send("POST", "/login", form, nil)
			if res.StatusCode != http.StatusUnauthorized || len(res.Cookies()) > 0 {
				t.Errorf("%.60q: got %d with %q, want 401", form, res.StatusCode, res.Cookies())
			}
		}
		c := d.logIn("ann")
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || len(c.Value) < 26 {
			t.Errorf("got cookie %q", c)
		}
		if again := d.logIn("ann"); again.Value == c.Value {
			t.Error("two logins have one token")
		}
		forged := &http.Cookie{Name: cookieName, Value: strings.Repeat("A", 26)}
		for what, cookie := range map[string]*http.Cookie{"no cookie": nil, "a forged cookie": forged} {
			if got := d.status("GET", "/", nil, cookie); got != "303 /login" {
				t.Errorf("home with %s: got %s", what, got)
			}
			if got := d.order(cookie, "pears"); got != "401" {
				t.Errorf("order with %s: got %s", what, got)
			}
			for _, name := range transports {
				w := d.open(cookie, name)
				if err := w.ended(); err == nil || !strings.Contains(err.Error(), "auth") {
					t.Errorf("%s by %s: got %v, want auth", what, name, err)
				}
			}
		}
		if got := d.status("POST", "/login", url.Values{"user": {"ann"}, "password": {"apple"}}, nil, "Sec-Fetch-Site", "cross-site"); got != "403" {
			t.Errorf("a form of another site: got %s, want 403", got)
		}
	})
}

func TestLogout(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ann, elsewhere := d.logIn("ann"), d.logIn("ann")
		a, b := d.open(ann, wireclient.SSE), d.open(elsewhere, wireclient.WebSocket)
		if got := d.status("POST", "/logout", nil, ann); got != "303 /login" {
			t.Errorf("got %s", got)
		}
		if err := a.ended(); err == nil || !strings.Contains(err.Error(), "logged out") {
			t.Errorf("a window of this login: got %v, want logged out", err)
		}
		if err := b.ended(); err != nil {
			t.Errorf("a window of another login: %v", err)
		}
		if got := d.status("GET", "/", nil, ann); got != "303 /login" {
			t.Errorf("the old cookie: got %s", got)
		}
	})
}

func TestExpiry(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		c := d.logIn("ann")
		w := d.open(c, wireclient.WebSocket)
		time.Sleep(loginLasts - time.Second)
		if got := d.status("GET", "/", nil, c); got != "200" || w.ended() != nil {
			t.Errorf("before it: got %s, %v", got, w.ended())
		}
		time.Sleep(time.Second)
		if got := d.status("GET", "/", nil, c); got != "303 /login" {
			t.Errorf("after it: got %s", got)
		}
		time.Sleep(workEvery)
		if err := w.ended(); err == nil || !strings.Contains(err.Error(), "logged out") {
			t.Errorf("its window: got %v, want logged out", err)
		}
	})
}

func TestLoginsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := logins{byToken: make(map[string]login)}
		for range maxLogins {
			if _, err := s.open("ann"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.open("ann"); err == nil {
			t.Error("one too many is let in")
		}
		time.Sleep(loginLasts)
		if _, err := s.open("ann"); err != nil || len(s.byToken) != 1 {
			t.Errorf("when all have expired: %v, %d are kept", err, len(s.byToken))
		}
	})
}

func TestOrdersAreBounded(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		c := d.logIn("ann")
		for _, what := range []string{"", " ", strings.Repeat("ü", 101), strings.Repeat("x", 5<<10), "\xff"} {
			if got := d.order(c, what); got != "400" {
				t.Errorf("%.20q: got %s, want 400", what, got)
			}
		}
		for range maxOrders + 1 {
			d.order(c, strings.Repeat("ü", 100))
		}
		if got := len(d.open(c, wireclient.SSE).news()); got != maxOrders {
			t.Errorf("got %d orders, want %d", got, maxOrders)
		}
	})
}

func TestMiddleware(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		for _, path := range []string{"/login", "/everwire/client.js", "/static/app.css", "/nothing"} {
			res, _ := d.send("GET", path, nil, nil)
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if res.Header.Get(name) == "" {
					t.Errorf("%s has no %s", path, name)
				}
			}
		}
		c := d.logIn("ann")
		w := d.open(c, wireclient.SSE)
		w.Stop() // a stream is logged when it is over
		d.open(c, wireclient.WebSocket).Stop()
		synctest.Wait()
		logs := d.logs.String()
		for _, want := range []string{
			`method=GET path=/login status=200 bytes=\d{3,}`, `path=/nothing status=404`, `method=POST path=/login status=303`,
			`path=/everwire/sse status=200 bytes=[1-9]`, `path=/everwire/websocket status=0`,
		} {
			if !regexp.MustCompile(want).MatchString(logs) {
				t.Errorf("the log has no line with %s:\n%s", want, logs)
			}
		}
		if strings.Contains(logs, c.Value) {
			t.Error("the cookie is in the log")
		}
	})
}

func TestRecovering(t *testing.T) {
	var logs bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logs, nil))
	serve := func(h http.HandlerFunc) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		logging(logger, recovering(logger, h)).ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
		return w
	}
	if w := serve(func(http.ResponseWriter, *http.Request) { panic("lost a screw") }); w.Code != 500 {
		t.Errorf("got %d, want 500", w.Code)
	}
	if got := logs.String(); !strings.Contains(got, "lost a screw") || !strings.Contains(got, "main_test.go") || !strings.Contains(got, "status=500") {
		t.Errorf("the log does not say what, where and how it was answered: %s", got)
	}
	w := serve(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(202)
		io.WriteString(w, "half")
		panic("late")
	})
	if w.Code != 202 || w.Body.String() != "half" {
		t.Errorf("after the first byte: got %d %q", w.Code, w.Body)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("ErrAbortHandler has become %v", p)
		}
	}()
	serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// A shutdown is over at half time if all pages have confirmed that they know, and
// the job has ended; for one that polls it is over soon after. From its start the
// app is not ready.
func TestShutdown(t *testing.T) {
	for _, name := range transports {
		took := atDesk(t, func(t *testing.T, d *desk) {
			d.open(d.logIn("ann"), name)
			if got := d.status("GET", "/ready", nil, nil); got != "204" {
				t.Errorf("ready: got %s, want 204", got)
			}
		})
		half := 6 * time.Second
		if name == "polling" && took > half && took < 2*half {
			continue
		}
		if took.Round(100*time.Millisecond) != half {
			t.Errorf("%s: the shutdown took %v, want %v", name, took, half)
		}
	}
	a := newApp(slog.New(slog.DiscardHandler))
	if err := a.rt.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	w := httptest.NewRecorder()
	a.handler().ServeHTTP(w, httptest.NewRequest("GET", "/ready", nil))
	if w.Code != 503 {
		t.Errorf("ready in a shutdown: got %d, want 503", w.Code)
	}
}

func TestPages(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		c := d.logIn("ann")
		d.order(c, "<script>x</script>")
		for _, path := range []string{"/", "/login"} {
			_, page := d.send("GET", path, nil, c)
			if strings.Contains(page, "<script>x") {
				t.Errorf("%s holds an order as HTML", path)
			}
			for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
				if got := d.status("GET", m[1], nil, nil); got != "200" {
					t.Errorf("%s refers to %s: got %s", path, m[1], got)
				}
			}
		}
	})
}
