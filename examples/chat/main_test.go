package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// A hall is a chat that runs in a bubble.
type hall struct {
	t *testing.T
	l *memhttp.Listener
	h *http.Client

	guests uint64
}

// inHall runs a test of a chat in virtual time, from its start to its shutdown,
// and returns how long that took.
func inHall(t *testing.T, test func(t *testing.T, h *hall)) (shutdown time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := memhttp.Listen()
		tr := &http.Transport{DialContext: l.Dial}
		h := &hall{t: t, l: l, h: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, l) }() // ends with stop
		defer func() {
			tr.CloseIdleConnections()
			start := time.Now()
			stop()
			if err := <-ended; err != nil {
				t.Errorf("serve: %v", err)
			}
			shutdown = time.Since(start)
		}()
		test(t, h)
	})
	return shutdown
}

// A guest is a session of the chat and all that it has heard.
type guest struct {
	*wireclient.Client
	t *testing.T

	mu    sync.Mutex
	heard []string // guarded by mu; an event's name and payload
	lost  error    // guarded by mu; the first reason
}

func (h *hall) enter(name, room, transport string) *guest {
	h.t.Helper()
	g := &guest{t: h.t}
	h.guests++
	auth, err := json.Marshal(seat{name, room})
	if err != nil {
		h.t.Fatal(err)
	}
	g.Client = wireclient.New(wireclient.Options{
		URL: "http://" + memhttp.Host + "/everwire/", HTTP: h.h.Transport, Dial: h.l.Dial, Auth: auth, Seed: h.guests,
		Event: func(e wireclient.Event) {
			g.mu.Lock()
			g.heard = append(g.heard, e.Name+" "+string(e.Data))
			g.mu.Unlock()
		},
		Changed: func(ch wireclient.Change) {
			g.mu.Lock()
			g.lost = cmp.Or(g.lost, ch.Err)
			g.mu.Unlock()
		},
		Fault: func(err error) { h.t.Errorf("%s: %v", name, err) },
	})
	h.t.Cleanup(g.Stop)
	g.Open(transport)
	settle()
	return g
}

// settle lets everything arrive, on the slowest transport, too.
func settle() {
	time.Sleep(12 * time.Second)
	synctest.Wait()
}

// said returns what the guest has heard of one event, in order, and forgets it.
func (g *guest) said(event string) (payloads []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = slices.DeleteFunc(g.heard, func(e string) bool {
		p, ok := strings.CutPrefix(e, event+" ")
		if ok {
			payloads = append(payloads, p)
		}
		return ok
	})
	return payloads
}

// texts returns the texts of the messages that the guest has heard.
func (g *guest) texts() (texts []string) {
	g.t.Helper()
	for _, p := range g.said("said") {
		var m message
		if err := json.Unmarshal([]byte(p), &m); err != nil {
			g.t.Fatal(err)
		}
		texts = append(texts, m.Text)
	}
	return texts
}

// ask makes a call and returns its ack.
func (g *guest) ask(event string, payload any) (string, error) {
	g.t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		g.t.Fatal(err)
	}
	var ack string
	done := fmt.Errorf("no ack of %s", event)
	err = g.Call(event, raw, func(e wireclient.Event, err error) { ack, done = string(e.Data), err })
	if err != nil {
		g.t.Fatal(err)
	}
	settle()
	return ack, done
}

func (g *guest) say(id, text string) error {
	g.t.Helper()
	_, err := g.ask("say", message{ID: id, Text: text})
	return err
}

// post is curl -d ... /say.
func (h *hall) post(form url.Values, header ...string) (int, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), "POST", "http://"+memhttp.Host+"/say", strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return h.do(r)
}

func (h *hall) get(path string) (int, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), "GET", "http://"+memhttp.Host+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.do(r)
}

func (h *hall) do(r *http.Request) (int, string) {
	h.t.Helper()
	res, err := h.h.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location") + string(body)
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

var transports = []string{wireclient.WebSocket, wireclient.SSE, wireclient.LongPoll, wireclient.Polling}

func TestTalkOnEveryTransport(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		var guests []*guest
		for _, name := range transports {
			guests = append(guests, h.enter(name, lobby, name))
		}
		var want []string
		for i, g := range guests {
			want = append(want, transports[i]+" speaks")
			if err := g.say("", want[i]); err != nil {
				t.Errorf("ack on %s: %v", transports[i], err)
			}
		}
		people := `[{"name":"longpoll","transport":"longpoll"},{"name":"polling","transport":"polling"},` +
			`{"name":"sse","transport":"sse"},{"name":"websocket","transport":"websocket"}]`
		guests[0].Volatile("moved", nil)
		settle()
		for i, g := range guests {
			equal(t, "heard on "+transports[i], g.texts(), want)
			if got := g.said("people"); len(got) == 0 || got[len(got)-1] != people {
				t.Errorf("people on %s: got %q, want %s at the end", transports[i], got, people)
			}
		}
		guests[1].Volatile("typing", nil)
		settle()
		for i, name := range transports[:3] { // a poll that is not there hears nothing volatile
			want := []string{`"sse"`}
			if i == 1 {
				want = nil // not who types
			}
			equal(t, "typing on "+name, guests[i].said("typing"), want)
		}
	})
}

