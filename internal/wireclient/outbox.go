package wireclient

import (
	"encoding/json"

	"github.com/everwire/everwire/transport"
)

// An outbox holds the frames that the server has not confirmed. Guarded by the
// client's mutex.
type outbox struct {
	conf     uint64 // items[0] has the number conf+1
	items    []item
	top      uint64 // highest number that was ever written
	volatile []*transport.Frame
	calls    map[uint64]*call
	callID   uint64
}

type item struct {
	f       *transport.Frame
	written bool
}

// A call waits for its ack.
type call struct {
	num  uint64 // of its frame
	done func(Event, error)
}

// A Refusal is the ack by which the server's app refused a call.
type Refusal struct{ Code, Text string }

func (r *Refusal) Error() string { return "refused: " + r.Code + ": " + r.Text }

func (o *outbox) add(f *transport.Frame) { o.items = append(o.items, item{f: f}) }

// last returns the number of the last frame.
func (o *outbox) last() uint64 { return o.conf + uint64(len(o.items)) }

// get returns the frame with a number above conf and notes that it is written.
func (o *outbox) get(num uint64) *transport.Frame {
	it := &o.items[num-o.conf-1]
	it.written = true
	o.top = max(o.top, num)
	return it.f
}

// batch takes frames for one body, from the first unconfirmed (rule R5).
func (o *outbox) batch(bytes, frames int) []*transport.Frame {
	var b []*transport.Frame
	for i := range o.items {
		bytes -= len(o.items[i].f.Line()) + 1
		if len(b) > 0 && bytes < 0 || len(b) == frames {
			break
		}
		b = append(b, o.get(o.conf+uint64(i)+1))
	}
	return b
}

// split empties the outbox at the end of a session: what was never written
// stays, with new numbers; of what was written nobody knows the outcome. Acks
// belong to the session that is gone.
func (o *outbox) split() (unknown int) {
	var keep []item
	for _, it := range o.items {
		switch it.f.Kind {
		case transport.KindEvent, transport.KindEventBytes, transport.KindCall, transport.KindCallBytes:
			if it.written {
				unknown++
			} else {
				keep = append(keep, it)
			}
		}
	}
	for id, cl := range o.calls {
		if cl.num <= o.top {
			delete(o.calls, id)
			go cl.done(Event{}, ErrUnknown)
		}
	}
	o.conf, o.top, o.items = 0, 0, keep
	for i, it := range keep {
		if cl := o.calls[it.f.Num]; cl != nil && (it.f.Kind == transport.KindCall || it.f.Kind == transport.KindCallBytes) {
			cl.num = uint64(i) + 1
		}
	}
	return unknown
}

// confirm forgets what the server has (rule R3). With mu held.
func (c *Client) confirm(got uint64) {
	if got <= c.out.conf {
		return
	}
	if got > c.out.top {
		c.fault("the server confirms %d, but only %d was written (R3)", got, c.out.top)
		return
	}
	c.out.items = c.out.items[got-c.out.conf:]
	c.out.conf = got
	if c.closing != 0 && got >= c.closing {
		c.finish(nil)
	}
	c.wake()
}

// Emit queues an event with a JSON payload, which may be nil.
func (c *Client) Emit(name string, payload json.RawMessage) error {
	return c.emit(&transport.Frame{Kind: transport.KindEvent, Name: name, Data: payload}, nil)
}

// EmitBytes queues an event whose payload is bytes.
func (c *Client) EmitBytes(name string, data []byte) error {
	return c.emit(&transport.Frame{Kind: transport.KindEventBytes, Name: name, Data: data}, nil)
}

// Call queues an event that wants an ack. done is called once, with the ack or
// with an error: *Refusal, ErrUnknown, ErrTooLarge. It may use the client.
func (c *Client) Call(name string, payload json.RawMessage, done func(Event, error)) error {
	return c.emit(&transport.Frame{Kind: transport.KindCall, Name: name, Data: payload}, done)
}

// CallBytes is Call with bytes.
func (c *Client) CallBytes(name string, data []byte, done func(Event, error)) error {
	return c.emit(&transport.Frame{Kind: transport.KindCallBytes, Name: name, Data: data}, done)
}

// Volatile writes an event once, at the next opportunity, and forgets it.
func (c *Client) Volatile(name string, payload json.RawMessage) {
	c.mu.Lock()
	c.out.volatile = append(c.out.volatile, &transport.Frame{Kind: transport.KindVolatile, Name: name, Data: payload})
	c.wake()
	c.mu.Unlock()
}

func (c *Client) emit(f *transport.Frame, done func(Event, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return cmpErr(c.why, ErrStopped)
	}
	if c.closing != 0 {
		return ErrStopped
	}
	if done != nil {
		c.out.callID++
		f.Num = c.out.callID
	}
	if len(f.Line()) > c.max(0, 64<<10) {
		return ErrTooLarge
	}
	c.out.add(f)
	if done != nil {
		c.out.calls[f.Num] = &call{num: c.out.last(), done: done}
	}
	c.wake()
	return nil
}

// max returns a limit of the welcome. With mu held.
func (c *Client) max(i, absent int) int {
	if i < len(c.hints.Max) {
		return int(c.hints.Max[i])
	}
	return absent
}

// void gives the first frame up: it is too large for something on the way.
// With mu held.
func (c *Client) void() {
	it := &c.out.items[0]
	if cl := c.out.calls[it.f.Num]; cl != nil && cl.num == c.out.conf+1 {
		delete(c.out.calls, it.f.Num)
		go cl.done(Event{}, ErrTooLarge)
	}
	it.f = &transport.Frame{Kind: transport.KindVoid}
}
