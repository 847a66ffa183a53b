package faultproxy

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Millis is a time in milliseconds, as it stands in the control handler's JSON.
type Millis int64

// Duration returns m as a time.Duration.
func (m Millis) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

// Faults says what a Proxy does to what passes through it. The zero Faults passes everything on unharmed.
// A value is set whole, with Proxy.Set or over the control handler; counts inside it (Drop.Every, WebSocket.First)
// start anew with each Set.
type Faults struct {
	// Down resets new connections, and every request on a connection that is open already: nobody listens there.
	Down bool `json:"down,omitempty"`

	// Hole swallows every byte both ways without closing anything: the cable is out. A connection that lost bytes
	// to a hole stays dead when the hole is gone.
	Hole bool `json:"hole,omitempty"`

	// Latency is added to every byte, each way. The first bytes of a connection wait for one round trip more,
	// the TCP handshake that a distant server would cost.
	Latency Millis `json:"latency,omitempty"`

	// BytesPerSecond bounds each direction of each connection; 0 is no bound.
	BytesPerSecond int64 `json:"bytesPerSecond,omitempty"`

	WebSocket WebSocket `json:"webSocket,omitzero"`
	SSE       Buffer    `json:"sse,omitzero"`
	Cut       Cut       `json:"cut,omitzero"`
	Drops     []Drop    `json:"drops,omitempty"`
}

// WebSocket harms upgraded connections. Refuse, Reset and Hang end the handshake before the server sees it, in this
// order of precedence; the others let the 101 through.
type WebSocket struct {
	// Refuse answers the handshake with this status, between 400 and 599.
	Refuse int `json:"refuse,omitempty"`
	// Reset resets the connection instead of an answer.
	Reset bool `json:"reset,omitempty"`
	// Hang never answers the handshake.
	Hang bool `json:"hang,omitempty"`

	// Silent swallows everything both ways behind the 101. Set while WebSockets are open it silences these, too, for good.
	// Neither end learns that the other has closed.
	Silent bool `json:"silent,omitempty"`
	// SilentAfter is Silent this long after the 101.
	SilentAfter Millis `json:"silentAfter,omitempty"`
	// ResetAfter resets the connection this long after the 101.
	ResetAfter Millis `json:"resetAfter,omitempty"`
	// ResetAfterBytes resets it when this many bytes have passed behind the 101, both ways together.
	ResetAfterBytes int64 `json:"resetAfterBytes,omitempty"`

	// First restricts the faults to the first so many handshakes; 0 is all.
	First int64 `json:"first,omitempty"`
}

// Buffer holds back bodies of type text/event-stream, as a buffering proxy does.
type Buffer struct {
	// Whole holds the body until it ends.
	Whole bool `json:"whole,omitempty"`
	// PieceBytes passes the body on in pieces of this size; the rest goes when it ends.
	PieceBytes int `json:"pieceBytes,omitempty"`
	// Head holds the head of the response with the first piece. Without it the head passes at once, so that an
	// EventSource fires onopen and then gets nothing.
	Head bool `json:"head,omitempty"`
}

// Cut ends responses that take long, as a proxy's time limit does. It never touches WebSockets.
type Cut struct {
	// After is the time from the request to the cut; 0 is never.
	After Millis `json:"after,omitempty"`
	// Status is the answer if nothing was answered yet, between 400 and 599. With 0, or behind the head of a
	// response, the connection is closed.
	Status int `json:"status,omitempty"`
	// Endpoints restricts the cut to these; empty is every named endpoint of the proxy.
	Endpoints []string `json:"endpoints,omitempty"`
}

// When is the moment at which a Drop hits.
type When string

// The moments of a Drop.
const (
	Before    When = "before"     // the server never sees the request
	After     When = "after"      // the server has answered, the client never sees a byte of it
	Head      When = "head"       // the answer is cut behind its head
	Twice     When = "twice"      // the server gets the request twice at once, the client gets the first one's answer
	TwiceLast When = "twice-last" // the server gets it twice, one after the other, the client gets the second answer
)

// Drop harms single requests. Which ones: of those that match Endpoint, pass Skip, then hit every Every-th or each with
// the chance Rate, at most Count times. With neither Every nor Rate all are hit.
type Drop struct {
	// Endpoint is one of the proxy's named endpoints; empty is each of them.
	Endpoint string `json:"endpoint,omitempty"`
	When     When   `json:"when"`
	// Status answers so, between 400 and 599, where Before and After would reset the connection.
	Status int     `json:"status,omitempty"`
	Skip   int64   `json:"skip,omitempty"`
	Every  int64   `json:"every,omitempty"`
	Rate   float64 `json:"rate,omitempty"`
	Count  int64   `json:"count,omitempty"`
}

// check returns why f cannot be set, or nil.
func (f *Faults) check(endpoints []string) error {
	known := func(name string) error {
		if name != "" && !slices.Contains(endpoints, name) {
			return fmt.Errorf("unknown endpoint %q", name)
		}
		return nil
	}
	errs := []error{
		status("webSocket.refuse", f.WebSocket.Refuse),
		status("cut.status", f.Cut.Status),
		positive("latency", int64(f.Latency)), positive("bytesPerSecond", f.BytesPerSecond),
		positive("webSocket.silentAfter", int64(f.WebSocket.SilentAfter)),
		positive("webSocket.resetAfter", int64(f.WebSocket.ResetAfter)),
		positive("webSocket.resetAfterBytes", f.WebSocket.ResetAfterBytes),
		positive("webSocket.first", f.WebSocket.First),
		positive("sse.pieceBytes", int64(f.SSE.PieceBytes)), positive("cut.after", int64(f.Cut.After)),
	}
	for _, name := range f.Cut.Endpoints {
		errs = append(errs, known(name))
	}
	for i, d := range f.Drops {
		at := fmt.Sprintf("drops[%d].", i)
		errs = append(errs, known(d.Endpoint), status(at+"status", d.Status),
			positive(at+"skip", d.Skip), positive(at+"every", d.Every), positive(at+"count", d.Count))
		if !slices.Contains([]When{Before, After, Head, Twice, TwiceLast}, d.When) {
			errs = append(errs, fmt.Errorf("%swhen is %q", at, d.When))
		}
		if !(d.Rate >= 0 && d.Rate <= 1) {
			errs = append(errs, fmt.Errorf("%srate is %v, not between 0 and 1", at, d.Rate))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("faultproxy: %w", err)
	}
	return nil
}

func status(field string, code int) error {
	if code != 0 && (code < 400 || code > 599) {
		return fmt.Errorf("%s is %d, not between 400 and 599", field, code)
	}
	return nil
}

func positive(field string, n int64) error {
	if n < 0 {
		return fmt.Errorf("%s is negative", field)
	}
	return nil
}