func TestFormReachesEverybody(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		a := h.enter("a", lobby, wireclient.WebSocket)
		b := h.enter("b", "cellar", wireclient.Polling)
		if status, body := h.post(url.Values{"name": {"curl"}, "text": {"to all"}}); status != 200 || body != "Said to everybody.\n" {
			t.Errorf("form: got %d %q", status, body)
		}
		if status, body := h.post(url.Values{"name": {"curl"}, "text": {"to one"}, "room": {"cellar"}}); status != 200 || body != "Said to cellar.\n" {
			t.Errorf("form to a room: got %d %q", status, body)
		}
		settle()
		equal(t, "lobby", a.texts(), []string{"to all"})
		equal(t, "cellar", b.texts(), []string{"to all", "to one"})
		form := url.Values{"name": {"n"}, "text": {"no script"}, "room": {lobby}, "back": {"1"}}
		if status, where := h.post(form); status != http.StatusSeeOther || where != "/?name=n&room=lobby" {
			t.Errorf("form that wants to come back: got %d %q", status, where)
		}
		if status, _ := h.post(form, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
			t.Errorf("form of another site: got %d, want 403", status)
		}
	})
}

func TestHistory(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		var want []string
		for i := range maxHistory + 5 {
			want = append(want, fmt.Sprint("line ", i))
			h.post(url.Values{"name": {"form"}, "text": {want[i]}})
		}
		a := h.enter("a", lobby, wireclient.SSE)
		equal(t, "history", a.texts(), want[5:])
		if err := a.say("", "live"); err != nil {
			t.Error(err)
		}
		equal(t, "after it", a.texts(), []string{"live"})

		// Another room has another one, which lasts as long as somebody is there.
		if _, err := a.ask("sit", seat{"a", "cellar"}); err != nil {
			t.Error(err)
		}
		equal(t, "a new room", a.texts(), nil)
		if err := a.say("", "down here"); err != nil {
			t.Error(err)
		}
		b := h.enter("b", "cellar", wireclient.WebSocket)
		equal(t, "who comes later", b.texts(), []string{"down here"})
		for _, g := range []*guest{a, b} {
			if _, err := g.ask("sit", seat{"x", lobby}); err != nil {
				t.Error(err)
			}
			g.texts()
		}
		if status, body := h.post(url.Values{"name": {"n"}, "text": {"t"}, "room": {"cellar"}}); status != 404 {
			t.Errorf("a room that all have left: got %d %q, want 404", status, body)
		}
	})
}

func TestSayingAgainChangesNothing(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		a := h.enter("a", lobby, wireclient.WebSocket)
		for range 2 {
			if err := a.say("id-1", "once"); err != nil {
				t.Error(err)
			}
		}
		equal(t, "heard", a.texts(), []string{"once"})
	})
}

func TestBounds(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ü", n) }
	inHall(t, func(t *testing.T, h *hall) {
		a := h.enter(long(maxName), long(maxName), wireclient.WebSocket)
		if err := a.say(long(40), long(maxText)); err != nil {
			t.Errorf("the longest of everything: %v", err)
		}
		for what, err := range map[string]error{
			"no text":   a.say("", " \n"),
			"long text": a.say("", long(maxText+1)),
			"long id":   a.say(long(41), "x"),
		} {
			if err == nil || !strings.Contains(err.Error(), "characters") {
				t.Errorf("%s: got %v, want a refusal", what, err)
			}
		}
		for what, at := range map[string]seat{
			"no name": {"", lobby}, "blank name": {" ", lobby}, "long name": {long(maxName + 1), lobby},
			"no room": {"a", ""}, "long room": {"a", long(maxName + 1)},
		} {
			if _, err := a.ask("sit", at); err == nil {
				t.Errorf("%s: got no refusal", what)
			}
			b := h.enter(at.Name, at.Room, wireclient.LongPoll)
			b.mu.Lock()
			if b.lost == nil || !strings.Contains(b.lost.Error(), "auth") {
				t.Errorf("%s at the door: got %v, want auth", what, b.lost)
			}
			b.mu.Unlock()
		}
		for what, form := range map[string]url.Values{
			"no name": {"text": {"x"}}, "no text": {"name": {"x"}}, "no UTF-8": {"name": {"x"}, "text": {"\xff"}},
			"long name": {"name": {long(maxName + 1)}, "text": {"x"}}, "huge": {"name": {"x"}, "text": {long(16 << 10)}},
		} {
			if status, body := h.post(form); status != 400 {
				t.Errorf("form with %s: got %d %q, want 400", what, status, body)
			}
		}
	})
}

func TestPage(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.post(url.Values{"name": {"<i>n"}, "text": {"<script>x</script>"}})
		_, body := h.get("/?name=%22%3E%3Cu%3E")
		for _, bad := range []string{"<i>n", "<script>x", `"><u>`} {
			if strings.Contains(body, bad) {
				t.Errorf("the page holds %q as HTML", bad)
			}
		}
		if want := "&lt;script&gt;x&lt;/script&gt;"; !strings.Contains(body, want) {
			t.Errorf("the page does not hold the history, %q", want)
		}
		for _, path := range []string{"/chat.js", "/chat.css", "/icon.svg", "/everwire/client.js"} {
			if status, _ := h.get(path); status != 200 {
				t.Errorf("%s: got %d", path, status)
			}
		}
	})
}

// A shutdown is over at half time if all pages have confirmed that they know.
func TestShutdownTellsThePages(t *testing.T) {
	for _, name := range transports[:3] { // a poll may come too late
		took := inHall(t, func(t *testing.T, h *hall) { h.enter("a", lobby, name) })
		if half := 1500 * time.Millisecond; took.Round(100*time.Millisecond) != half {
			t.Errorf("%s: the shutdown took %v, want %v", name, took, half)
		}
	}
}
