package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/leak"
	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

func TestMain(m *testing.M) { leak.Main(m) }

// A rig is a demo whose every listener is in memory, in a bubble.
type rig struct {
	t *testing.T
	h *house
	s *stage

	seed  uint64                                                             // of the last guest
	lines map[*panel]func(context.Context, string, string) (net.Conn, error) // dials a panel
}

// inStage runs a test with one open stage, in virtual time.
func inStage(t *testing.T, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, lines: map[*panel]func(context.Context, string, string) (net.Conn, error){}}
		r.h = newHouse("page.test:80", func() (net.Listener, error) { return memhttp.Listen(), nil })
		r.h.dial = func(ctx context.Context, to net.Listener) (net.Conn, error) {
			return to.(*memhttp.Listener).Dial(ctx, "", "")
		}
		s, err := r.h.open()
		if err != nil {
			t.Fatal(err)
		}
		r.s = s
		for _, p := range s.panels {
			r.lines[p] = p.meter.Listener.(*memhttp.Listener).Dial
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			r.h.close()
			_ = r.h.rt.Shutdown(ctx) // nobody is left to be told
		}()
		test(r)
	})
}

// look keeps the stage awake for so long, as its page does.
func (r *rig) look(d time.Duration) view {
	for end := time.Now().Add(d); time.Now().Before(end); {
		r.s.view(nil)
		time.Sleep(250 * time.Millisecond)
	}
	synctest.Wait()
	return r.s.view(nil)
}

// A guest is a client of one panel, and the events that it has got.
type guest struct {
	*wireclient.Client
	mu     sync.Mutex
	events []event // guarded by mu
}

func (r *rig) join(p *panel, transport string) *guest {
	g := &guest{}
	r.seed++
	tr := &http.Transport{DialContext: r.lines[p]}
	g.Client = wireclient.New(wireclient.Options{
		URL: "http://" + memhttp.Host + "/everwire/", HTTP: tr, Dial: r.lines[p], Seed: r.seed,
		Event: func(e wireclient.Event) {
			var ev event
			if e.Name != "event" {
				return
			}
			if err := json.Unmarshal(e.Data, &ev); err != nil {
				r.t.Errorf("event %s: %v", e.Data, err)
			}
			g.mu.Lock()
			g.events = append(g.events, ev)
			g.mu.Unlock()
		},
		Fault: func(err error) { r.t.Errorf("%s: %v", p.name, err) },
	})
	r.t.Cleanup(func() { g.Stop(); tr.CloseIdleConnections() })
	g.Open(transport)
	return g
}

func (g *guest) numbers() (ns []int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.events {
		ns = append(ns, e.N)
	}
	return ns
}

// TestTruth: what the server says that it emitted is what each panel's client
// got, from the first event after it joined.
func TestTruth(t *testing.T) {
	inStage(t, func(r *rig) {
		guests := map[*panel]*guest{}
		for i, p := range r.s.panels {
			if p.name == "sse" {
				r.look(5 * time.Second) // this one comes late
			}
			name := p.name
			if i == len(r.s.panels)-1 {
				name = wireclient.WebSocket
			}
			guests[p] = r.join(p, name)
			synctest.Wait()
		}
		r.look(10 * time.Second)
		if err := r.s.emit(20, "hello", "test"); err != nil {
			t.Fatal(err)
		}
		r.look(3 * time.Second)
		if err := r.s.set(func(c controls) (controls, error) { c.Rate = 0; return c, nil }); err != nil {
			t.Fatal(err)
		}
		v := r.look(15 * time.Second)
		if v.Emitted < 40 {
			t.Errorf("%d events in all, want two a second and the burst", v.Emitted)
		}
		for i, p := range r.s.panels {
			got, is := guests[p].numbers(), v.Panels[i]
			var want []int64
			for n := is.From + 1; n <= v.Emitted; n++ {
				want = append(want, n)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s got %v, want %v", p.name, got, want)
			}
			if is.Emitted != int64(len(got)) || is.Sessions != 1 || is.Payload < 100*is.Emitted {
				t.Errorf("%s: the truth is %+v, its client has %d events", p.name, is.truth, len(got))
			}
			if late := p.name == "sse" || p.name == "websocket" || p.name == ladder; late != (is.From > 0) {
				t.Errorf("%s began behind event %d", p.name, is.From)
			}
		}
	})
}

