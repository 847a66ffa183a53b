package transport

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Kind is the first element of a frame: what the frame is (PROTOCOL.md section
// 3.3).
type Kind uint8

// The kinds of frames. Those below 20 are counted: they have a number in their
// direction and are repeated until they are confirmed. The rest belong to a
// connection, or are worthless later, and are never repeated.
const (
	KindEvent         Kind = 1  // [1,"said",PAYLOAD]
	KindCall          Kind = 2  // [2,7,"say",PAYLOAD]: an event that wants an ack
	KindAck           Kind = 3  // [3,7,PAYLOAD]
	KindRefusal       Kind = 4  // [4,7,"code","text"]
	KindEventBytes    Kind = 5  // [5,"photo","AQID"]
	KindCallBytes     Kind = 6  // [6,7,"photo","AQID"]
	KindAckBytes      Kind = 7  // [7,7,"AQID"]
	KindVoid          Kind = 8  // [8]: a number whose frame was given up
	KindClose         Kind = 9  // [9,4000,"bye"]: the session ends here
	KindHello         Kind = 20 // [20,{...}]
	KindWelcome       Kind = 21 // [21,{...}]
	KindError         Kind = 22 // [22,CODE,"word",AFTER]
	KindGoAway        Kind = 23 // [23,AFTER,"drain"]
	KindPing          Kind = 24 // [24,SEQ,TOKEN]
	KindPong          Kind = 25 // [25,GOT,TOKEN]
	KindConfirm       Kind = 26 // [26,GOT]
	KindMark          Kind = 27 // [27,SEQ]
	KindVolatile      Kind = 28 // [28,"typing",PAYLOAD]
	KindVolatileBytes Kind = 29 // [29,"typing","AQID"]

	// kindUnknown stands for every kind that does not fit into a Kind.
	kindUnknown Kind = 255
)

// Counted reports whether frames of this kind have a number.
func (k Kind) Counted() bool { return k < 20 }

// Known reports whether this version of the protocol defines the kind.
func (k Kind) Known() bool { return k >= 1 && k <= 9 || k >= 20 && k <= 29 }

// Binary reports whether the payload of this kind is bytes instead of JSON.
func (k Kind) Binary() bool {
	return k == KindEventBytes || k == KindCallBytes || k == KindAckBytes || k == KindVolatileBytes
}

// maxNumber is the largest number on the wire: above it a JavaScript number
// is no longer exact (ECMA-262, Number.MAX_SAFE_INTEGER).
const maxNumber = 1<<53 - 1

// MaxNameLength is the length of the longest event name, in code points.
const MaxNameLength = 128

// A Frame is the unit on the wire. Fill in the fields and do not change them
// afterwards: a frame is shared by all sessions that it is sent to, and its
// encoded forms are made once, when first needed. Safe for concurrent use
// after that. The zero value of a field means that the kind has no such field.
// A frame that was made for one owner ends with Free.
type Frame struct {
	Kind  Kind   // what it is, and which of the fields below it has
	Num   uint64 // call id (2 3 4 6 7), code (9 22), milliseconds (23), seq (24-27)
	Name  string // event name, refusal code (4), word (9 22 23)
	Text  string // text of a refusal (4)
	Data  []byte // JSON payload, or the bytes of a binary kind; object of a hello or welcome
	Token uint64 // token (24 25) or milliseconds (22); 0 is none

	made     bool // line was made with the frame
	owned    bool // it has a small's room, and may be freed
	lineOnce sync.Once
	line     []byte
	forms    atomic.Pointer[forms] // nil: none was asked for
}

// forms are the encoded forms of a frame that most frames do not need.
type forms struct {
	messageOnce sync.Once
	message     []byte

	mu sync.Mutex
	// Guarded by mu.
	cache []cached
}

type cached struct{ key, value any }

// smallText is the length of the texts for which a frame has room itself: that
// is one allocation, and one piece of memory, in place of two.
const smallText = 192

// A small is a frame with room for a small text: its line, or its payload.
type small struct {
	Frame
	room [smallText]byte
}

// newSmall returns a frame and the room that belongs to it.
func newSmall() (f *Frame, room []byte) {
	s := new(small)
	return &s.Frame, s.room[:0]
}

// smalls are frames that were freed: with nothing in them but their room, in Data.
var smalls = sync.Pool{New: func() any {
	f, room := newSmall()
	f.Data = room
	return f
}}

// allocate returns a frame and, if it is small, its room. One that is small and
// owned may be freed.
func allocate(small, owned bool) (f *Frame, room []byte) {
	switch {
	case small && owned:
		f = smalls.Get().(*Frame)
		f.owned = true
		return f, f.Data
	case small:
		return newSmall()
	}
	return new(Frame), nil
}

// NewFrame returns a frame of a kind with a JSON payload, and makes its line. The
// payload is copied and may be changed afterwards; it must be clean (CleanJSON).
func NewFrame(kind Kind, num uint64, name string, payload []byte) *Frame {
	return newFrame(false, kind, num, name, payload)
}

// NewOwned is NewFrame for a frame that has one owner, who may Free it.
func NewOwned(kind Kind, num uint64, name string, payload []byte) *Frame {
	return newFrame(true, kind, num, name, payload)
}

func newFrame(owned bool, kind Kind, num uint64, name string, payload []byte) *Frame {
	f, room := allocate(len(name)+len(payload)+maxAround <= smallText, owned)
	f.Kind, f.Num, f.Name, f.Data = kind, num, name, payload
	f.line = f.appendText(room, true, false)
	f.made = true
	if len(payload) > 0 {
		end := len(f.line) - len("]")
		f.Data = f.line[end-len(payload) : end : end]
	}
	return f
}

// Payload returns Data for longer than the frame may live: a copy, if it can be
// freed. The bytes are the caller's if the frame is.
func (f *Frame) Payload() []byte {
	if f.owned {
		return append([]byte(nil), f.Data...)
	}
	return f.Data
}

// Keep says that somebody else has got the frame, too: it cannot be freed any
// more. It is for the owner.
func (f *Frame) Keep() {
	if f.owned { // others are shared, and read meanwhile
		f.owned = false
	}
}

// Free ends the life of a frame that was made for one owner, by NewOwned or a
// Decoder with Reuse: the frame and its Data will be another's. It is for the
// owner, once and when nobody uses either any more. With other frames, and those
// that are kept, it does nothing.
func (f *Frame) Free() {
	if !f.owned {
		return
	}
	room := f.Data
	if f.made {
		room = f.line
	}
	*f = Frame{Data: room[:0]}
	smalls.Put(f)
}

// maxAround is what stands around name and payload, at the most: the longest is
// [28,9007199254740991,"name",PAYLOAD]. Escapes in the name may add to that.
const maxAround = 26

func (f *Frame) others() *forms {
	if o := f.forms.Load(); o != nil {
		return o
	}
	f.forms.CompareAndSwap(nil, new(forms))
	return f.forms.Load()
}

// ErrName is returned for an event name that is empty, longer than
// MaxNameLength code points, or not UTF-8.
var ErrName = errors.New("transport: an event name has 1 to 128 code points of valid UTF-8")

// CheckName returns ErrName for a name that no event can have.
func CheckName(name string) error {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxNameLength {
		return ErrName
	}
	return nil
}

// Line returns the frame as one line of text without its line feed. The bytes
// are shared: do not change them.
func (f *Frame) Line() []byte {
	if f.made {
		return f.line
	}
	f.lineOnce.Do(func() { f.line = f.appendText(nil, true, false) })
	return f.line
}

// Message returns the frame as a WebSocket message for a peer that takes
// binary messages: the line for most kinds, for kinds with bytes an ASCII
// header, a line feed and the bytes. The bytes are shared: do not change them.
func (f *Frame) Message() (data []byte, binary bool) {
	if !f.Kind.Binary() {
		return f.Line(), false
	}
	o := f.others()
	o.messageOnce.Do(func() {
		o.message = append(append(f.appendText(nil, false, true), '\n'), f.Data...)
	})
	return o.message, true
}

// Size returns the bytes that the frame counts for in queues and limits.
func (f *Frame) Size() int { return len(f.Data) + len(f.Name) + len(f.Text) + 16 }

// Cached returns encode(f), made once for each key and kept with the frame, so
// that another codec encodes a broadcast once for all members. The key must be
// comparable and private to its package.
func (f *Frame) Cached(key any, encode func(*Frame) any) any {
	o := f.others()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.cache {
		if c.key == key {
			return c.value
		}
	}
	v := encode(f)
	o.cache = append(o.cache, cached{key, v})
	return v
}

// String returns the kind and the sizes of the frame, never its payload: it
// may be logged.
func (f *Frame) String() string {
	return fmt.Sprintf("frame kind %d, %d bytes", f.Kind, f.Size())
}

// appendText appends the frame as text; payload false leaves out the bytes of
// a binary kind; ascii true escapes what is not ASCII.
func (f *Frame) appendText(b []byte, payload, ascii bool) []byte {
	if b == nil {
		n := len(f.Data) + len(f.Name) + len(f.Text) + 32
		if f.Kind.Binary() {
			n = base64.StdEncoding.EncodedLen(len(f.Data)) + len(f.Name) + 32
			if !payload {
				n = len(f.Data) + 6*len(f.Name) + 32
			}
		}
		b = make([]byte, 0, n)
	}
	b = append(b, '[')
	b = strconv.AppendUint(b, uint64(f.Kind), 10)
	switch f.Kind {
	case KindEvent, KindEventBytes, KindVolatile, KindVolatileBytes:
		b = appendString(append(b, ','), f.Name, ascii)
	case KindCall, KindCallBytes:
		b = f.appendNum(b)
		b = appendString(append(b, ','), f.Name, ascii)
	case KindAck, KindAckBytes, KindConfirm, KindMark:
		b = f.appendNum(b)
	case KindRefusal:
		b = f.appendNum(b)
		b = appendString(append(b, ','), f.Name, ascii)
		b = appendString(append(b, ','), f.Text, ascii)
	case KindClose, KindGoAway:
		b = f.appendNum(b)
		b = appendString(append(b, ','), f.Name, ascii)
	case KindError:
		b = f.appendNum(b)
		b = appendString(append(b, ','), f.Name, ascii)
		b = f.appendToken(b)
	case KindPing, KindPong:
		b = f.appendNum(b)
		b = f.appendToken(b)
	}
	switch {
	case f.Kind.Binary():
		if payload {
			b = append(b, ',', '"')
			b = base64.StdEncoding.AppendEncode(b, f.Data)
			b = append(b, '"')
		}
	case len(f.Data) > 0:
		b = append(append(b, ','), f.Data...)
	}
	return append(b, ']')
}

func (f *Frame) appendNum(b []byte) []byte { return strconv.AppendUint(append(b, ','), f.Num, 10) }

func (f *Frame) appendToken(b []byte) []byte {
	if f.Token == 0 {
		return b
	}
	return strconv.AppendUint(append(b, ','), f.Token, 10)
}

const hex = "0123456789abcdef"

// appendString appends s as a JSON string with the escapes that
// JSON.stringify uses (ECMA-262, QuoteJSONString), so that both ends write
// the same bytes.
func appendString(b []byte, s string, ascii bool) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20:
			if i := shortEscape(r); i != 0 {
				b = append(b, '\\', i)
			} else {
				b = appendEscape(b, uint16(r))
			}
		case r < utf8.RuneSelf || !ascii:
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			b = appendEscape(b, uint16((r-0x10000)>>10)+0xd800)
			b = appendEscape(b, uint16((r-0x10000)&0x3ff)+0xdc00)
		default:
			b = appendEscape(b, uint16(r))
		}
	}
	return append(b, '"')
}

func shortEscape(r rune) byte {
	switch r {
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}

func appendEscape(b []byte, u uint16) []byte {
	return append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
}
