package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/everwire/everwire/transport"
)

var errPayload = errors.New("everwire: a raw payload must be one JSON value in UTF-8, nested at most 63 deep")

// newFrame makes a frame of kind text for a JSON payload, of kind binary for
// bytes. nil is no payload, []byte travels as it is, json.RawMessage is
// checked, everything else goes through encoding/json.
func newFrame(text, binary transport.Kind, num uint64, name string, payload any, limit int) (*transport.Frame, error) {
	f := &transport.Frame{Kind: text, Num: num, Name: name}
	switch p := payload.(type) {
	case nil:
	case []byte:
		f.Kind, f.Data = binary, bytes.Clone(p)
	case json.RawMessage:
		raw, err := checkRaw(p)
		if err != nil {
			return nil, err
		}
		f.Data = raw
		own(f)
	default:
		e := encoders.Get().(*encoder)
		defer e.free()
		if err := e.Encode(payload); err != nil {
			return nil, fmt.Errorf("everwire: the payload cannot be encoded: %w", err)
		}
		f.Data = bytes.TrimSuffix(e.Bytes(), []byte{'\n'})
		own(f)
	}
	// What a client may not send larger it need not take larger, either. The
	// text form counts: every transport must be able to carry the frame.
	if size := lineSize(f); size > limit {
		return nil, fmt.Errorf("everwire: a frame of %d bytes is over the limit of %d: %w", size, limit, transport.ErrSize)
	}
	return f, nil
}

// own makes the text of a new frame, at whose end its payload stands, and lets
// that be the payload, which was somebody else's.
func own(f *transport.Frame) {
	line := f.Line()
	end := len(line) - len("]")
	f.Data = line[end-len(f.Data) : end : end]
}

// An encoder encodes payloads into memory that is used again.
type encoder struct {
	bytes.Buffer
	*json.Encoder
}

var encoders = sync.Pool{New: func() any {
	e := new(encoder)
	e.Encoder = json.NewEncoder(&e.Buffer)
	return e
}}

// keptEncoder bounds what an encoder keeps from one payload to the next.
const keptEncoder = 64 << 10

func (e *encoder) free() {
	if e.Cap() <= keptEncoder {
		e.Reset()
		encoders.Put(e)
	}
}

// lineSize returns the length of the frame as text, without making the text of
// a binary frame, which may never be needed.
func lineSize(f *transport.Frame) int {
	if f.Kind.Binary() {
		return (len(f.Data)+2)/3*4 + 6*len(f.Name) + 32
	}
	return len(f.Line())
}

// newEvent makes the frame of an emit.
func newEvent(volatile bool, name string, payload any, limit int) (*transport.Frame, error) {
	if err := transport.CheckName(name); err != nil {
		return nil, err
	}
	if volatile {
		return newFrame(transport.KindVolatile, transport.KindVolatileBytes, 0, name, payload, limit)
	}
	return newFrame(transport.KindEvent, transport.KindEventBytes, 0, name, payload, limit)
}

// checkRaw returns raw JSON in a form that may stand in a frame: valid, and
// without control bytes, which could end a line of a stream. It may be raw
// itself.
func checkRaw(raw json.RawMessage) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if !utf8.Valid(raw) || transport.CheckJSON(raw) != nil {
		return nil, errPayload
	}
	// Other control bytes JSON has nowhere (RFC 8259 sections 2 and 7).
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\t') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw, nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, errPayload
	}
	return b.Bytes(), nil
}

// payloadOf returns the payload of f as a T.
func payloadOf[T any](f *transport.Frame) (T, error) {
	var none T
	if _, raw := any(none).(json.RawMessage); raw && !f.Kind.Binary() {
		return any(json.RawMessage(f.Data)).(T), nil // without a T on the heap
	}
	v := new(T)
	err := decodePayload(f, v)
	return *v, err
}

// decodePayload decodes the payload of f into v, a pointer. No payload leaves
// *v as it is.
func decodePayload(f *transport.Frame, v any) error {
	if f.Kind.Binary() {
		if p, ok := v.(*[]byte); ok {
			*p = f.Data
			return nil
		}
		return errors.New("bytes came where JSON was expected")
	}
	if len(f.Data) == 0 {
		return nil
	}
	if p, ok := v.(*json.RawMessage); ok {
		*p = f.Data
		return nil
	}
	return json.Unmarshal(f.Data, v)
}
