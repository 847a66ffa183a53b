package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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

// A desk is where the book lies: a server in a bubble.
type desk struct {
	t *testing.T
	l *memhttp.Listener
	h *http.Client

	readers uint64
}

// atDesk runs a test in virtual time, from the server's start to its shutdown,
// and returns how long that took.
func atDesk(t *testing.T, test func(t *testing.T, d *desk)) (shutdown time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := memhttp.Listen()
		tr := &http.Transport{DialContext: l.Dial}
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
		test(t, &desk{t: t, l: l, h: &http.Client{
			Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}})
	})
	return shutdown
}

func (d *desk) send(method, path string, form url.Values, header ...string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, "http://"+memhttp.Host+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
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
	return res.StatusCode, string(body)
}

func (d *desk) post(name, text string, header ...string) int {
	d.t.Helper()
	status, _ := d.send("POST", "/sign", url.Values{"name": {name}, "text": {text}}, header...)
	return status
}

// A reader is a session of the book and all that it has heard.
type reader struct {
	*wireclient.Client
	mu    sync.Mutex
	heard []string // guarded by mu; `signed 1 ann: hi` or `readers 2`
}

func (d *desk) open(transport string) *reader {
	d.t.Helper()
	r := &reader{}
	d.readers++
	r.Client = wireclient.New(wireclient.Options{
		URL: "http://" + memhttp.Host + "/everwire/", HTTP: d.h.Transport, Dial: d.l.Dial, Seed: d.readers,
		Event: func(ev wireclient.Event) {
			text := string(ev.Data)
			if ev.Name == "signed" {
				var e entry
				if err := json.Unmarshal(ev.Data, &e); err != nil || e.Date == "" {
					d.t.Errorf("%s: %s: %v", ev.Name, ev.Data, err)
				}
				text = fmt.Sprintf("%d %s: %s", e.Number, e.Name, e.Text)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.heard = append(r.heard, ev.Name+" "+text)
		},
		Fault: func(err error) { d.t.Errorf("%s: %v", transport, err) },
	})
	d.t.Cleanup(r.Stop)
	r.Open(transport)
	settle()
	return r
}

// settle lets everything arrive, by polling, too.
func settle() {
	time.Sleep(12 * time.Second)
	synctest.Wait()
}

func (r *reader) news() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	heard := r.heard
	r.heard = nil
	return heard
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestBook(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		if got := d.post("ann", "by the form"); got != http.StatusSeeOther {
			t.Errorf("form: got %d", got)
		}
		a := d.open(wireclient.LongPoll) // what a page of that age comes to
		equal(t, "at first", a.news(), []string{"signed 1 ann: by the form", "readers 1"})
		b := d.open(wireclient.WebSocket)
		equal(t, "the second", b.news(), []string{"signed 1 ann: by the form", "readers 2"})
		ack := fmt.Errorf("no ack")
		var number string
		err := a.Call("sign", json.RawMessage(`{"name":"ann","text":"live"}`), func(e wireclient.Event, err error) { number, ack = string(e.Data), err })
		settle()
		if err != nil || ack != nil || number != "2" {
			t.Errorf("sign: got %s, %v, %v; want number 2", number, err, ack)
		}
		d.post("ben", "by the form again")
		settle()
		equal(t, "the first", a.news(), []string{"readers 2", "signed 2 ann: live", "signed 3 ben: by the form again"})
		equal(t, "the second", b.news(), []string{"signed 2 ann: live", "signed 3 ben: by the form again"})
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
		settle()
		equal(t, "when one has gone", a.news(), []string{"readers 1"})
	})
}

func TestBounds(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		long := strings.Repeat("ü", 500)
		for what, e := range map[string]entry{
			"no name": {Text: "x"}, "no text": {Name: "x"}, "blanks": {Name: " ", Text: "x"}, "long name": {Name: long + "x", Text: "x"},
			"long text": {Name: "x", Text: long + "x"}, "huge": {Name: "x", Text: strings.Repeat("x", 9<<10)}, "no UTF-8": {Name: "x", Text: "\xff"},
		} {
			if got := d.post(e.Name, e.Text); got != 400 {
				t.Errorf("%s: got %d, want 400", what, got)
			}
		}
		if got := d.post("x", "y", "Sec-Fetch-Site", "cross-site"); got != 403 {
			t.Errorf("a form of another site: got %d, want 403", got)
		}
		for range maxEntries + 1 {
			d.post(long, long)
		}
		if _, page := d.send("GET", "/", nil); strings.Count(page, `class="entry"`) != maxEntries || strings.Contains(page, `id="entry1"`) {
			t.Errorf("the page has %d entries, want the last %d", strings.Count(page, `class="entry"`), maxEntries)
		}
		if got := len(d.open(wireclient.SSE).news()); got != maxEntries+1 { // and the readers
			t.Errorf("a session gets %d events, want %d", got, maxEntries+1)
		}
	})
}

func TestPage(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.post("<i>", "<script>x</script>")
		_, page := d.send("GET", "/", nil)
		if strings.Contains(page, "<i>") || strings.Contains(page, "<script>x") || !strings.Contains(page, "&lt;script&gt;x") {
			t.Error("the page holds an entry as HTML")
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if got, _ := d.send("GET", "/"+strings.TrimPrefix(m[1], "/"), nil); got != 200 {
				t.Errorf("the page refers to %s: got %d", m[1], got)
			}
		}
		_, jquery := d.send("GET", "/jquery-1.4.2.js", nil)
		if notice := "Dual licensed under the MIT or GPL Version 2 licenses."; !strings.Contains(jquery, notice) {
			t.Error("jQuery has lost its notice")
		}
	})
}

// A shutdown is over at half time if all pages have confirmed that they know.
func TestShutdown(t *testing.T) {
	took := atDesk(t, func(_ *testing.T, d *desk) { d.open(wireclient.WebSocket) })
	if half := 1500 * time.Millisecond; took.Round(100*time.Millisecond) != half {
		t.Errorf("took %v, want %v", took, half)
	}
}
