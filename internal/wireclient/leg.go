package wireclient

import (
	"context"
	"errors"
	"time"

	"github.com/everwire/everwire/transport"
)

var (
	errLeft    = errors.New("wireclient: another leg has overtaken this one")
	errDropped = errors.New("wireclient: dropped by the test")
	errSilent  = errors.New("wireclient: nothing came in time")
	errNormal  = errors.New("wireclient: the connection ended as planned")
	errProof   = errors.New("wireclient: the transport did not prove itself")
)

// A leg carries the session over one transport, or tries to.
type leg struct {
	c      *Client
	name   string
	epoch  int
	ctx    context.Context
	cancel context.CancelCauseFunc

	// Guarded by c.mu.
	n        uint64 // attach number of the newest attach it wrote, 0 none
	opening  bool   // that attach was by key
	welcomed bool   // that attach, or one before, was welcomed
	left     bool   // another leg has attached since: attach no more
	rotate   bool   // the server ends this stream as planned
	pong     *transport.Frame
	heard    bool // a frame came since the last send
	stales   int  // in a row
}

// start starts a leg. With mu held, as all here but serve.
func (c *Client) start(name string) {
	if c.over {
		return
	}
	if c.rung == "" {
		c.rung = name
	}
	l := &leg{c: c, name: name, epoch: c.epoch}
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	c.legs[l] = struct{}{}
	c.wg.Add(1)
	go func() { // ends when the connection does, or with the client
		defer c.wg.Done()
		err := l.serve()
		l.cancel(err)
		c.mu.Lock()
		c.ended(l, err)
		c.mu.Unlock()
	}()
}

func (l *leg) serve() error {
	switch l.name {
	case WebSocket:
		return l.serveWebSocket()
	case SSE:
		return l.serveSSE()
	}
	return l.servePolls()
}

// attach makes the hello of a new attach of the leg, with the next number
// (rule R1). It is false where the leg has been overtaken.
func (l *leg) attach() (hello, bool) {
	c := l.c
	if c.over || l.left || l.epoch != c.epoch || l.ctx.Err() != nil {
		return hello{}, false
	}
	for o := range c.legs {
		// A leg of the opening whose answer is out may still bring it.
		if o != l && o.n > 0 && !o.pending() {
			o.left = true
		}
	}
	c.n++
	l.n, l.opening, c.attacher = c.n, c.id == "", l
	h := hello{Attach: c.n, Got: c.in.got, Seq: c.out.conf + 1, Flat: flag(c.opt.Flat)}
	if l.opening {
		h.Version, h.Key, h.Auth = transport.Version, c.key, c.opt.Auth
	} else {
		h.ID = c.id
	}
	return h, true
}

// pending reports whether the leg waits for the answer to an opening.
func (l *leg) pending() bool { return l.opening && !l.welcomed }

// yield gives a younger leg of the same opening its head start before the leg
// attaches anew and throws it out.
func (l *leg) yield() {
	c := l.c
	c.mu.Lock()
	start := time.Duration(c.rand.IntN(400)) * time.Millisecond
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(l.ctx, start)
	defer cancel()
	_ = c.wait(ctx, func() bool {
		a := c.attacher
		return a == nil || a == l || !a.pending() || l.left
	})
}

// accept takes the welcome to the attach n of the leg (rule R11).
func (l *leg) accept(w *welcome, n uint64) error {
	c := l.c
	if l.epoch != c.epoch || c.over {
		return errLeft
	}
	if w.Attach != n {
		return c.fault("%s: welcome echoes attach %d, not %d", l.name, w.Attach, n)
	}
	if err := c.opened(l, w); err != nil {
		return err
	}
	if w.Ticket != "" {
		c.ticket, c.ticketFor = w.Ticket, n
	}
	c.confirm(w.Got)
	l.carries(n)
	return nil
}

// carries notes that the attach n of the leg was answered with a welcome.
func (l *leg) carries(n uint64) {
	c := l.c
	l.welcomed, l.stales, c.fails = true, 0, 0
	if l.left {
		return // what it brings is taken, no more
	}
	if c.attacher != l {
		l.left = c.attacher != nil && c.attacher.welcomed
		return
	}
	if c.carrier != l {
		c.carrier, c.rung = l, l.name
		c.tell(Change{What: "carried", Name: l.name})
	}
	for o := range c.legs {
		if o != l && o.n > 0 && o.n < n && !o.pending() {
			o.left = true
			o.cancel(errLeft)
		}
	}
	c.wake()
}

// opened takes from a welcome what only openings have.
func (c *Client) opened(l *leg, w *welcome) error {
	switch {
	case c.id == "" && w.ID == "":
		return c.fault("%s: the welcome to an opening has no id", l.name)
	case w.ID != "" && c.id != "" && w.ID != c.id:
		return c.fault("%s: one key opened the sessions %s and %s (R9)", l.name, c.id, w.ID)
	case c.id == "":
		c.id, c.hints = w.ID, *w
		if w.Version != transport.Version {
			c.fault("%s: version %d in the welcome", l.name, w.Version)
		}
		c.tell(Change{What: "open", ID: w.ID})
	}
	return nil
}

