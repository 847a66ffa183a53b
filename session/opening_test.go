package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

func TestOpening(t *testing.T) {
	bubble(t, "welcome", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, c := open(t, rt, "websocket", `[1,"x"]`)
		w := c.welcome
		same(t, "v", w.Version, 1)
		same(t, "n", w.Attach, 1)
		same(t, "got", w.Got, 1)
		same(t, "seq", w.Seq, 1)
		same(t, "resumed", w.Resumed != nil && !*w.Resumed, true)
		same(t, "ping, wait, head, window", []int64{w.Ping, w.Wait, w.Head, w.Window}, []int64{25_000, 25_000, 400, 120_000})
		same(t, "poll", w.Poll, []int64{500, 10_000})
		same(t, "max", w.Max, []int64{65_536, 262_144, 1_048_576})
		same(t, "length of the id", len(w.ID), 22)
		same(t, "ticket", w.Ticket, "")
		d := p.attach("websocket").welcome
		same(t, "id of a resumed one", d.ID, "")
		same(t, "resumed", d.Resumed == nil, true)
	})
	bubble(t, "two legs open one session", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p := newPeer(t, rt)
		ws, post := p.hello("websocket"), p.hello("polling")
		for name, h := range map[string]transport.Hello{"post first": post, "ws second": ws} {
			_ = name
			_, _ = p.try(h, `[1,"say",1]`, `[1,"say",2]`)
		}
		same(t, "sessions", rt.Len(), 1)
		app.tells(t, "connect", "say 1", "say 2")
	})
	bubble(t, "the higher n carries, whichever comes first", func(t *testing.T) {
		p := newPeer(t, newServer(session.Options{}))
		ws, post := p.hello("websocket"), p.hello("polling")
		c, err := p.try(post)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "lower n second", p.refused(ws), "4409 stale")
		c.reads()
	})
	bubble(t, "a retry after a lost answer gets the whole welcome", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p := newPeer(t, rt)
		first, err := p.try(p.hello("polling"), `[1,"say",1]`)
		if err != nil {
			t.Fatal(err)
		}
		first.close()
		h := p.hello("polling")
		h.ID, h.Key, h.Version = "", p.key, 1
		again, err := p.try(h, `[1,"say",1]`, `[1,"say",2]`)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "id", again.welcome.ID, first.welcome.ID)
		same(t, "opened", again.welcome.Opened(), true)
		same(t, "got", again.welcome.Got, 2)
		app.tells(t, "connect", "say 1", "say 2")
	})
	bubble(t, "the key is used up once the id was seen", func(t *testing.T) {
		for _, how := range []string{"polling", "send", "sse"} {
			rt := newServer(session.Options{})
			p := newPeer(t, rt)
			p.ticketed()
			p.attach(how)
			p.n++
			same(t, "key after "+how, p.refused(transport.Hello{Version: 1, Key: p.key, Attach: p.n}), "4409 stale")
		}
	})
	bubble(t, "the key of an ended session tells its end", func(t *testing.T) {
		rt := newServer(session.Options{})
		p, c := open(t, rt, "polling")
		c.close()
		again := transport.Hello{Version: 1, Key: p.key, Attach: 9}
		time.Sleep(15 * time.Second)
		synctest.Wait()
		same(t, "key of an expired one", p.refused(again), "4410 expired")
		time.Sleep(2*time.Minute - 1)
		same(t, "just before the window is over", p.refused(again), "4410 expired")
		time.Sleep(time.Nanosecond)
		same(t, "after the window", p.refused(again), "")
		same(t, "sessions", rt.Len(), 1)
	})
	bubble(t, "a hello at fault leaves no session", func(t *testing.T) {
		rt := newServer(session.Options{})
		p := newPeer(t, rt)
		h := p.hello("polling")
		h.Got = 5
		same(t, "refused", p.refused(h), "4400 confirm")
		same(t, "sessions", rt.Len(), 0)
	})
}

