package wireclient

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/everwire/everwire/transport"
)

// The names of the transports.
const (
	Polling   = "polling"
	LongPoll  = "longpoll"
	SSE       = "sse"
	WebSocket = "websocket"
)

// The errors of a Client, beside the *transport.CloseErrors that the server
// sends.
var (
	ErrTaken    = errors.New("wireclient: another client holds the session (rule R2)")
	ErrTooLarge = errors.New("wireclient: larger than the server's limit for a frame")
	ErrUnknown  = errors.New("wireclient: the session was lost, the outcome is unknown")
	ErrStopped  = errors.New("wireclient: stopped")
)

// Options configure a Client. URL and HTTP are needed, and Dial for WebSockets.
type Options struct {
	URL  string            // of the server's base, with its slash: "http://host/everwire/"
	HTTP http.RoundTripper // for all requests but those of a WebSocket
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	Seed   uint64          // of the back-off and of every choice that is free
	Key    string          // opening key; drawn from Seed where empty
	Auth   json.RawMessage // goes with every opening
	Header http.Header     // goes with every request
	Text   bool            // understands no binary messages (no "bin")
	Flat   bool            // wants errors with status 200

	// Timeout bounds a request that is answered at once; default 10 s. A held
	// poll has its hold more, a stream as much until its welcome.
	Timeout time.Duration
	// Wait is the hold that long-polls ask for; default the server's.
	Wait time.Duration
	// Reopen opens a new session when one is lost.
	Reopen bool

	// Event and Call are what the server's app emits, one at a time and in its
	// order. Call returns the ack. They may use the client.
	Event func(Event)
	Call  func(Event) Answer
	// Changed tells of the session, Fault of a breach of the protocol by the
	// server. They are called with the client locked and must not use it.
	Changed func(Change)
	Fault   func(error)
}

// An Event is what the server's app has emitted.
type Event struct {
	Seq    uint64 // 0 for a volatile one
	Name   string
	Data   []byte // JSON, or bytes
	Binary bool
}

// An Answer is the app's ack. With a Code it is a refusal.
type Answer struct {
	Data       []byte
	Binary     bool
	Code, Text string
}

// A Change is something that happened to the session.
type Change struct {
	What string // "open", "carried", "lost", "end"
	ID   string // open: of the session
	Name string // carried: of the transport
	Err  error  // lost, end: why
	// Lost: how many emits had been written, so that nobody knows whether they
	// were handled.
	Unknown int
}

// A Client is one session's client. Safe for concurrent use.
type Client struct {
	// Immutable after New.
	opt  Options
	http *http.Client
	ctx  context.Context
	stop context.CancelCauseFunc
	wg   sync.WaitGroup

	mu      sync.Mutex // guards all below
	changed chan struct{}
	rand    *rand.Rand
	over    bool
	why     error

	epoch   int // counts sessions
	key, id string
	hints   welcome // of the opening
	n, r    uint64  // last attach and send numbers

	legs     map[*leg]struct{}
	attacher *leg
	carrier  *leg
	rung     string // to attach by when nothing is attached
	fails    int
	retry    *time.Timer

	ticket    string
	ticketFor uint64 // attach number of the answer that brought it

	out   outbox
	in    inbox
	up    upload
	pings map[uint64]chan struct{}
	token uint64

	closing uint64           // number of the close frame that was queued, 0 none
	closed  *transport.Frame // close frame that was received
}

// New returns a client that has done nothing yet: emits are queued.
func New(opt Options) *Client {
	if opt.Timeout == 0 {
		opt.Timeout = 10 * time.Second
	}
	c := &Client{
		opt:     opt,
		http:    &http.Client{Transport: opt.HTTP, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		changed: make(chan struct{}),
		rand:    rand.New(rand.NewPCG(opt.Seed, 0xc11e)),
		legs:    make(map[*leg]struct{}),
		pings:   make(map[uint64]chan struct{}),
		key:     opt.Key,
	}
	c.ctx, c.stop = context.WithCancelCause(context.Background())
	c.out.calls = make(map[uint64]*call)
	if c.key == "" {
		c.key = c.newKey()
	}
	return c
}

func (c *Client) newKey() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(c.rand.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Open opens the session over all the named transports at once: legs of one
// opening, with one key.
func (c *Client) Open(names ...string) {
	c.wg.Add(2)
	go c.dispatch() // both end with the client
	go c.upload()
	c.Move(names...)
}

// Move carries the session over to the named transport, beside what carries it
// now: make before break. With several names several legs start at once and the
// last that gets through carries. A leg that fails leaves things as they were.
func (c *Client) Move(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		c.start(name)
	}
}

// Drop ends every connection at once, without a word to the server, and attaches
// anew after the back-off.
func (c *Client) Drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.legs {
		l.cancel(errDropped)
	}
}

