package wireclient

import (
	"time"

	"github.com/everwire/everwire/transport"
)

// An inbox holds what was received and not yet handed to the app. Guarded by
// the client's mutex.
type inbox struct {
	got    uint64 // everything up to here has been received
	frames []received

	// What the server has not been told: since when, how many, how large.
	told   uint64
	since  time.Time
	bytes  int
	urgent bool // tell at once
}

type received struct {
	f   *transport.Frame
	seq uint64
}

// A counter knows the number of the next counted frame on one connection.
type counter struct{ next uint64 }

// receive takes one frame that came over a leg, other than a welcome (rule R7).
// An error is the end of the connection.
func (c *Client) receive(l *leg, cnt *counter, f *transport.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.epoch != c.epoch {
		return errLeft
	}
	if l.name == SSE && !l.heard { // answered by the next send that is due (5.3)
		l.heard = true
		c.wake()
	}
	switch {
	case f.Kind.Counted():
		num := cnt.next
		cnt.next++
		return c.take(l, num, f)
	case f.Kind == transport.KindMark:
		cnt.next = f.Num
	case f.Kind == transport.KindVolatile || f.Kind == transport.KindVolatileBytes:
		c.in.frames = append(c.in.frames, received{f: f})
		c.wake()
	case f.Kind == transport.KindConfirm:
		c.confirm(f.Num)
	case f.Kind == transport.KindPing:
		if f.Num != cnt.next-1 {
			return c.fault("%s: ping says %d was the last, the count says %d (1.2)", l.name, f.Num, cnt.next-1)
		}
		l.pong = &transport.Frame{Kind: transport.KindPong, Token: f.Token}
		c.wake()
	case f.Kind == transport.KindPong:
		c.confirm(f.Num)
		if ch := c.pings[f.Token]; ch != nil {
			delete(c.pings, f.Token)
			close(ch)
		}
	case f.Kind == transport.KindGoAway:
		c.goAway(l, f)
	case f.Kind == transport.KindError:
		return asClose(f)
	case f.Kind == transport.KindHello || f.Kind == transport.KindWelcome:
		return c.fault("%s: unexpected %v", l.name, f)
	}
	return nil
}

// asClose returns the error that a frame of kind 22 says.
func asClose(f *transport.Frame) *transport.CloseError {
	return &transport.CloseError{
		Code: transport.Code(f.Num), Reason: f.Name, After: time.Duration(f.Token) * time.Millisecond,
	}
}

// take takes a counted frame under its number. With mu held.
func (c *Client) take(l *leg, num uint64, f *transport.Frame) error {
	switch {
	case num <= c.in.got:
		return nil // a duplicate
	case num > c.in.got+1:
		return c.fault("%s: frame %d came, but only %d are here: a gap (R7)", l.name, num, c.in.got)
	}
	c.in.got = num
	if c.in.told == num-1 {
		c.in.since = time.Now()
	}
	c.in.bytes += f.Size()
	c.in.urgent = c.in.urgent || f.Kind == transport.KindClose
	switch f.Kind {
	case transport.KindAck, transport.KindAckBytes, transport.KindRefusal:
		c.answered(f)
	case transport.KindClose:
		c.closed = f
	default:
		c.in.frames = append(c.in.frames, received{f, num})
	}
	c.wake()
	return nil
}

// answered hands an ack to its call. It also confirms the call's frame (R3).
// With mu held.
func (c *Client) answered(f *transport.Frame) {
	cl := c.out.calls[f.Num]
	if cl == nil {
		c.fault("ack %d answers no call, or answers it again", f.Num)
		return
	}
	delete(c.out.calls, f.Num)
	c.confirm(cl.num)
	var err error
	if f.Kind == transport.KindRefusal {
		err = &Refusal{f.Name, f.Text}
	}
	c.wg.Add(1)
	go func() { // ends with the app's function
		defer c.wg.Done()
		cl.done(Event{Data: f.Data, Binary: f.Kind.Binary()}, err)
	}()
}

// said notes that the server has been told what was received. With mu held.
func (in *inbox) said(got uint64) {
	if got > in.told {
		in.told, in.bytes, in.urgent = got, 0, in.urgent && got < in.got
		in.since = time.Now()
	}
}

// due reports whether a confirm is due by one of the bounds, or else when.
// With mu held.
func (in *inbox) due(frames uint64, bytes int) (bool, time.Duration) {
	if in.told >= in.got {
		return false, 0
	}
	left := time.Until(in.since.Add(confirmAfter))
	return in.urgent || in.got-in.told >= frames || in.bytes >= bytes || left <= 0, left
}

// confirmAfter is the longest time to a confirm (PROTOCOL.md, liveness).
const confirmAfter = 10 * time.Second

// dispatch hands frames to the app, one at a time. It ends with the client,
// when all that was received has been handed over.
func (c *Client) dispatch() {
	defer c.wg.Done()
	for {
		c.mu.Lock()
		frames, ch, over := c.in.frames, c.changed, c.over
		c.in.frames = nil
		c.mu.Unlock()
		for _, r := range frames {
			c.hand(r)
		}
		if len(frames) > 0 {
			continue
		}
		if over {
			return
		}
		<-ch
	}
}

func (c *Client) hand(r received) {
	e := Event{Seq: r.seq, Name: r.f.Name, Data: r.f.Data, Binary: r.f.Kind.Binary()}
	switch r.f.Kind {
	case transport.KindEvent, transport.KindEventBytes, transport.KindVolatile, transport.KindVolatileBytes:
		if c.opt.Event != nil {
			c.opt.Event(e)
		}
	case transport.KindCall, transport.KindCallBytes:
		a := Answer{Code: "unhandled", Text: "no function for calls"}
		if c.opt.Call != nil {
			a = c.opt.Call(e)
		}
		f := &transport.Frame{Kind: transport.KindAck, Num: r.f.Num, Data: a.Data}
		switch {
		case a.Code != "":
			f = &transport.Frame{Kind: transport.KindRefusal, Num: r.f.Num, Name: a.Code, Text: a.Text}
		case a.Binary:
			f.Kind = transport.KindAckBytes
		}
		_ = c.emit(f, nil) // after Close nobody waits for it
	}
}