// TestCounts: requests, connections and marks are those that a client caused.
func TestCounts(t *testing.T) {
	inStage(t, func(r *rig) {
		for _, tt := range []struct {
			name               string
			requests, at, open int64
		}{
			// An opening and 10 polls at least in 10 s of which the longest interval is one second.
			{"polling", 10, 22, 1},
			{"websocket", 1, 1, 1},
		} {
			p := r.s.panels[slices.Index(panels, tt.name)]
			r.join(p, tt.name)
			v := r.look(10 * time.Second)
			is := v.Panels[slices.Index(panels, tt.name)]
			if is.Requests < tt.requests || is.Requests > tt.at || is.Connections != 1 || int64(is.Open) != tt.open {
				t.Errorf("%s: got %+v, want %d to %d requests on one connection", tt.name, is.tally, tt.requests, tt.at)
			}
			kinds := map[act]int64{}
			for _, m := range is.Marks {
				kinds[m.What]++
			}
			if kinds[opened] != 1 || kinds[asked] != is.Requests || kinds[closed] != 0 {
				t.Errorf("%s: marks %v do not fit %+v", tt.name, kinds, is.tally)
			}
			if tt.name == "websocket" && kinds[answered] != 0 {
				t.Error("the WebSocket's request is said to be over")
			}
		}
	})
}

// TestPollInterval: the interval that a page has set holds from the next poll on.
func TestPollInterval(t *testing.T) {
	inStage(t, func(r *rig) {
		p := r.s.panels[slices.Index(panels, "polling")]
		if err := r.s.set(func(controls) (controls, error) { return controls{Size: 100, Poll: 5000}, nil }); err != nil {
			t.Fatal(err)
		}
		r.join(p, "polling")
		before := r.look(10*time.Second + 100*time.Millisecond).Panels[0].Requests
		after := r.look(20 * time.Second).Panels[0].Requests
		if got := after - before; got != 4 {
			t.Errorf("%d polls in 20 s, want one in 5 s", got)
		}
	})
}

// TestPause: nothing is emitted for a page that nobody looks at, and in the end
// its stage is closed.
func TestPause(t *testing.T) {
	inStage(t, func(r *rig) {
		before := r.look(10 * time.Second).Emitted
		time.Sleep(time.Minute)
		paused := r.look(0).Emitted
		if before < 19 || paused-before > int64(pauseAfter/time.Second)*2+1 {
			t.Errorf("%d events while somebody looks, then %d", before, paused-before)
		}
		time.Sleep(endAfter + 2*time.Second)
		synctest.Wait()
		if r.h.stage(r.s.id) != nil {
			t.Error("the stage is still there")
		}
	})
}

// TestMeter: a meter counts every byte, whatever it is, and each end once.
func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := memhttp.Listen()
		m := newMeter(l, &strip{})
		defer m.Listener.Close()
		go func() {
			c, err := l.Dial(t.Context(), "", "")
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(c, "12345")
			c.Read(make([]byte, 100))
			c.Close()
		}()
		c, err := m.Accept()
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 3)
		for range 2 {
			if _, err := c.Read(b); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprint(c, "1234567")
		m.request(1, "x")
		if got, want := m.tally(), (tally{Requests: 1, Connections: 1, Open: 1, Up: 5, Down: 7}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		c.Close()
		c.Close()
		if got, want := m.tally(), (tally{Requests: 1, Connections: 1, Up: 5, Down: 7}); got != want {
			t.Errorf("closed: got %+v, want %+v", got, want)
		}
		var acts []act
		marks, next := m.strip.since(0)
		for _, k := range marks {
			acts = append(acts, k.What)
		}
		if want := []act{opened, asked, closed}; !slices.Equal(acts, want) || next != 3 {
			t.Errorf("marks %v, next %d, want %v", acts, next, want)
		}
	})
}

