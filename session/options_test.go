package session_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

// refused returns with what New panics, "" if it does not.
func refused(opts session.Options) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	newServer(opts)
	return ""
}

func TestTransportsThatNew(t *testing.T) {
	for _, tt := range []struct {
		name       string
		transports []transport.Transport
		refusal    string // a part of it, "" for none
	}{
		{"refuses: nothing in a place", []transport.Transport{polling.Transport{}, nil}, "Transports[1] is nil"},
		{"refuses: a pointer to nothing", []transport.Transport{polling.Transport{}, (*websocket.Transport)(nil)}, "Transports[1] is nil"},
		{"takes: a stream with its tickets", []transport.Transport{&sse.Transport{}, polling.Transport{}}, ""},
		{"takes: a stream with tickets for other clients", []transport.Transport{&sse.Transport{}, longpoll.Transport{}}, ""},
		{"takes: none", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := refused(session.Options{Transports: tt.transports})
			if !strings.Contains(got, tt.refusal) || (got == "") != (tt.refusal == "") {
				t.Errorf("got the panic %q, want %q in it", got, tt.refusal)
			}
		})
	}
}

// TestStreamWithoutTickets: New says that browsers will not use sse where they
// cannot get a ticket for it.
func TestStreamWithoutTickets(t *testing.T) {
	for _, tt := range []struct {
		transports []transport.Transport
		lines      int
	}{
		{[]transport.Transport{&sse.Transport{}, longpoll.Transport{}}, 1},
		{[]transport.Transport{&sse.Transport{}, polling.Transport{}}, 0},
		{[]transport.Transport{longpoll.Transport{}}, 0},
	} {
		var log bytes.Buffer
		session.New(session.Options{Transports: tt.transports, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if got := strings.Count(log.String(), "level=WARN"); got != tt.lines {
			t.Errorf("got %d warnings, want %d: %s", got, tt.lines, log.String())
		}
	}
}

// TestPollsWithinTheWindow: a client that polls as seldom as it is told to finds its
// session.
func TestPollsWithinTheWindow(t *testing.T) {
	for _, tt := range []struct {
		window, min, max time.Duration
		want             []int64
	}{
		{0, 0, 0, []int64{500, 10_000}},
		{0, 0, time.Minute, []int64{500, 60_000}},
		{0, time.Minute, 0, []int64{60_000, 60_000}},
		{0, 0, 10 * time.Minute, []int64{500, 60_000}},
		{20 * time.Minute, 0, 10 * time.Minute, []int64{500, 600_000}},
		{5 * time.Second, 0, 0, []int64{500, 2500}},
		{600 * time.Millisecond, 0, 0, []int64{300, 300}},
	} {
		bubble(t, fmt.Sprint(tt), func(t *testing.T) {
			rt := newServer(session.Options{ResumeWindow: tt.window, PollMin: tt.min, PollMax: tt.max})
			p, c := open(t, rt, "polling")
			c.close()
			same(t, "poll", c.welcome.Poll, tt.want)
			p.attach("polling").close() // it has shown that it got the answer
			for range 3 {
				pass(time.Duration(c.welcome.Poll[1]) * time.Millisecond)
				p.attach("polling").close()
			}
		})
	}
}

func TestAllowedOriginsThatNew(t *testing.T) {
	for _, tt := range []struct {
		origin string
		ok     bool
	}{
		{"https://app.example.org", true},
		{"HTTPS://App.Example.org", true},
		{"http://localhost:3000", true},
		{"http://[::1]:3000", true},
		{"https://app.example.org:443", true},
		{"capacitor://localhost", true},
		{"file://", true},
		{"null", true},
		{"*", true},
		{"", false},
		{"app.example.org", false},
		{"localhost:3000", false},
		{"//app.example.org", false},
		{"https://", false},
		{"https://:8080", false},
		{"https://app.example.org:99999", false},
		{"https://app.example.org/", false},
		{"https://app.example.org/chat", false},
		{"https://app.example.org?q", false},
		{"https://app.example.org#top", false},
		{"https://user@app.example.org", false},
		{"https://*.example.org", false},
		{"https://app.example.org:*", false},
		{"https://app.example.org:", false},
		{" https://app.example.org", false},
		{"https://app.example.org, https://shop.example", false},
		{"https://bücher.example", false},
	} {
		t.Run(tt.origin, func(t *testing.T) {
			got := refused(session.Options{AllowedOrigins: []string{"https://shop.example", tt.origin}})
			if (got == "") != tt.ok {
				t.Errorf("got the panic %q, want none: %v", got, tt.ok)
			}
			if want := fmt.Sprintf("AllowedOrigins: %q", tt.origin); got != "" && !strings.Contains(got, want) {
				t.Errorf("got the panic %q, want %s in it", got, want)
			}
		})
	}
}

// TestLargestOptions: who wants no bound writes the largest number, and gets none
// that can be reached, not one that nothing keeps.
func TestLargestOptions(t *testing.T) {
	const longest, most = time.Duration(math.MaxInt64), math.MaxInt
	for _, tt := range []struct {
		name string
		opts session.Options
	}{
		{"ResumeWindow", session.Options{ResumeWindow: longest}},
		{"Heartbeat", session.Options{Heartbeat: longest}},
		{"HeartbeatTimeout", session.Options{HeartbeatTimeout: longest}},
		{"Hold", session.Options{Hold: longest}},
		{"PollMin", session.Options{PollMin: longest}},
		{"PollMax", session.Options{PollMax: longest}},
		{"HeadStart", session.Options{HeadStart: longest}},
		{"CallTimeout", session.Options{CallTimeout: longest}},
		{"HelloTimeout", session.Options{HelloTimeout: longest}},
		{"WriteTimeout", session.Options{WriteTimeout: longest}},
		{"FrameBytes", session.Options{FrameBytes: most}},
		{"BodyBytes", session.Options{BodyBytes: most}},
		{"QueueBytes", session.Options{QueueBytes: most}},
		{"MaxSessions", session.Options{MaxSessions: most}},
		{"MaxSessionsPerAddr", session.Options{MaxSessionsPerAddr: most}},
		{"OpeningsPerSecond", session.Options{OpeningsPerSecond: most}},
		{"FramesPerSecond", session.Options{FramesPerSecond: most}},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			tt.opts.Transports = []transport.Transport{longpoll.Transport{}}
			rt := newServer(tt.opts)
			app := watch(rt)
			p, c := open(t, rt, "websocket", `[1,"say",1]`)
			app.tells(t, "connect", "say 1")
			a := watchLink(c)
			pass(20 * time.Second)
			a.tells(t) // no heartbeat, no end
			_, d := open(t, rt, "websocket")
			d.close()

			status := make(chan int, 1)
			go func() {
				defer func() {
					if recover() != nil { // the connection was broken off
						status <- 0
					}
				}()
				w := httptest.NewRecorder()
				body := fmt.Sprintf(`[20,{"id":%q,"n":2,"seq":2}]`+"\n", p.id)
				rt.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/everwire/longpoll", strings.NewReader(body)))
				status <- w.Code
			}()
			pass(20 * time.Second)
			a.tells(t, "20s end 4409 replaced")
			same(t, "answers to a poll that is held", len(status), 0)
			app.tells(t, "connect")
			p.session().Close(transport.CodeNormal, "")
			same(t, "status of the poll", <-status, http.StatusOK)
			pass(25 * 24 * time.Hour)
			app.tells(t, "disconnect 4410 expired", "disconnect 4000 ")
		})
	}
}
