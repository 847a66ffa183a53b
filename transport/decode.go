package transport

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"
)

// Decode reads one frame from a line of text without its line feed. The frame
// keeps no reference to line. A frame of an unknown kind is returned with
// nothing but its kind (see Kind.Known): it is skipped, but it counts.
//
// The error is ErrUTF8, ErrFrame, or ErrHello for a hello without an object.
func Decode(line []byte) (*Frame, error) {
	if !utf8.Valid(line) {
		return nil, ErrUTF8
	}
	return decode(line, nil, false)
}

// DecodeMessage reads a binary WebSocket message: an ASCII header that is a
// frame of a kind with bytes, a line feed, the bytes. The frame keeps no
// reference to msg. The error is ErrFrame.
func DecodeMessage(msg []byte) (*Frame, error) {
	head, data, ok := bytes.Cut(msg, []byte{'\n'})
	if !ok {
		return nil, ErrFrame
	}
	for _, c := range head {
		if c >= 0x80 {
			return nil, ErrFrame
		}
	}
	return decode(head, data, true)
}

// decode reads a line; with behind, the bytes of the frame are data instead
// of an element of the line.
func decode(line, data []byte, behind bool) (*Frame, error) {
	elems, n, err := scanArray(line)
	if err != nil || n == 0 {
		return nil, ErrFrame
	}
	d := decoder{line: line, elems: elems, n: n}
	kind, ok := d.uint(0)
	if !ok || kind == 0 {
		return nil, ErrFrame
	}
	f := &Frame{Kind: kindUnknown}
	if kind < uint64(kindUnknown) {
		f.Kind = Kind(kind)
	}
	if !f.Kind.Known() {
		return f, nil
	}
	if behind && !f.Kind.Binary() || !d.fields(f) {
		return nil, ErrFrame
	}
	switch {
	case behind:
		ok = d.last(0)
		f.Data = bytes.Clone(data)
	case f.Kind.Binary():
		ok = d.last(1) && d.base64(f)
	case f.Kind.hasPayload():
		ok = d.last(0) || d.last(1)
		if d.n > d.at {
			f.Data = bytes.Clone(d.raw(d.at))
		}
	case f.Kind == KindHello || f.Kind == KindWelcome:
		if d.n <= d.at || d.raw(d.at)[0] != '{' {
			return nil, ErrHello
		}
		f.Data = bytes.Clone(d.raw(d.at))
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

// A decoder walks over the elements of a line that has been found to be JSON.
type decoder struct {
	line  []byte
	elems [4]span
	n     int // elements in the line
	at    int // next element to read
}

// fields reads what stands before the payload.
func (d *decoder) fields(f *Frame) bool {
	d.at = 1
	switch f.Kind {
	case KindEvent, KindEventBytes, KindVolatile, KindVolatileBytes:
		return d.name(f)
	case KindCall, KindCallBytes:
		return d.num(f) && d.name(f)
	case KindAck, KindAckBytes, KindConfirm, KindMark:
		return d.num(f)
	case KindRefusal:
		return d.num(f) && d.str(&f.Name) && d.str(&f.Text)
	case KindClose, KindGoAway:
		return d.num(f) && d.str(&f.Name)
	case KindError:
		return d.num(f) && d.str(&f.Name) && d.token(f)
	case KindPing, KindPong:
		return d.num(f) && d.token(f)
	}
	return true
}

// last reports whether just n elements are left.
func (d *decoder) last(n int) bool { return d.n == d.at+n }

func (d *decoder) raw(i int) []byte { return d.line[d.elems[i].from:d.elems[i].to] }

// uint reads element i as a whole number in plain digits below 2^53.
func (d *decoder) uint(i int) (uint64, bool) {
	if i >= d.n || i >= len(d.elems) {
		return 0, false
	}
	raw := d.raw(i)
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
func (d *decoder) num(f *Frame) bool {
	v, ok := d.uint(d.at)
	f.Num = v
	d.at++
	fromOne := f.Kind < KindVoid || f.Kind == KindMark
	return ok && (v > 0 || !fromOne)
}

func (d *decoder) token(f *Frame) bool {
	if d.at >= d.n {
		return true
	}
	v, ok := d.uint(d.at)
	f.Token = v
	d.at++
	return ok && (v > 0 || f.Kind == KindError)
}

func (d *decoder) name(f *Frame) bool {
	return d.str(&f.Name) && f.Name != "" && utf8.RuneCountInString(f.Name) <= MaxNameLength
}

func (d *decoder) str(into *string) bool {
	if d.at >= d.n || d.at >= len(d.elems) {
		return false
	}
	raw := d.raw(d.at)
	d.at++
	if raw[0] != '"' {
		return false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		*into = string(raw[1 : len(raw)-1])
		return true
	}
	return json.Unmarshal(raw, into) == nil
}

func (d *decoder) base64(f *Frame) bool {
	var s string
	if !d.str(&s) {
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
