package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// newServer returns a server that logs nothing. It has no transports: most
// tests come in by the door.
func newServer(opt session.Options) *session.Server {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	return session.New(opt)
}

// app is an app that notes what happens to its sessions, one line for each.
type app struct {
	mu    sync.Mutex
	lines []string
}

// watch notes connects, ends and the events "say".
func watch(rt *session.Server) *app {
	a := new(app)
	rt.OnConnect(func(*session.Session) error { a.note("connect"); return nil })
	rt.OnDisconnect(func(_ *session.Session, reason error) { a.note("disconnect %s", end(reason)) })
	session.On(rt, "say", func(_ *session.Session, n int) error { a.note("say %d", n); return nil })
	return a
}

func (a *app) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, fmt.Sprintf(format, args...))
}

// told returns what was noted since it was called last.
func (a *app) told() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines := a.lines
	a.lines = nil
	return lines
}

// A peer is the client's half of one session at the door: its numbers, and
// nothing that a network adds.
type peer struct {
	t      *testing.T
	rt     *session.Server
	req    *http.Request
	key    string
	id     string
	ticket string
	n, r   uint64 // last ones said
	got    uint64 // last number received
	up     uint64 // number of the next counted frame
}

var keys struct {
	sync.Mutex
	last int
}

// newPeer returns a peer with a key of its own that has not said anything.
func newPeer(t *testing.T, rt *session.Server) *peer {
	keys.Lock()
	keys.last++
	key := fmt.Sprintf("key-%018d", keys.last)
	keys.Unlock()
	return &peer{t: t, rt: rt, key: key, up: 1, req: httptest.NewRequest(http.MethodPost, "/everwire/", nil)}
}

// open opens a session over a transport and returns its connection.
func open(t *testing.T, rt *session.Server, over string, lines ...string) (*peer, *conn) {
	t.Helper()
	p := newPeer(t, rt)
	return p, p.attach(over, lines...)
}

// session returns the server's half.
func (p *peer) session() *session.Session {
	p.t.Helper()
	s := p.rt.Session(p.id)
	if s == nil {
		p.t.Fatal("there is no session")
	}
	return s
}

// hello returns the next hello over a transport, or of a send.
func (p *peer) hello(over string) transport.Hello {
	h := transport.Hello{ID: p.id, Got: p.got, Seq: p.up, Transport: over}
	if over == "send" {
		p.r++
		h.Send = p.r
		return h
	}
	p.n++
	h.Attach = p.n
	switch over {
	case "websocket":
		h.Stream, h.Duplex = true, true
	case "sse":
		h.Stream = true
		h.ID, h.Ticket = "", p.ticket
	}
	if p.id == "" && h.Ticket == "" {
		h.Version, h.Key = 1, p.key
	}
	return h
}

// attach says hello and hands in lines, and fails the test if it is refused.
func (p *peer) attach(over string, lines ...string) *conn {
	p.t.Helper()
	c, err := p.try(p.hello(over), lines...)
	if err != nil {
		p.t.Fatalf("attach over %s: %v", over, err)
	}
	p.up += uint64(counted(lines))
	return c
}

// send delivers lines without attaching, and returns the answer.
func (p *peer) send(lines ...string) transport.Welcome {
	p.t.Helper()
	c := p.attach("send", lines...)
	c.link.Close(nil)
	return c.welcome
}

// ticketed polls for a ticket, which opens the session if there is none.
func (p *peer) ticketed() *conn {
	p.t.Helper()
	h := p.hello("polling")
	h.Renew = true
	c, err := p.try(h)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// try hands in a hello as it is.
func (p *peer) try(h transport.Hello, lines ...string) (*conn, error) {
	b := transport.Batch{Seq: max(h.Seq, 1), Frames: frames(p.t, lines...)}
	link, w, err := p.rt.Attach(p.req, h, b)
	if err != nil {
		return nil, err
	}
	if w.ID != "" {
		p.id = w.ID
	}
	if w.Ticket != "" {
		p.ticket = w.Ticket
	}
	return &conn{p: p, link: link, welcome: w, up: b.After(), count: transport.NewCounter(w.Seq)}, nil
}

// refused returns what a hello is refused with, "" where it is taken.
func (p *peer) refused(h transport.Hello, lines ...string) string {
	c, err := p.try(h, lines...)
	if err != nil {
		return end(err)
	}
	c.link.Close(nil)
	return ""
}

// A conn is the client's end of one connection.
type conn struct {
	p       *peer
	link    transport.Link
	welcome transport.Welcome
	up      uint64 // number of the next counted frame on it
	count   transport.Counter
}

// read returns the lines that are ready, marks where they are needed, and at
// its end the end. It does not wait.
func (c *conn) read() []string {
	var lines []string
	for {
		b, err := c.link.Next(transport.Done, nil)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				lines = append(lines, "end "+end(err))
			}
			return lines
		}
		if mark := c.count.Take(b); mark != nil {
			lines = append(lines, string(mark.Line()))
		}
		for _, f := range b.Frames {
			lines = append(lines, string(f.Line()))
		}
		if n := b.After() - 1; b.Seq <= c.p.got+1 {
			c.p.got = max(c.p.got, n)
		}
	}
}

// write delivers lines and returns what the connection ends with, "" for nothing.
func (c *conn) write(lines ...string) string {
	b := transport.Batch{Seq: c.up, Frames: frames(c.p.t, lines...)}
	c.up = b.After()
	c.p.up = max(c.p.up, c.up)
	return end(c.link.Deliver(c.p.t.Context(), b))
}

// close ends the connection, not the session.
func (c *conn) close() { c.link.Close(nil) }

func frames(t testing.TB, lines ...string) []*transport.Frame {
	t.Helper()
	var fs []*transport.Frame
	for _, line := range lines {
		f, err := transport.Decode([]byte(line))
		if err != nil {
			t.Fatalf("Decode(%s): %v", line, err)
		}
		fs = append(fs, f)
	}
	return fs
}

func counted(lines []string) (n int) {
	for _, line := range lines {
		if f, err := transport.Decode([]byte(line)); err == nil && f.Kind.Counted() {
			n++
		}
	}
	return n
}

// end returns the code and the word of an error, "" for none.
func end(err error) string {
	var ce *transport.CloseError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &ce):
		return strings.TrimPrefix(ce.Error(), "everwire: ")
	}
	return err.Error()
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// same reports a difference.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// reads reports lines that differ from those that are ready on c.
func (c *conn) reads(want ...string) {
	c.p.t.Helper()
	if got := c.read(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		c.p.t.Errorf("read:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// tells reports lines that differ from those that the app has noted.
func (a *app) tells(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := a.told(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the app was told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// up returns lines as the batch that stands behind a hello.
func up(lines ...string) transport.Batch {
	b := transport.Batch{Seq: 1}
	for _, line := range lines {
		f, err := transport.Decode([]byte(line))
		if err != nil {
			panic(err) // a mistake in the test
		}
		b.Frames = append(b.Frames, f)
	}
	return b
}

// collect takes what waits in a channel.
func collect(ch chan string) []string {
	var all []string
	for len(ch) > 0 {
		all = append(all, <-ch)
	}
	return all
}

// cancellable returns a request whose client can go away.
func cancellable(r *http.Request) (*http.Request, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	return r.WithContext(ctx), cancel
}

// pass lets virtual time go by; it is called in bubbles only.
func pass(d time.Duration) { time.Sleep(d) }