func TestAuthorize(t *testing.T) {
	// slow returns a server whose Authorize waits for a verdict.
	slow := func() (*session.Server, chan error, *int) {
		verdict, asked := make(chan error), new(int)
		return newServer(session.Options{Authorize: func(*http.Request, json.RawMessage) (any, error) {
			*asked++
			return "ann", <-verdict
		}}), verdict, asked
	}
	bubble(t, "gets the auth and the request, gives the user", func(t *testing.T) {
		var seen string
		rt := newServer(session.Options{Authorize: func(r *http.Request, auth json.RawMessage) (any, error) {
			seen = r.Header.Get("X") + string(auth)
			return 42, nil
		}})
		p := newPeer(t, rt)
		p.req.Header.Set("X", "x")
		h := p.hello("polling")
		h.Auth = json.RawMessage(`{"token":1}`)
		if _, err := p.try(h); err != nil {
			t.Fatal(err)
		}
		same(t, "seen", seen, `x{"token":1}`)
		same(t, "user", p.session().User(), any(42))
	})
	bubble(t, "is asked once for all legs", func(t *testing.T) {
		rt, verdict, asked := slow()
		app := watch(rt)
		p := newPeer(t, rt)
		answers := make(chan string, 5)
		for range 5 {
			h := p.hello("polling")
			go func() { _, _, err := p.rt.Attach(p.req, h, up(`[1,"say",1]`)); answers <- end(err) }()
			synctest.Wait()
		}
		h := p.hello("polling")
		same(t, "the leg after four that wait", p.refused(h), "4503 busy")
		verdict <- nil
		synctest.Wait()
		got := collect(answers)
		if slices.ContainsFunc(got, func(a string) bool { return a != "" && a != "4409 stale" }) || !slices.Contains(got, "") {
			t.Errorf("the legs got %q", got)
		}
		same(t, "asked", *asked, 1)
		same(t, "sessions", rt.Len(), 1)
		app.tells(t, "connect", "say 1")
	})
	bubble(t, "other sessions go on meanwhile", func(t *testing.T) {
		rt, verdict, _ := slow()
		app := watch(rt)
		p := newPeer(t, rt)
		h := p.hello("polling")
		go p.try(h) // ends with the verdict
		synctest.Wait()
		other := newPeer(t, rt)
		h2 := other.hello("websocket")
		go other.try(h2) // the same
		synctest.Wait()
		verdict <- nil
		verdict <- nil
		app.tells(t, "connect", "connect")
	})
	bubble(t, "refuses all legs and forgets the key", func(t *testing.T) {
		rt, verdict, asked := slow()
		p := newPeer(t, rt)
		answers := make(chan string, 3)
		for range 3 {
			h := p.hello("polling")
			go func() { answers <- p.refused(h) }()
			synctest.Wait()
		}
		verdict <- errors.New("who is that")
		synctest.Wait()
		same(t, "answers", collect(answers), []string{"4401 auth", "4401 auth", "4401 auth"})
		h := p.hello("polling")
		go func() { answers <- p.refused(h) }()
		verdict <- nil
		same(t, "the same key again", <-answers, "")
		same(t, "asked", *asked, 2)
	})
	bubble(t, "refuses with a code of its own", func(t *testing.T) {
		rt := newServer(session.Options{Authorize: func(*http.Request, json.RawMessage) (any, error) {
			return nil, transport.ErrForbidden
		}})
		p := newPeer(t, rt)
		same(t, "refused", p.refused(p.hello("polling")), "4403 forbidden")
	})
	bubble(t, "that panics refuses this client only", func(t *testing.T) {
		rt := newServer(session.Options{Authorize: func(_ *http.Request, auth json.RawMessage) (any, error) {
			if auth != nil {
				panic("boom")
			}
			return nil, nil
		}})
		p := newPeer(t, rt)
		h := p.hello("polling")
		h.Auth = json.RawMessage(`1`)
		same(t, "refused", p.refused(h), "4500 internal")
		same(t, "another", p.refused(p.hello("polling")), "")
	})
	bubble(t, "a leg that is gone makes nothing", func(t *testing.T) {
		rt, verdict, _ := slow()
		p := newPeer(t, rt)
		var cancel func()
		p.req, cancel = cancellable(p.req)
		h := p.hello("polling")
		answer := make(chan string, 1)
		go func() { answer <- p.refused(h, `[1,"say",1]`) }()
		synctest.Wait()
		cancel()
		verdict <- nil
		same(t, "answer", <-answer, "4408 timeout")
		same(t, "sessions", rt.Len(), 0)
	})
	bubble(t, "a leg refused as busy does not wait", func(t *testing.T) {
		rt, verdict, _ := slow()
		app := watch(rt)
		p := newPeer(t, rt)
		answers := make(chan string, 6)
		var cancels []func()
		for range 6 { // the first, four that wait, one too many
			q := *p
			var cancel func()
			q.req, cancel = cancellable(p.req)
			cancels = append(cancels, cancel)
			h := p.hello("polling")
			go func() { answers <- q.refused(h, `[1,"say",1]`) }()
			synctest.Wait()
		}
		same(t, "one too many", collect(answers), []string{"4503 busy"})
		for _, cancel := range cancels {
			cancel()
		}
		synctest.Wait()
		verdict <- nil
		synctest.Wait()
		same(t, "the others", collect(answers), manyLines(5, "4408 timeout"))
		same(t, "sessions", rt.Len(), 0)
		app.tells(t)
	})
	bubble(t, "another leg has what the first has left", func(t *testing.T) {
		rt, verdict, _ := slow()
		app := watch(rt)
		p := newPeer(t, rt)
		q := *p
		var cancel func()
		p.req, cancel = cancellable(p.req)
		first := p.hello("polling")
		go p.refused(first) // ends with the verdict
		synctest.Wait()
		q.n = 1
		second := q.hello("polling")
		answer := make(chan string, 1)
		go func() { answer <- q.refused(second, `[1,"say",1]`) }()
		synctest.Wait()
		cancel()
		verdict <- nil
		same(t, "answer", <-answer, "")
		app.tells(t, "connect", "say 1")
	})
	bubble(t, "a waiting leg may leave", func(t *testing.T) {
		rt, verdict, _ := slow()
		p := newPeer(t, rt)
		h := p.hello("polling")
		first := make(chan string, 1)
		go func() { first <- p.refused(h) }()
		synctest.Wait()
		for range 10 { // each gives its place back
			q := *p
			var cancel func()
			q.req, cancel = cancellable(p.req)
			p.n++
			h := transport.Hello{Version: 1, Key: p.key, Attach: p.n}
			answer := make(chan string, 1)
			go func() { answer <- q.refused(h) }()
			synctest.Wait()
			cancel()
			same(t, "leg that left", <-answer, "4408 timeout")
		}
		verdict <- nil
		same(t, "the first", <-first, "")
	})
}