func TestStrip(t *testing.T) {
	var s strip
	for i := range maxMarks + 10 {
		s.add(int64(i), opened, "")
	}
	for _, tt := range []struct{ from, first int64 }{{0, maxMarks / 2}, {-5, maxMarks / 2}, {maxMarks + 7, maxMarks + 7}, {1 << 40, -1}} {
		marks, next := s.since(tt.from)
		if next != maxMarks+10 {
			t.Errorf("since %d: next %d, want %d", tt.from, next, maxMarks+10)
		}
		if tt.first < 0 {
			if len(marks) != 0 {
				t.Errorf("since %d: got %d marks, want none", tt.from, len(marks))
			}
			continue
		}
		if len(marks) == 0 || marks[0].Conn != tt.first || marks[len(marks)-1].Conn != maxMarks+9 {
			t.Errorf("since %d: got %d marks, want those from %d on", tt.from, len(marks), tt.first)
		}
	}
}

func TestAbove(t *testing.T) {
	var a above
	for _, n := range []int64{1, 2, 2, 5, 4, 6} {
		a.take(n)
	}
	if want := (above{Received: 4, Last: 6, Lost: 2, Repeated: 2}); a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
}

func TestEventSize(t *testing.T) {
	for _, size := range []int{64, 100, 4096} {
		b, err := newEvent(1, "", "").encode(size)
		if err != nil || len(b) != size || !json.Valid(b) {
			t.Errorf("%d bytes: got %d, %v", size, len(b), err)
		}
	}
	b, err := newEvent(1, strings.Repeat("ü", maxText), "form").encode(minSize)
	if err != nil || len(b) <= minSize || strings.Contains(string(b), "pad") {
		t.Errorf("a long text: got %d bytes %s, %v", len(b), b, err)
	}
}

func TestControls(t *testing.T) {
	for _, tt := range []struct {
		form string
		want string // of the error; empty is none
	}{
		{"rate=0&size=64&poll=0", ""}, {"rate=50&size=4096&poll=10000", ""}, {"rate=0.5", ""}, {"poll=100", ""}, {"", ""},
		{"rate=50.1", "rate"}, {"rate=-1", "rate"}, {"rate=NaN", "rate"}, {"rate=Inf", "rate"}, {"rate=", "rate"}, {"rate=x", "rate"},
		{"size=63", "size"}, {"size=4097", "size"}, {"size=1e3", "size"},
		{"poll=99", "poll"}, {"poll=10001", "poll"}, {"poll=-1", "poll"},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		got, err := defaults.read(form)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want+" must be")) {
			t.Errorf("%q: got %v, want an error about %q", tt.form, err, tt.want)
		}
		if err != nil && got != defaults {
			t.Errorf("%q: refused, and %+v", tt.form, got)
		}
	}
}

// ask posts a form to the page's address.
func (r *rig) ask(method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "http://page.test"+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.h.routes().ServeHTTP(w, req)
	return w
}

