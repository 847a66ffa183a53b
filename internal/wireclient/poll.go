package wireclient

import (
	"errors"
	"time"

	"github.com/everwire/everwire/transport"
)

// servePolls carries the session by polls, held or not.
func (l *leg) servePolls() error {
	var pause time.Duration
	for {
		sent := time.Now()
		n, idle, err := l.poll(l.name)
		if err != nil {
			return err
		}
		l.yield()
		if l.name == LongPoll {
			continue
		}
		if pause, err = l.pause(sent, pause, n, idle); err != nil {
			return err
		}
	}
}

// A nextPoll is what the server said about the next poll; 0 is nothing.
type nextPoll time.Duration

// poll does one POST that attaches. It reports what the server wants the next
// poll to wait, and whether the poll carried nothing either way. The errors end
// the leg.
func (l *leg) poll(path string) (next nextPoll, idle bool, err error) {
	c := l.c
	c.mu.Lock()
	h, ok := l.attach()
	if !ok {
		c.mu.Unlock()
		return 0, false, errLeft
	}
	h.Ticket = l.name == SSE || flag(c.rand.IntN(8) == 0)
	timeout := c.opt.Timeout
	var frames []*transport.Frame
	held := path == LongPoll && h.Key == ""
	if held {
		h.Wait = c.opt.Wait.Milliseconds()
		timeout += 25 * time.Second
		h.Seq = 0
	}
	uploads := !held && h.Key == "" && c.up.free()
	if h.Key != "" || uploads {
		frames = c.body()
	}
	if uploads {
		c.up.busy = true
	}
	c.mu.Unlock()

	a, err := c.post(l.ctx, path, h, frames, timeout)

	c.mu.Lock()
	if uploads && l.epoch == c.epoch {
		c.up.busy = false
		c.uploaded(countCounted(frames), err)
	}
	c.mu.Unlock()
	var ce *transport.CloseError
	switch {
	case errors.As(err, &ce) && ce.Code == transport.CodeConflict:
		return 0, false, l.conflict(ce, h.Attach)
	case errors.As(err, &ce) && ce.Code == transport.CodeSize && hasCounted(frames):
		return 0, false, nil // halved
	case err != nil:
		return 0, false, err
	}
	return l.polled(h, a, hasCounted(frames))
}

// polled takes the answer to a poll.
func (l *leg) polled(h hello, a *answer, carried bool) (nextPoll, bool, error) {
	c := l.c
	c.mu.Lock()
	if a.empty {
		if h.Key != "" || carried || bool(h.Ticket) || bool(h.Flat) {
			c.fault("%s: 204 to a request that needs an answer", l.name)
		}
		if l.epoch == c.epoch {
			c.in.said(h.Got)
			l.carries(h.Attach)
		}
		c.mu.Unlock()
		return 0, !carried, nil
	}
	err := l.accept(&a.welcome, h.Attach)
	if err == nil {
		c.in.said(h.Got)
		c.up.pause(a.welcome.Pause)
	}
	c.mu.Unlock()
	if err != nil {
		return 0, false, err
	}
	if a.welcome.Seq == 0 && hasCounted(a.frames) {
		return 0, false, c.locked(func() error { return c.fault("%s: counted frames in a body without seq (2.2)", l.name) })
	}
	cnt := counter{next: a.welcome.Seq}
	for _, f := range a.frames {
		if err := c.receive(l, &cnt, f); err != nil {
			return 0, false, err
		}
	}
	return nextPoll(a.welcome.Next) * nextPoll(time.Millisecond), !carried && len(a.frames) == 0, nil
}

func hasCounted(frames []*transport.Frame) bool { return countCounted(frames) > 0 }

func countCounted(frames []*transport.Frame) (n int) {
	for _, f := range frames {
		if f.Kind.Counted() {
			n++
		}
	}
	return n
}

// pause waits for the next poll: the shortest interval where the last one
// carried something, else half as long again up to the longest, unless the
// server says otherwise. An emit does not wait for more than the shortest.
func (l *leg) pause(sent time.Time, last time.Duration, next nextPoll, idle bool) (time.Duration, error) {
	c := l.c
	c.mu.Lock()
	shortest, longest := 500*time.Millisecond, 10*time.Second
	if len(c.hints.Poll) == 2 {
		shortest = time.Duration(c.hints.Poll[0]) * time.Millisecond
		longest = time.Duration(c.hints.Poll[1]) * time.Millisecond
	}
	c.up.bySend = c.rand.IntN(3) == 0
	c.mu.Unlock()
	interval := shortest
	if idle && last > 0 {
		interval = min(last+last/2, longest)
	}
	if next > 0 {
		interval = time.Duration(next)
	}
	if err := l.sleep(time.Until(sent.Add(min(shortest, interval)))); err != nil {
		return 0, err
	}
	wake := time.NewTimer(time.Until(sent.Add(interval)))
	defer wake.Stop()
	for {
		c.mu.Lock()
		now := l.left || !c.up.bySend && c.up.free() && (len(c.out.items) > 0 || len(c.out.volatile) > 0)
		ch := c.changed
		c.mu.Unlock()
		if now {
			return interval, nil
		}
		select {
		case <-wake.C:
			return interval, nil
		case <-ch:
		case <-l.ctx.Done():
			return 0, l.sleep(0)
		}
	}
}