func TestClientAddrThatPanics(t *testing.T) {
	for _, over := range []string{"websocket", "polling"} {
		bubble(t, over, func(t *testing.T) {
			var log syncBuffer
			rt := withTransports(session.Options{
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
				ClientAddr: func(r *http.Request) string {
					return strings.Split(r.Header.Get("X-Forwarded-For"), ",")[1] // none without a proxy
				},
			})
			srv := memhttp.Serve(rt, memhttp.Options{})
			defer srv.Close()
			hello := `[20,{"v":1,"key":"` + key22 + `","n":1}]`
			if over == "websocket" {
				ws := dial(t, srv)
				defer ws.Close()
				send(t, ws, gorilla.TextMessage, hello)
				_, line, err := ws.ReadMessage()
				if err != nil || string(line) != `[22,4500,"internal"]` {
					t.Errorf("got %s, error %v, want internal", line, err)
				}
			} else {
				_, got := serve(t, rt, request(over, "POST", hello+"\n"))
				same(t, "answer", got, "4500 internal")
			}
			if got := log.String(); !strings.Contains(got, "event=ClientAddr") || !strings.Contains(got, "stack=") {
				t.Errorf("logged %q, want the panic of ClientAddr with its stack", got)
			}
			same(t, "sessions", rt.Len(), 0)
		})
	}
}

