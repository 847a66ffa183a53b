package transport

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Decoder reads the frames of one connection, whose events most often have the
// name of the one before: that it need not make again. The zero value is ready;
// for one goroutine at a time.
type Decoder struct {
	// Reuse says that who gets the frames hands those back by Free that it is
	// done with. The others are garbage, as without.
	Reuse bool

	name string // of the last event that had no backslash in it
}

// Decode reads one frame from a line of text without its line feed. The frame
// keeps no reference to line. A frame of an unknown kind is returned with
// nothing but its kind (see Kind.Known): it is skipped, but it counts.
//
// The error is ErrUTF8, ErrFrame, or ErrHello for a hello without an object.
func Decode(line []byte) (*Frame, error) { return new(Decoder).Line(line) }

// DecodeMessage reads a binary WebSocket message; see Decoder.Message.
func DecodeMessage(msg []byte) (*Frame, error) { return new(Decoder).Message(msg) }

// Line is Decode.
func (d *Decoder) Line(line []byte) (*Frame, error) {
	if !utf8.Valid(line) {
		return nil, ErrUTF8
	}
	return d.decode(line, nil, false)
}

// Message reads a binary WebSocket message: an ASCII header that is a frame of a
// kind with bytes, a line feed, the bytes. The frame keeps no reference to msg.
// The error is ErrFrame.
func (d *Decoder) Message(msg []byte) (*Frame, error) {
	head, data, ok := bytes.Cut(msg, []byte{'\n'})
	if !ok {
		return nil, ErrFrame
	}
	for _, c := range head {
		if c >= 0x80 {
			return nil, ErrFrame
		}
	}
	return d.decode(head, data, true)
}

// decode reads a line; with behind, the bytes of the frame are data instead
// of an element of the line.
func (d *Decoder) decode(line, data []byte, behind bool) (*Frame, error) {
	e := elements{line: line, known: &d.name}
	kind, err := e.split()
	if err != nil {
		return nil, err
	}
	if kind >= uint64(kindUnknown) || !Kind(kind).Known() {
		return &Frame{Kind: Kind(min(kind, uint64(kindUnknown)))}, nil
	}
	f, room := allocate(Kind(kind).hasPayload() && len(e.raw(e.last())) <= smallText, d.Reuse)
	f.Kind = Kind(kind)
	if behind && !f.Kind.Binary() || !e.fields(f) {
		return nil, ErrFrame
	}
	ok := true
	switch {
	case behind:
		ok = e.left(0)
		f.Data = bytes.Clone(data)
	case f.Kind.Binary():
		ok = e.left(1) && e.base64(f)
	case f.Kind.hasPayload():
		ok = e.left(0) || e.left(1)
		if e.n > e.at {
			room = append(room, e.raw(e.at)...)
		}
		if f.owned {
			f.Data = room // all of it, for Free
		} else if len(room) > 0 {
			f.Data = slices.Clip(room)
		}
	case f.Kind == KindHello || f.Kind == KindWelcome:
		object, err := e.object()
		if err != nil {
			return nil, err
		}
		f.Data = bytes.Clone(object)
	}
	if !ok {
		return nil, ErrFrame
	}
	return f, nil
}

// hasPayload reports whether the last element may be a JSON payload.
func (k Kind) hasPayload() bool {
	return k == KindEvent || k == KindCall || k == KindAck || k == KindVolatile
}

// elements are those of a line that has been found to be JSON.
type elements struct {
	line  []byte
	spans [4]span
	n     int     // elements in the line
	at    int     // next element to read
	known *string // name of the last event; see Decoder
}

// split finds the elements of the line. It returns the first of them, the kind;
// the error is ErrFrame.
func (e *elements) split() (kind uint64, err error) {
	if e.n, err = scanArray(e.line, &e.spans); err != nil {
		return 0, ErrFrame
	}
	kind, ok := e.uint(0)
	if !ok || kind == 0 {
		return 0, ErrFrame
	}
	return kind, nil
}

// object returns the object of a hello or welcome. The error is ErrHello.
func (e *elements) object() ([]byte, error) {
	if e.n < 2 || e.raw(1)[0] != '{' {
		return nil, ErrHello
	}
	return e.raw(1), nil
}

// fields reads what stands before the payload.
func (e *elements) fields(f *Frame) bool {
	e.at = 1
	switch f.Kind {
	case KindEvent, KindEventBytes, KindVolatile, KindVolatileBytes:
		return e.name(f)
	case KindCall, KindCallBytes:
		return e.num(f) && e.name(f)
	case KindAck, KindAckBytes, KindConfirm, KindMark:
		return e.num(f)
	case KindRefusal:
		return e.num(f) && e.str(&f.Name) && e.str(&f.Text)
	case KindClose, KindGoAway:
		return e.num(f) && e.str(&f.Name)
	case KindError:
		return e.num(f) && e.str(&f.Name) && e.token(f)
	case KindPing, KindPong:
		return e.num(f) && e.token(f)
	}
	return true
}

// left reports whether just n elements are left.
func (e *elements) left(n int) bool { return e.n == e.at+n }

// last returns the last element whose place is known.
func (e *elements) last() int { return min(e.n, len(e.spans)) - 1 }

func (e *elements) raw(i int) []byte { return e.line[e.spans[i].from:e.spans[i].to] }

// uint reads element i as a whole number in plain digits below 2^53.
func (e *elements) uint(i int) (uint64, bool) {
	if i >= e.n || i >= len(e.spans) {
		return 0, false
	}
	raw := e.raw(i)
	if len(raw) > 16 {
		return 0, false
	}
	var v uint64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	return v, v <= maxNumber
}

// num reads the number of f. Call ids and marks begin at 1.
func (e *elements) num(f *Frame) bool {
	v, ok := e.uint(e.at)
	f.Num = v
	e.at++
	fromOne := f.Kind < KindVoid || f.Kind == KindMark
	return ok && (v > 0 || !fromOne)
}

func (e *elements) token(f *Frame) bool {
	if e.at >= e.n {
		return true
	}
	v, ok := e.uint(e.at)
	f.Token = v
	e.at++
	return ok && (v > 0 || f.Kind == KindError)
}

// name reads the name of an event.
func (e *elements) name(f *Frame) bool {
	if known := *e.known; known != "" && e.at < e.n && e.at < len(e.spans) {
		// Without a backslash a string stands for itself, and known has none.
		if raw := e.raw(e.at); raw[0] == '"' && string(raw[1:len(raw)-1]) == known {
			f.Name = known
			e.at++
			return true
		}
	}
	if !e.str(&f.Name) || f.Name == "" || utf8.RuneCountInString(f.Name) > MaxNameLength {
		return false
	}
	if strings.IndexByte(f.Name, '\\') < 0 {
		*e.known = f.Name
	}
	return true
}

func (e *elements) str(into *string) bool {
	if e.at >= e.n || e.at >= len(e.spans) {
		return false
	}
	raw := e.raw(e.at)
	e.at++
	if raw[0] != '"' {
		return false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		*into = string(raw[1 : len(raw)-1])
		return true
	}
	return json.Unmarshal(raw, into) == nil
}

func (e *elements) base64(f *Frame) bool {
	var s string
	if !e.str(&s) {
		return false
	}
	// The padded form only, as atob and btoa have it; DecodeString would pass
	// over line breaks.
	for i := range len(s) {
		if s[i] < ' ' {
			return false
		}
	}
	data, err := base64.StdEncoding.Strict().DecodeString(s)
	f.Data = data
	return err == nil
}