// Stop ends the client without closing the session, as if the page had gone.
// It waits until no goroutine of the client is left.
func (c *Client) Stop() {
	c.mu.Lock()
	c.finish(ErrStopped)
	c.mu.Unlock()
	c.wg.Wait()
	c.http.CloseIdleConnections()
}

// Close closes the session behind everything that was emitted, waits for the
// server's confirm for as long as ctx lasts, and stops. The error is nil, or
// why the session ended before.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	if !c.over && c.closing == 0 {
		c.out.add(&transport.Frame{Kind: transport.KindClose, Num: uint64(transport.CodeNormal), Name: "bye"})
		c.closing = c.out.last()
		c.wake()
	}
	for !c.over && ctx.Err() == nil {
		ch := c.changed
		c.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
		}
		c.mu.Lock()
	}
	err := c.why
	if !c.over {
		err = context.Cause(ctx)
	}
	c.mu.Unlock()
	c.Stop()
	return err
}

// ID returns the session's id, "" before it is open.
func (c *Client) ID() string { c.mu.Lock(); defer c.mu.Unlock(); return c.id }

// Transport returns the name of the transport that carries the session, ""
// where none does.
func (c *Client) Transport() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.carrier == nil {
		return ""
	}
	return c.carrier.name
}

// Got returns the number of the last frame that was received.
func (c *Client) Got() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return c.in.got }

// Unconfirmed returns how many frames the server has not confirmed yet.
func (c *Client) Unconfirmed() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.out.items) }

// Unanswered returns how many calls wait for their ack.
func (c *Client) Unanswered() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.out.calls) }

// Wait waits until ok, called with the client locked, is true or ctx ends.
func (c *Client) wait(ctx context.Context, ok func() bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok() {
		if c.over {
			return cmpErr(c.why, ErrStopped)
		}
		ch := c.changed
		c.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// Opened waits until the session is open.
func (c *Client) Opened(ctx context.Context) error {
	return c.wait(ctx, func() bool { return c.id != "" })
}

// Carried waits until the named transport carries the session.
func (c *Client) Carried(ctx context.Context, name string) error {
	return c.wait(ctx, func() bool { return c.carrier != nil && c.carrier.name == name })
}

// Settled waits until everything emitted is confirmed and every call answered.
func (c *Client) Settled(ctx context.Context) error {
	return c.wait(ctx, func() bool { return len(c.out.items) == 0 && len(c.out.calls) == 0 })
}

// wake lets everything that waits for a change look again. With mu held, as all
// below.
func (c *Client) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Client) tell(ch Change) {
	if c.opt.Changed != nil {
		c.opt.Changed(ch)
	}
}

// fault reports a breach of the protocol by the server and returns it.
func (c *Client) fault(format string, args ...any) error {
	err := fmt.Errorf("wireclient: "+format, args...)
	if c.opt.Fault != nil {
		c.opt.Fault(err)
	}
	return err
}

// finish ends the client.
func (c *Client) finish(err error) {
	if c.over {
		return
	}
	c.over, c.why = true, err
	c.tell(Change{What: "end", Err: err})
	for l := range c.legs {
		l.cancel(ErrStopped)
	}
	if c.retry != nil {
		c.retry.Stop()
	}
	c.stop(ErrStopped)
	c.wake()
}

// lose ends the session, not the client: the server does not know it any more.
func (c *Client) lose(err error) {
	unknown := c.out.split()
	c.epoch++
	for l := range c.legs {
		l.cancel(err)
	}
	c.attacher, c.carrier = nil, nil
	c.id, c.key = "", c.newKey()
	c.in.got, c.in.told = 0, 0
	c.ticket = ""
	c.tell(Change{What: "lost", Err: err, Unknown: unknown})
	if !c.opt.Reopen {
		c.finish(err)
		return
	}
	c.resume(0)
	c.wake()
}

// endpoint returns the URL of a transport's path.
func (c *Client) endpoint(path string) string { return c.opt.URL + path }

func (c *Client) wsURL() string { return "ws" + strings.TrimPrefix(c.endpoint(WebSocket), "http") }