// The legs of one opening race for the attach when Authorize has agreed. The one
// that made the session may come last: it is stale then, and the session lives.
func TestSessionThatEndsInItsOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := newServer(session.Options{MaxSessions: 1})
		p := newPeer(t, rt)
		h := p.hello("websocket")
		same(t, "attach", end(session.EndInOpening(rt, p.req, h)), "4410 overflow")
		synctest.Wait()
		same(t, "sessions", rt.Len(), 0)
		open(t, rt, "websocket") // the place is free again
	})
}

func TestFirstLegAttachesLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		verdict := make(chan error)
		rt := newServer(session.Options{
			Authorize: func(*http.Request, json.RawMessage) (any, error) { return nil, <-verdict },
			Logger:    slog.New(slowLog{slog.DiscardHandler}),
		})
		app := watch(rt)
		p := newPeer(t, rt)
		answers := make(chan string, 3)
		for i := range 3 {
			h := p.hello("polling")
			h.Attach += 10 * uint64(i/2) // the last is far ahead
			go func() { answers <- fmt.Sprint(i, " ", p.refused(h, `[1,"say",1]`)) }()
			synctest.Wait()
		}
		verdict <- nil
		time.Sleep(time.Second)
		same(t, "sessions", rt.Len(), 1)
		app.tells(t, "connect", "say 1")
		got := collect(answers)
		if !slices.Contains(got, "2 ") || !slices.Contains(got, "0 4409 stale") {
			t.Errorf("the legs got %q", got)
		}
	})
}

// An errHook is a context that calls a function where it is asked for its end.
type errHook struct {
	context.Context
	call func()
}

func (c errHook) Err() error { c.call(); return context.Canceled }

// A session that comes too late is nobody's, but an app may have found it among
// all before that shows: it has ended for that one, as any other.
func TestSessionThatCameTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p := newPeer(t, rt)
		var found *session.Session
		called := make(chan string, 1)
		p.req = p.req.WithContext(errHook{p.req.Context(), func() {
			for s := range rt.Sessions() {
				found = s
			}
			if found != nil {
				go func() { called <- end(found.Call(t.Context(), "x", nil, nil)) }()
				synctest.Wait()
			}
		}})
		same(t, "answer", p.refused(p.hello("polling")), "4408 timeout")
		if found == nil {
			t.Fatal("the app found no session")
		}
		synctest.Wait()
		same(t, "call", collect(called), []string{"4410 closed"})
		same(t, "end of the context", end(context.Cause(found.Context())), "4410 closed")
		found.Join("room")
		same(t, "rooms", found.Rooms(), nil)
		same(t, "an emit", end(found.Emit("x", nil)), "4410 closed")
		same(t, "sessions", rt.Len(), 0)
		app.tells(t)
		same(t, "Shutdown", rt.Shutdown(t.Context()), nil)
	})
}

// slowLog takes its time for the line about an opening, so that whoever made a
// session is the last to attach to it.
type slowLog struct{ slog.Handler }

func (slowLog) Enabled(context.Context, slog.Level) bool { return true }

func (slowLog) Handle(_ context.Context, r slog.Record) error {
	if strings.HasSuffix(r.Message, "opened") {
		time.Sleep(time.Millisecond)
	}
	return nil
}