func TestForms(t *testing.T) {
	inStage(t, func(r *rig) {
		at := "/stages/" + r.s.id
		for _, tt := range []struct {
			name, method, path string
			form               url.Values
			header             []string
			status             int
		}{
			{name: "set", path: at + "/set", form: url.Values{"rate": {"7"}}, status: 204},
			{name: "set too much", path: at + "/set", form: url.Values{"rate": {"700"}}, status: 400},
			{name: "set with a body that is too long", path: at + "/set", form: url.Values{"x": {strings.Repeat("x", maxForm)}}, status: 400},
			{name: "burst", path: at + "/burst", form: url.Values{"count": {"200"}}, status: 204},
			{name: "burst too large", path: at + "/burst", form: url.Values{"count": {"201"}}, status: 400},
			{name: "burst of nothing", path: at + "/burst", status: 400},
			{name: "no such stage", path: "/stages/x/set", status: 404},
			{name: "wrong method", method: "DELETE", path: at, status: 404},
			{name: "say nothing", path: "/say", form: url.Values{"text": {"  "}}, status: 400},
			{name: "say too much", path: "/say", form: url.Values{"text": {strings.Repeat("ü", maxText+1)}}, status: 400},
			{name: "say no UTF-8", path: "/say", form: url.Values{"text": {"\xff"}}, status: 400},
			{name: "a page of another origin", path: "/say", form: url.Values{"text": {"x"}}, header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
			{name: "say by curl", path: "/say", form: url.Values{"text": {"x"}}, status: 200},
			{name: "say without script", path: "/say", form: url.Values{"text": {"x"}, "via": {"form"}, "back": {"1"}}, status: 303},
			{name: "faults", method: "GET", path: at + "/faults", status: 200},
			{name: "no session at the page's own address", path: "/everwire/polling", status: 404},
		} {
			if tt.method == "" {
				tt.method = "POST"
			}
			if got := r.ask(tt.method, tt.path, tt.form, tt.header...); got.Code != tt.status {
				t.Errorf("%s: got %d %s, want %d", tt.name, got.Code, got.Body, tt.status)
			}
		}
		if got := r.s.view(nil).Controls; got.Rate != 7 || got.Size != defaults.Size {
			t.Errorf("the controls are %+v", got)
		}
	})
}

// TestSay: a posted text is heard in every panel of every page, and listed on a
// page without script.
func TestSay(t *testing.T) {
	inStage(t, func(r *rig) {
		second, err := r.h.open()
		if err != nil {
			t.Fatal(err)
		}
		var guests []*guest
		for _, s := range []*stage{r.s, second} {
			for _, p := range s.panels {
				r.lines[p] = p.meter.Listener.(*memhttp.Listener).Dial
				name := p.name
				if name == ladder {
					name = wireclient.LongPoll
				}
				guests = append(guests, r.join(p, name))
			}
		}
		r.look(3 * time.Second)
		r.ask("POST", "/say", url.Values{"text": {" <b>hi "}, "via": {"form"}})
		r.look(12 * time.Second)
		for i, g := range guests {
			g.mu.Lock()
			n := 0
			for _, e := range g.events {
				if e.Say == "<b>hi" && e.From == "form" {
					n++
				}
			}
			g.mu.Unlock()
			if n != 1 {
				t.Errorf("guest %d heard it %d times, want once", i, n)
			}
		}
		if page := r.ask("GET", "/", nil).Body.String(); !strings.Contains(page, "<li>&lt;b&gt;hi</li>") {
			t.Error("the page without script does not list it")
		}
	})
}

// TestTooManyPages: a page more than the bound is told so.
func TestTooManyPages(t *testing.T) {
	inStage(t, func(r *rig) {
		for range maxStages - 1 {
			if w := r.ask("POST", "/stages", nil); w.Code != http.StatusOK {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
		}
		if w := r.ask("POST", "/stages", nil); w.Code != http.StatusServiceUnavailable {
			t.Errorf("page %d: got %d, want 503", maxStages+1, w.Code)
		}
		if w := r.ask("POST", "/stages/"+r.s.id+"/end", nil); w.Code != http.StatusNoContent {
			t.Errorf("end: got %d, want 204", w.Code)
		}
		if w := r.ask("POST", "/stages", nil); w.Code != http.StatusOK {
			t.Errorf("when one has ended: got %d, want 200", w.Code)
		}
	})
}
