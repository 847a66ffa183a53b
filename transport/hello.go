package transport

import (
	"encoding/json"
	"strconv"
	"time"
)

// Version is the version of the protocol that this package speaks.
const Version = 1

const (
	maxHelloBytes = 8 << 10
	maxAuthBytes  = 4 << 10
	maxIDLength   = 64
)

// A Hello is what a client says first on every connection and in every request
// (PROTOCOL.md, hello). Just one of Key (an opening), ID and Ticket is set. A
// hello without an attach number delivers frames and attaches nothing.
type Hello struct {
	Version uint64          // v: highest version the client speaks; openings
	Key     string          // key: the same in every leg and retry of one opening
	Auth    json.RawMessage // auth: for Authorize; openings
	ID      string          // id: the session
	Attach  uint64          // n: attach number; 0 attaches nothing
	Send    uint64          // r: number of the send
	Got     uint64          // got: everything up to here has been received
	Seq     uint64          // seq: number of the first counted frame behind; absent is 1
	Wait    uint64          // wait: longest hold wanted, ms; 0 is the server's
	Binary  bool            // bin: binary messages are understood
	Flat    bool            // flat: errors come with status 200
	Renew   bool            // ticket: answer with a ticket

	// Set by the transport, not on the wire.
	Ticket    string // in place of the id where it cannot be said
	Transport string // name of the transport
	Stream    bool   // the connection carries frames down for as long as it lasts
	Duplex    bool   // a stream that carries frames up, too
}

// DecodeHello reads the object of a hello frame. Unknown fields are ignored,
// null is absent. The error is ErrHello, or ErrSize for a hello over its limits.
func DecodeHello(data []byte) (Hello, error) {
	if len(data) > maxHelloBytes {
		return Hello{}, ErrSize
	}
	// A map, as encoding/json would take "ID" for the field id of a struct.
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return Hello{}, ErrHello
	}
	o := object{fields: fields}
	h := Hello{
		Version: o.number("v", 1),
		Key:     o.text("key"),
		Auth:    o.raw("auth"),
		ID:      o.text("id"),
		Attach:  o.number("n", 0),
		Send:    o.number("r", 0),
		Got:     o.number("got", 0),
		Seq:     o.number("seq", 1),
		Wait:    o.number("wait", 0),
		Binary:  o.flag("bin"),
		Flat:    o.flag("flat"),
		Renew:   o.flag("ticket"),
	}
	opening := h.Key != ""
	switch {
	case o.bad, opening == (h.ID != ""), len(h.ID) > maxIDLength:
		return Hello{}, ErrHello
	case opening && (!validKey(h.Key) || h.Attach == 0):
		return Hello{}, ErrHello
	case len(h.Auth) > maxAuthBytes:
		return Hello{}, ErrSize
	}
	return h, nil
}

// An object reads the fields of a hello; bad is set by the first of a wrong
// type.
type object struct {
	fields map[string]json.RawMessage
	bad    bool
}

func (o *object) raw(name string) json.RawMessage {
	if v := o.fields[name]; string(v) != "null" {
		return v
	}
	return nil
}

func (o *object) text(name string) (s string) {
	if v := o.raw(name); v != nil && json.Unmarshal(v, &s) != nil {
		o.bad = true
	}
	return s
}

// number reads a whole number in plain digits below 2^53; 0 is absent.
func (o *object) number(name string, absent uint64) uint64 {
	v := o.raw(name)
	if v == nil {
		return absent
	}
	n, err := strconv.ParseUint(string(v), 10, 53)
	if err != nil {
		o.bad = true
	}
	if n == 0 {
		return absent
	}
	return n
}

func (o *object) flag(name string) bool {
	n := o.number(name, 0)
	o.bad = o.bad || n > 1
	return n == 1
}

// validKey reports whether key can hold 128 bits of base64url (RFC 4648
// section 5) and is not absurdly long.
func validKey(key string) bool {
	if len(key) < 22 || len(key) > 64 {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// A Welcome is the server's first answer on every connection and to every
// request that has one (PROTOCOL.md, welcome). Times are milliseconds.
type Welcome struct {
	Version    int      `json:"v,omitempty"`          // version in use; openings
	ID         string   `json:"id,omitempty"`         // the session; openings
	Attach     uint64   `json:"n,omitempty"`          // echo of the hello
	Send       uint64   `json:"r,omitempty"`          // echo of the hello
	Seq        uint64   `json:"seq,omitempty"`        // number of the first counted frame that follows
	Got        uint64   `json:"got,omitempty"`        // everything up to here has been received
	Resumed    *bool    `json:"resumed,omitempty"`    // false: a new session; absent: resumed
	Ticket     string   `json:"ticket,omitempty"`     // good for one attach by URL
	At         uint64   `json:"at,omitempty"`         // last number written to the attached stream
	Transports []string `json:"transports,omitempty"` // openings, with all that follows but the last two
	Ping       int64    `json:"ping,omitempty"`       // heartbeat interval
	Wait       int64    `json:"wait,omitempty"`       // hold of a long-poll
	Poll       []int64  `json:"poll,omitempty"`       // shortest and longest interval of polls
	Head       int64    `json:"head,omitempty"`       // head start of the WebSocket
	Window     int64    `json:"window,omitempty"`     // resume window
	Max        []int64  `json:"max,omitempty"`        // bytes of a frame, a body, a queue
	Pause      int64    `json:"pause,omitempty"`      // send no more before
	Next       int64    `json:"next,omitempty"`       // next poll after
}

// Opened reports whether the hello made a new session.
func (w *Welcome) Opened() bool { return w.Resumed != nil && !*w.Resumed }

// Frame returns the welcome as a frame.
func (w *Welcome) Frame() *Frame {
	data, err := json.Marshal(w)
	if err != nil { // no field of it can fail
		data = []byte("{}")
	}
	return &Frame{Kind: KindWelcome, Data: data}
}

// Limits are the bounds that a transport keeps for its door. Bodies and
// messages above them are refused with ErrSize before they are taken.
type Limits struct {
	FrameBytes   int           // one frame as it stands on the wire
	BodyBytes    int           // one body or message; always room for one frame
	BodyFrames   int           // frames in one body
	HelloTimeout time.Duration // from the start of a connection to its hello
	WriteTimeout time.Duration // for one write
	Hold         time.Duration // longest hold of a long-poll
}

// bodyBytes returns the bound for the lines behind a hello: one frame of any
// legal size always fits.
func (l Limits) bodyBytes() int { return max(l.BodyBytes, l.FrameBytes+len("\n")) }
