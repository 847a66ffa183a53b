package wireclient

import (
	"errors"
	"time"

	"github.com/everwire/everwire/transport"
)

// upload is the state of what goes up over HTTP. Guarded by the client's mutex.
type upload struct {
	busy   bool      // a send, or a poll with frames, is under way (rule R5)
	after  time.Time // nothing before: the server's pause, or the back-off
	last   time.Time // of the last send
	fails  int
	limit  int  // bodies that were too large: frames in the next, 0 is the usual
	bySend bool // while polling: frames go by send, not with the poll
	pings  []*transport.Frame
}

// free reports whether frames may leave.
func (u *upload) free() bool { return !u.busy && !time.Now().Before(u.after) }

func (u *upload) pause(ms int64) {
	if ms > 0 {
		u.after = time.Now().Add(time.Duration(ms) * time.Millisecond)
	}
}

// The bounds for one body (PROTOCOL.md, messages, bodies, limits).
const (
	bodyBytes  = 256 << 10
	bodyFrames = 1024
)

// body takes the frames for one body. With mu held, as all below but upload.
func (c *Client) body() []*transport.Frame {
	limit := bodyFrames - len(c.out.volatile) - len(c.up.pings) - 1
	if c.up.limit > 0 {
		limit = c.up.limit
	}
	frames := c.out.batch(c.max(1, bodyBytes), limit)
	if c.up.limit == 0 {
		frames = append(frames, c.out.volatile...)
		c.out.volatile = nil
	}
	return frames
}

// streamUp reports whether a WebSocket has the session, so that frames go up
// there only (rule R5).
func (c *Client) streamUp() bool {
	a := c.attacher
	return a != nil && a.name == WebSocket && a.n > 0
}

// upload sends what goes up by POSTs of its own. It ends with the client.
func (c *Client) upload() {
	defer c.wg.Done()
	for {
		c.mu.Lock()
		ch := c.changed
		if c.over {
			c.mu.Unlock()
			return
		}
		due, wait := c.sendDue()
		if due {
			c.send() // unlocks
			continue
		}
		c.mu.Unlock()
		c.waitFor(ch, wait)
	}
}

// waitFor waits for a change, at most for d where that is above 0.
func (c *Client) waitFor(ch <-chan struct{}, d time.Duration) {
	if d <= 0 {
		<-ch
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ch:
	case <-t.C:
	}
}

// sendDue reports whether a send is due, or when to look again.
func (c *Client) sendDue() (bool, time.Duration) {
	if c.id == "" || c.up.busy || c.streamUp() {
		return false, 0
	}
	byPoll := c.attacher != nil && c.attacher.name == Polling && !c.up.bySend
	want := len(c.up.pings) > 0
	if !byPoll {
		want = want || len(c.out.items) > 0 || len(c.out.volatile) > 0
	}
	var wait time.Duration
	if l := c.attacher; l != nil && l.name == SSE {
		due, left := c.in.due(256, 128<<10)
		want, wait = want || due, left
		if l.pong != nil || l.heard {
			quiet := time.Until(c.up.last.Add(time.Duration(c.hints.Ping) * time.Millisecond * 3 / 2))
			want = want || quiet <= 0
			if wait <= 0 || quiet < wait {
				wait = quiet
			}
		}
	} else if c.in.urgent {
		want = true
	}
	if left := time.Until(c.up.after); want && left > 0 {
		return false, left
	}
	return want, wait
}

// send does one POST that delivers. It is called with mu held and releases it.
func (c *Client) send() {
	c.r++
	h := hello{ID: c.id, Send: c.r, Got: c.in.got, Seq: c.out.conf + 1, Flat: flag(c.opt.Flat)}
	frames := c.body()
	counted := countCounted(frames)
	if l := c.attacher; l != nil {
		if l.pong != nil {
			frames = append(frames, &transport.Frame{Kind: transport.KindPong, Num: c.in.got, Token: l.pong.Token})
		}
		l.pong, l.heard = nil, false
	}
	frames = append(frames, c.up.pings...)
	c.up.pings = nil
	c.up.busy, c.up.last = true, time.Now()
	epoch := c.epoch
	c.mu.Unlock()

	a, err := c.post(c.ctx, "send", h, frames, c.opt.Timeout)

	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch || c.over {
		return
	}
	c.up.busy = false
	c.uploaded(counted, err)
	if err != nil {
		return
	}
	c.in.said(h.Got)
	if !a.empty {
		c.confirm(a.welcome.Got)
		c.up.pause(a.welcome.Pause)
		if counted > 0 && c.out.conf < h.Seq && a.welcome.Pause == 0 {
			// Nothing was taken and nothing said about when to try again.
			c.up.after = time.Now().Add(c.backoff(c.up.fails))
			c.up.fails++
		}
		c.checkAt(a.welcome.At)
	} else if counted > 0 {
		c.fault("204 to a send with frames (4.4)")
	}
	if c.closed != nil && h.Got >= c.in.got {
		c.finish(c.closeErr())
	}
	c.wake()
}

// uploaded deals with the end of a POST that carried frames (PROTOCOL.md, upload
// over HTTP).
func (c *Client) uploaded(frames int, err error) {
	defer c.wake()
	if err == nil {
		c.up.fails, c.up.limit = 0, 0
		return
	}
	var ce *transport.CloseError
	var pe *proxyError
	tooLarge := errors.As(err, &ce) && ce.Code == transport.CodeSize || errors.As(err, &pe) && pe.status == 413
	switch {
	case tooLarge && frames > 1:
		c.up.limit = frames / 2
		return
	case tooLarge && frames == 1:
		c.void()
		return
	}
	c.up.after = time.Now().Add(c.backoff(c.up.fails))
	c.up.fails++
	if ce != nil {
		c.up.after = time.Now().Add(max(ce.After, time.Until(c.up.after)))
		if ce.Code != transport.CodeConflict {
			c.verdict(ce, nil)
		}
	}
}

// checkAt sees to it that what the server has written to a stream arrives: a
// stream that lags behind for too long is asked, and ended where it does not
// answer (PROTOCOL.md, liveness).
func (c *Client) checkAt(at uint64) {
	l := c.carrier
	if l == nil || l.name != SSE || at <= c.in.got {
		return
	}
	const patience = 2 * time.Second
	time.AfterFunc(patience, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.carrier != l || c.in.got >= at || c.over {
			return
		}
		c.token++
		token := c.token
		c.pings[token] = make(chan struct{})
		c.up.pings = append(c.up.pings, &transport.Frame{Kind: transport.KindPing, Token: token})
		c.wake()
		time.AfterFunc(patience, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.pings[token] != nil && c.carrier == l {
				l.cancel(errSilent)
			}
			delete(c.pings, token)
		})
	})
}