// A leg may end the session while the one that made it is still about to attach:
// nothing of it is left, then.
func TestLegThatClosesLeavesNothing(t *testing.T) {
	verdict := make(chan bool)
	rt := newServer(session.Options{
		OpeningsPerSecond: 1 << 20,
		Authorize:         func(*http.Request, json.RawMessage) (any, error) { <-verdict; return nil, nil },
	})
	for i := range 10_000 {
		p := newPeer(t, rt)
		var legs sync.WaitGroup
		for n := range uint64(3) {
			legs.Go(func() {
				_, _, _ = rt.Attach(p.req, transport.Hello{Version: 1, Key: p.key, Attach: n + 1}, up(`[9,4000,"bye"]`))
			})
			runtime.Gosched()
		}
		for range i % 50 { // more or fewer of them wait already
			runtime.Gosched()
		}
		verdict <- true
		legs.Wait()
		if n := rt.Len(); n != 0 {
			t.Fatalf("%d sessions are left after %d openings", n, i)
		}
	}
}

func TestBoundsOfOpenings(t *testing.T) {
	bubble(t, "sessions", func(t *testing.T) {
		rt := newServer(session.Options{MaxSessions: 2})
		p, _ := open(t, rt, "websocket")
		open(t, rt, "websocket")
		q := newPeer(t, rt)
		same(t, "third", q.refused(q.hello("polling")), "4429 sessions")
		p.send(`[9,4000,"bye"]`)
		same(t, "after one has left", q.refused(q.hello("polling")), "")
	})
	bubble(t, "sessions of one address", func(t *testing.T) {
		rt := newServer(session.Options{MaxSessionsPerAddr: 1, ClientAddr: func(r *http.Request) string { return r.Header.Get("X-Client") }})
		for _, client := range []string{"a", "b"} {
			p := newPeer(t, rt)
			p.req.Header.Set("X-Client", client)
			same(t, "first of "+client, p.refused(p.hello("polling")), "")
			q := newPeer(t, rt)
			q.req = p.req
			same(t, "second of "+client, q.refused(q.hello("polling")), "4429 sessions")
		}
	})
	for name, opt := range map[string]session.Options{"sessions": {MaxSessions: 2}, "sessions of one address": {MaxSessionsPerAddr: 2}} {
		bubble(t, name+" that have ended, but whose events wait", func(t *testing.T) {
			rt := newServer(opt)
			hold := make(chan bool)
			session.On(rt, "hold", func(*session.Session, json.RawMessage) error { <-hold; return nil })
			for range 4 { // as a page does that is reloaded
				p, _ := open(t, rt, "websocket")
				p.send(`[1,"hold"]`, `[9,4000,"bye"]`)
			}
			same(t, "sessions", rt.Len(), 0)
			p := newPeer(t, rt)
			same(t, "one more", p.refused(p.hello("polling")), "4429 sessions")
			hold <- true
			synctest.Wait()
			same(t, "when one has been worked off", p.refused(p.hello("polling")), "")
			close(hold)
		})
	}
	bubble(t, "openings a second", func(t *testing.T) {
		rt := newServer(session.Options{OpeningsPerSecond: 2})
		try := func() string { p := newPeer(t, rt); return p.refused(p.hello("polling")) }
		for i := range 20 {
			same(t, "within the burst", try(), "")
			_ = i
		}
		same(t, "behind the burst", try(), "4429 rate")
		time.Sleep(500 * time.Millisecond)
		same(t, "half a second later", try(), "")
		same(t, "at once again", try(), "4429 rate")
	})
	bubble(t, "the head of the request, which is kept", func(t *testing.T) {
		const limit = 64 << 10
		field := func(n int) http.Header { return http.Header{"X": {strings.Repeat("x", n)}} }
		many := make(http.Header)
		for i := range 3000 {
			many.Set(fmt.Sprint(i), "")
		}
		rest := len("/everwire/") + len("example.com") + len("X") + 32
		for name, tt := range map[string]struct {
			header http.Header
			query  int
			want   string
		}{
			"largest field":     {field(limit - rest), 0, ""},
			"too large a field": {field(limit - rest + 1), 0, "4413 size"},
			"too many fields":   {many, 0, "4413 size"},
			"too many values":   {http.Header{"X": make([]string, 3000)}, 0, "4413 size"},
			"too large a query": {nil, limit, "4413 size"},
		} {
			rt := newServer(session.Options{Authorize: func(r *http.Request, _ json.RawMessage) (any, error) { return len(r.Header), nil }})
			p := newPeer(t, rt)
			p.req = httptest.NewRequest(http.MethodPost, "/everwire/"+strings.Repeat("?", min(tt.query, 1))+strings.Repeat("q", max(tt.query-1, 0)), nil)
			p.req.Header = tt.header
			h := p.hello("websocket")
			same(t, name, p.refused(h), tt.want)
			if tt.want == "" {
				same(t, "the header that is kept", p.session().Request().Header, tt.header)
				p.req.Header = field(limit)
				p.n++
				same(t, "an attach with a large head", p.refused(transport.Hello{ID: p.id, Attach: p.n}), "")
			}
		}
	})
	bubble(t, "an opening that fails gives its place back", func(t *testing.T) {
		ok := false
		rt := newServer(session.Options{MaxSessions: 1, MaxSessionsPerAddr: 1, Authorize: func(*http.Request, json.RawMessage) (any, error) {
			if !ok {
				return nil, errors.New("no")
			}
			return nil, nil
		}})
		for range 3 {
			p := newPeer(t, rt)
			same(t, "refused", p.refused(p.hello("polling")), "4401 auth")
		}
		ok = true
		p := newPeer(t, rt)
		same(t, "taken", p.refused(p.hello("polling")), "")
	})
}