// ended deals with the end of a leg.
func (c *Client) ended(l *leg, err error) {
	delete(c.legs, l)
	if c.carrier == l {
		c.carrier = nil
	}
	attached := c.attacher == l
	if attached {
		c.attacher = nil
	}
	if c.over || l.epoch != c.epoch {
		return
	}
	c.wake()
	if c.closed != nil && errors.Is(err, errNormal) {
		c.finish(c.closeErr())
		return
	}
	var ce *transport.CloseError
	var after time.Duration
	if errors.As(err, &ce) {
		if c.verdict(ce, l) {
			return
		}
		after = ce.After
		if ce.Code == transport.CodeMethod || ce.Code == transport.CodeTransport {
			c.rung = below(l.name)
		}
	}
	switch {
	case attached:
		for o := range c.legs {
			if o.pending() && !o.left && o.n > 0 {
				return // another leg of the opening is on its way
			}
		}
		c.resume(after)
	case c.attacher == nil && !c.attaching():
		c.resume(after)
	}
}

// attaching reports whether a leg may still attach: those that were overtaken by
// one that has ended only read.
func (c *Client) attaching() bool {
	for l := range c.legs {
		if !l.left {
			return true
		}
	}
	return false
}

// below returns the next rung down.
func below(name string) string {
	switch name {
	case WebSocket:
		return SSE
	case SSE:
		return LongPoll
	}
	return Polling
}

// verdict deals with what the server says of the session as a whole, and
// reports whether that was it. l may be nil: a send.
func (c *Client) verdict(ce *transport.CloseError, l *leg) bool {
	switch ce.Code {
	case transport.CodeAuth, transport.CodeForbidden, transport.CodeVersion:
		c.finish(ce)
	case transport.CodeNormal:
		c.finish(c.closeErr())
	case transport.CodeGone:
		switch {
		case c.closing != 0 || c.closed != nil:
			c.finish(c.closeErr())
		case ce.Reason == transport.ErrClosed.Reason:
			c.finish(ce)
		default:
			c.lose(ce)
		}
	case transport.CodeUnknown:
		if c.closing != 0 || c.closed != nil {
			c.finish(c.closeErr())
		} else {
			c.lose(ce)
		}
	case transport.CodeConflict:
		if ce.Reason == transport.ErrReplaced.Reason && l != nil && l.n == c.n {
			c.fault("%s: replaced hits the newest attach, %d (R2)", l.name, l.n)
			c.finish(ErrTaken)
			return true
		}
		return false
	case transport.CodeBad:
		// Not a verdict on the session, but it should never be said to this client.
		c.fault("%s: the server says %v", legName(l), ce)
		return false
	default:
		return false
	}
	return true
}

func legName(l *leg) string {
	if l == nil {
		return "send"
	}
	return l.name
}

// closeErr returns the end that the server's close frame said, nil for a normal
// one or the client's own.
func (c *Client) closeErr() error {
	if c.closed == nil || transport.Code(c.closed.Num) == transport.CodeNormal {
		return nil
	}
	return &transport.CloseError{Code: transport.Code(c.closed.Num), Reason: c.closed.Name}
}

// resume attaches anew after a back-off with full jitter (rule R10).
func (c *Client) resume(after time.Duration) {
	if c.retry != nil {
		c.retry.Stop()
	}
	epoch := c.epoch
	c.retry = time.AfterFunc(max(after, c.backoff(c.fails)), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.attacher == nil && c.epoch == epoch {
			c.start(c.rung)
		}
	})
	c.fails++
}

// backoff returns a time between 0 and a bound that doubles, from 100 ms to
// 3.2 s.
func (c *Client) backoff(fails int) time.Duration {
	return time.Duration(c.rand.Int64N(int64(100*time.Millisecond) << min(fails, 5)))
}

// goAway attaches anew, beside the connection that said so, after the time that
// the server gave.
func (c *Client) goAway(l *leg, f *transport.Frame) {
	if l.name == SSE && f.Num == 0 {
		l.rotate = true
		return
	}
	epoch := c.epoch
	time.AfterFunc(time.Duration(f.Num)*time.Millisecond, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.epoch == epoch && c.carrier == l && l.ctx.Err() == nil {
			c.start(l.name)
		}
	})
}

// mustProve reports whether something carries the session, so that a stream has
// to prove itself before it attaches (PROTOCOL.md, moving up without a stall).
func (l *leg) mustProve() bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return l.c.carrier != nil
}

// heartbeat returns how long a stream may be silent.
func (c *Client) heartbeat() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.hints.Ping)*time.Millisecond + 10*time.Second
}

// conflict deals with code 4409 to the attach n of the leg: nil means attach
// again with the next number.
func (l *leg) conflict(ce *transport.CloseError, n uint64) error {
	c := l.c
	c.mu.Lock()
	if ce.Reason != transport.ErrStale.Reason || l.left || n != c.n {
		c.mu.Unlock()
		return ce // replaced, or a race that another leg has won
	}
	l.stales++
	wait := time.Duration(0)
	if l.stales > 1 { // the first time at once: a twin of the request won
		wait = c.backoff(l.stales)
	}
	c.mu.Unlock()
	return l.sleep(wait)
}

// sleep waits, or returns why the leg ends.
func (l *leg) sleep(d time.Duration) error {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-l.ctx.Done():
		}
	}
	return context.Cause(l.ctx)
}
