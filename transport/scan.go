package transport

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/bits"
	"unicode/utf8"
)

// maxDepth bounds how deep arrays and objects nest in a frame, the frame's own
// array included.
const maxDepth = 64

var errJSON = errors.New("transport: not JSON (RFC 8259), or nested deeper than 64")

// A span is a value in a line: line[from:to].
type span struct{ from, to int }

// A scanner checks JSON in one pass and without memory of its own.
type scanner struct {
	b      []byte
	i      int
	depth  int
	breaks bool // a line break or a tab stands between tokens
}

// scanArray checks that line is one JSON array and says where its first
// elements are; n counts them all.
func scanArray(line []byte, elems *[4]span) (n int, err error) {
	s := scanner{b: line}
	s.space()
	if !s.eat('[') {
		return 0, errJSON
	}
	s.depth = 1
	s.space()
	for !s.eat(']') {
		if n > 0 {
			if !s.eat(',') {
				return 0, errJSON
			}
			s.space()
		}
		from := s.i
		if !s.value() {
			return 0, errJSON
		}
		if n < len(elems) {
			elems[n] = span{from, s.i}
		}
		n++
		s.space()
	}
	s.space()
	if s.i != len(s.b) {
		return 0, errJSON
	}
	return n, nil
}

// CheckJSON returns an error unless b is one JSON value (RFC 8259) that nests
// no deeper than a frame may hold.
func CheckJSON(b []byte) error {
	_, err := checkJSON(b)
	return err
}

// checkJSON is CheckJSON; breaks reports whether a line break or a tab stands
// between the tokens.
func checkJSON(b []byte) (breaks bool, err error) {
	s := scanner{b: b, depth: 1}
	s.space()
	ok := s.value()
	s.space()
	if !ok || s.i != len(b) {
		return false, errJSON
	}
	return s.breaks, nil
}

// CleanJSON returns JSON in the form in which it may be the payload of a frame:
// one value in UTF-8, nested at most 63 deep, and without control bytes, which
// could end a line of a stream. It may be raw itself. No bytes are no payload.
func CleanJSON(raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	breaks, err := checkJSON(raw)
	if err != nil || !utf8.Valid(raw) {
		return nil, errJSON
	}
	if !breaks { // other control bytes JSON has nowhere (RFC 8259 sections 2 and 7)
		return raw, nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, errJSON
	}
	return b.Bytes(), nil
}

// scanObject calls member for each member of the JSON object that b is, in its
// order: name is the quoted string, value any JSON.
func scanObject(b []byte, member func(name, value []byte)) error {
	s := scanner{b: b, depth: 2} // the object, in the array of a frame
	s.space()
	if !s.eat('{') {
		return errJSON
	}
	s.space()
	for first := true; !s.eat('}'); first = false {
		if !first {
			if !s.eat(',') {
				return errJSON
			}
			s.space()
		}
		name := s.i
		if !s.str() {
			return errJSON
		}
		end := s.i
		s.space()
		if !s.eat(':') {
			return errJSON
		}
		s.space()
		value := s.i
		if !s.value() {
			return errJSON
		}
		member(b[name:end], b[value:s.i])
		s.space()
	}
	s.space()
	if s.i != len(b) {
		return errJSON
	}
	return nil
}

func (s *scanner) eat(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ':
		case '\t', '\r', '\n':
			s.breaks = true
		default:
			return
		}
		s.i++
	}
}

func (s *scanner) value() bool {
	if s.i >= len(s.b) {
		return false
	}
	switch c := s.b[s.i]; {
	case c == '"':
		return s.str()
	case c == '{':
		return s.nest('}', true)
	case c == '[':
		return s.nest(']', false)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	return false
}

func (s *scanner) nest(end byte, keys bool) bool {
	if s.depth++; s.depth > maxDepth {
		return false
	}
	s.i++
	s.space()
	for first := true; !s.eat(end); first = false {
		if !first {
			if !s.eat(',') {
				return false
			}
			s.space()
		}
		if keys {
			if !s.str() {
				return false
			}
			s.space()
			if !s.eat(':') {
				return false
			}
			s.space()
		}
		if !s.value() {
			return false
		}
		s.space()
	}
	s.depth--
	return true
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

func (s *scanner) str() bool {
	if !s.eat('"') {
		return false
	}
	for {
		s.plain()
		if s.i >= len(s.b) {
			return false
		}
		c := s.b[s.i]
		s.i++
		switch {
		case c == '"':
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < 0x20:
			return false
		}
	}
}

// plain passes over bytes that stand for themselves in a string, eight at a time
// as long as there are so many: nearly all of what comes in is such bytes.
func (s *scanner) plain() {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	b, i := s.b, s.i
	for i+8 <= len(b) {
		v := binary.LittleEndian.Uint64(b[i:])
		quote, back := v^ones*'"', v^ones*'\\'
		// The high bit of the lowest byte that is below 0x20, a quote or a backslash
		// is set; of the bytes above that nothing is said.
		found := ((v-ones*0x20)&^v | (quote-ones)&^quote | (back-ones)&^back) & high
		if found != 0 {
			i += bits.TrailingZeros64(found) / 8
			break
		}
		i += 8
	}
	s.i = i
}

func (s *scanner) escape() bool {
	if s.i >= len(s.b) {
		return false
	}
	c := s.b[s.i]
	s.i++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if s.i >= len(s.b) || !isHex(s.b[s.i]) {
				return false
			}
			s.i++
		}
		return true
	}
	return false
}

func (s *scanner) number() bool {
	s.eat('-')
	if !s.eat('0') && !s.digits() {
		return false
	}
	if s.eat('.') && !s.digits() {
		return false
	}
	if s.eat('e') || s.eat('E') {
		if !s.eat('+') {
			s.eat('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