// To forget addresses is to look at all of them, under the lock that every
// opening takes. Where many have sessions, that was done for each new one.
func TestAddressesAreForgottenSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := false
		rt := newServer(session.Options{
			Heartbeat:         time.Hour,
			OpeningsPerSecond: 1000,
			ClientAddr:        func(r *http.Request) string { return r.Header.Get("X-Client") },
			Authorize: func(*http.Request, json.RawMessage) (any, error) {
				if refuse {
					return nil, errors.New("no")
				}
				return nil, nil
			},
		})
		p := newPeer(t, rt)
		opening := func(i int) error {
			p.req.Header.Set("X-Client", fmt.Sprint(i))
			h := transport.Hello{Version: 1, Key: fmt.Sprintf("key-%018d", i), Attach: 1, Transport: "websocket", Stream: true, Duplex: true}
			_, _, err := rt.Attach(p.req, h, up())
			return err
		}
		const sessions, others = 20_000, 50_000
		for i := range sessions {
			if err := opening(i); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "addresses with a session", session.Addrs(rt), sessions)
		refuse = true
		rounds, most, last := 0, 0, 0
		for i := range others { // each can be forgotten when the next one comes
			pass(time.Millisecond)
			_ = opening(sessions + i)
			n := session.Addrs(rt)
			if n <= last {
				rounds++
			}
			last, most = n, max(most, n)
		}
		if most > 2*sessions {
			t.Errorf("%d addresses are remembered, want at most %d", most, 2*sessions)
		}
		if want := others/sessions + 1; rounds > want {
			t.Errorf("looked at all addresses %d times in %d openings, want at most %d", rounds, others, want)
		}
	})
}

// TestTransportInOnConnect: OnConnect knows the transport that opened the session.
func TestTransportInOnConnect(t *testing.T) {
	for _, over := range []string{"polling", "longpoll", "websocket"} {
		bubble(t, over, func(t *testing.T) {
			rt := newServer(session.Options{})
			var name string
			rt.OnConnect(func(s *session.Session) error { name = s.Transport(); return nil })
			open(t, rt, over)
			synctest.Wait()
			same(t, "transport", name, over)
		})
	}
}
