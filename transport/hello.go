package transport

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Version is the version of the protocol that this package speaks.
const Version = 1

// MaxHelloBytes bounds the line of a hello, whatever a frame may have (PROTOCOL.md
// section 13).
const MaxHelloBytes = 8 << 10

const (
	maxAuthBytes = 4 << 10
	maxIDLength  = 64
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
	Lines   bool            // lines: messages of several frames are understood
	Flat    bool            // flat: errors come with status 200
	Renew   bool            // ticket: answer with a ticket

	// Set by the transport, not on the wire.
	Ticket    string // in place of the id where it cannot be said
	Transport string // name of the transport
	Stream    bool   // the connection carries frames down for as long as it lasts; a poll, which does not, is given up 5 s after Hold and WriteTimeout (Limits)
	Duplex    bool   // a stream that carries frames up, too
	Runs      bool   // behind the Attach Run is called, too, or Deliver where the link is no Runner
}

// DecodeHello reads the object of a hello frame. Unknown fields are ignored,
// null is absent. The error is ErrHello, or ErrSize for a hello over its limits.
func DecodeHello(data []byte) (Hello, error) {
	if len(data) > MaxHelloBytes {
		return Hello{}, ErrSize
	}
	h := Hello{Version: 1, Seq: 1}
	var m member
	err := scanObject(data, func(name, value []byte) {
		m.value = value
		switch string(m.name(name)) {
		case "v":
			h.Version = m.number(1)
		case "key":
			h.Key = m.text()
		case "auth":
			h.Auth = m.raw()
		case "id":
			h.ID = m.text()
		case "n":
			h.Attach = m.number(0)
		case "r":
			h.Send = m.number(0)
		case "got":
			h.Got = m.number(0)
		case "seq":
			h.Seq = m.number(1)
		case "wait":
			h.Wait = m.number(0)
		case "bin":
			h.Binary = m.flag()
		case "lines":
			h.Lines = m.flag()
		case "flat":
			h.Flat = m.flag()
		case "ticket":
			h.Renew = m.flag()
		}
	})
	if err != nil {
		return Hello{}, ErrHello
	}
	opening := h.Key != ""
	switch {
	case m.bad, opening == (h.ID != ""), len(h.ID) > maxIDLength:
		return Hello{}, ErrHello
	case opening && (!validKey(h.Key) || h.Attach == 0):
		return Hello{}, ErrHello
	case len(h.Auth) > maxAuthBytes:
		return Hello{}, ErrSize
	}
	return h, nil
}

// A member reads one member of the object of a hello; bad is set by the first
// value of a wrong type. Of a repeated member the last counts.
type member struct {
	value []byte
	bad   bool
}

// name returns a name without its quotes and escapes.
func (m *member) name(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	s, _ := unquote(quoted)
	return []byte(s)
}

func (m *member) null() bool { return string(m.value) == "null" }

func (m *member) raw() json.RawMessage {
	if m.null() {
		return nil
	}
	return bytes.Clone(m.value)
}

func (m *member) text() string {
	if m.null() {
		return ""
	}
	s, ok := unquote(m.value)
	m.bad = m.bad || !ok
	return s
}

// number reads a whole number in plain digits below 2^53; 0 is absent.
func (m *member) number(absent uint64) uint64 {
	if m.null() {
		return absent
	}
	n, err := strconv.ParseUint(string(m.value), 10, 53)
	if err != nil {
		m.bad = true
	}
	if n == 0 {
		return absent
	}
	return n
}

func (m *member) flag() bool {
	n := m.number(0)
	m.bad = m.bad || n > 1
	return n == 1
}

// unquote returns the string that a JSON value is, if it is one.
func unquote(value []byte) (s string, ok bool) {
	if value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
		return string(value[1 : len(value)-1]), true
	}
	var escaped string // apart from s, which the pointer would put on the heap
	err := json.Unmarshal(value, &escaped)
	return escaped, err == nil
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
// request that has one (PROTOCOL.md, welcome). Times are milliseconds. Lists and
// Resumed are those of all openings: they must not be changed.
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
	size := 96
	if w.Transports != nil {
		size = 384
	}
	line := w.appendLine(make([]byte, 0, size))
	end := len(line) - len("]")
	return &Frame{Kind: KindWelcome, Data: line[len("[21,"):end:end], line: line, made: true}
}

// appendLine appends the frame that Frame returns.
func (w *Welcome) appendLine(b []byte) []byte {
	return append(w.appendJSON(append(b, "[21,"...)), ']')
}

// appendJSON appends the welcome as encoding/json does, which takes several times
// as long: there is one in every answer.
func (w *Welcome) appendJSON(b []byte) []byte {
	o := object(append(b, '{'))
	o.number("v", int64(w.Version))
	o.text("id", w.ID)
	o.number("n", int64(w.Attach))
	o.number("r", int64(w.Send))
	o.number("seq", int64(w.Seq))
	o.number("got", int64(w.Got))
	if w.Resumed != nil {
		o.name("resumed")
		o = strconv.AppendBool(o, *w.Resumed)
	}
	o.text("ticket", w.Ticket)
	o.number("at", int64(w.At))
	o.list("transports", len(w.Transports), func(b []byte, i int) []byte { return appendString(b, w.Transports[i], false) })
	o.number("ping", w.Ping)
	o.number("wait", w.Wait)
	o.numbers("poll", w.Poll)
	o.number("head", w.Head)
	o.number("window", w.Window)
	o.numbers("max", w.Max)
	o.number("pause", w.Pause)
	o.number("next", w.Next)
	return append(o, '}')
}

// An object is a JSON object that grows; a member that is empty is left out.
type object []byte

func (o *object) name(name string) {
	if (*o)[len(*o)-1] != '{' {
		*o = append(*o, ',')
	}
	*o = append(append(append(*o, '"'), name...), '"', ':')
}

func (o *object) number(name string, n int64) {
	if n != 0 {
		o.name(name)
		*o = strconv.AppendInt(*o, n, 10)
	}
}

func (o *object) text(name, s string) {
	if s != "" {
		o.name(name)
		*o = appendString(*o, s, false)
	}
}

// list adds a list of n items.
func (o *object) list(name string, n int, item func(b []byte, i int) []byte) {
	for i := range n {
		if i == 0 {
			o.name(name)
			*o = append(*o, '[')
		} else {
			*o = append(*o, ',')
		}
		*o = item(*o, i)
	}
	if n > 0 {
		*o = append(*o, ']')
	}
}

func (o *object) numbers(name string, list []int64) {
	o.list(name, len(list), func(b []byte, i int) []byte { return strconv.AppendInt(b, list[i], 10) })
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
