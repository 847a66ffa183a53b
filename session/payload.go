package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/everwire/everwire/transport"
)

var errPayload = errors.New("everwire: a payload must be one JSON value in UTF-8, nested at most 63 deep")

// A maker makes a frame of a payload of JSON.
type maker func(kind transport.Kind, num uint64, name string, payload []byte) *transport.Frame

// newFrame makes a frame of kind text for a JSON payload, of kind binary for
// bytes. nil is no payload, []byte travels as it is, json.RawMessage is
// checked, everything else goes through encoding/json and is checked for what
// that lets through. build is
// transport.NewFrame, or NewOwned for a frame of one session.
func newFrame(build maker, text, binary transport.Kind, num uint64, name string, payload any, limit int) (*transport.Frame, error) {
	switch p := payload.(type) {
	case nil:
		return bounded(build(text, num, name, nil), limit)
	case []byte:
		return bounded(&transport.Frame{Kind: binary, Num: num, Name: name, Data: bytes.Clone(p)}, limit)
	case json.RawMessage:
		return newRawFrame(build, text, num, name, p, limit)
	}
	e := encoders.Get().(*encoder)
	defer e.free()
	if err := e.Encode(payload); err != nil {
		return nil, fmt.Errorf("everwire: the payload cannot be encoded: %w", err)
	}
	p := bytes.TrimSuffix(e.Bytes(), []byte{'\n'})
	if !readable(p) {
		return nil, errPayload
	}
	return bounded(build(text, num, name, p), limit)
}

// readable reports whether clients take what encoding/json has made: it passes on
// what a json.Marshaler or a json.RawMessage in a value says that is not UTF-8, and
// nests as deep as the value. No client would take such a frame, and each would get
// it again for ever.
func readable(p []byte) bool {
	if !utf8.Valid(p) {
		return false
	}
	// Nested too deep are only values with so many brackets.
	return bytes.Count(p, []byte{'['})+bytes.Count(p, []byte{'{'}) <= maxNested || transport.CheckJSON(p) == nil
}

// maxNested is how deep arrays and objects of a payload may nest (PROTOCOL.md
// section 3.2).
const maxNested = 63

// newRawFrame is newFrame for raw JSON.
func newRawFrame(build maker, kind transport.Kind, num uint64, name string, raw json.RawMessage, limit int) (*transport.Frame, error) {
	clean, err := transport.CleanJSON(raw)
	if err != nil {
		return nil, errPayload
	}
	return bounded(build(kind, num, name, clean), limit)
}

// bounded returns f unless it is too large. What a client may not send larger it
// need not take larger, either. The text form counts: every transport must be
// able to carry the frame.
func bounded(f *transport.Frame, limit int) (*transport.Frame, error) {
	if size := lineSize(f); size > limit {
		return nil, fmt.Errorf("everwire: a frame of %d bytes is over the limit of %d: %w", size, limit, transport.ErrSize)
	}
	return f, nil
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
func newEvent(build maker, volatile bool, name string, payload any, limit int) (*transport.Frame, error) {
	if err := transport.CheckName(name); err != nil {
		return nil, err
	}
	if volatile {
		return newFrame(build, transport.KindVolatile, transport.KindVolatileBytes, 0, name, payload, limit)
	}
	return newFrame(build, transport.KindEvent, transport.KindEventBytes, 0, name, payload, limit)
}

// payloadOf returns the payload of f as a T.
func payloadOf[T any](f *transport.Frame) (T, error) {
	var none T
	if _, raw := any(none).(json.RawMessage); raw && !f.Kind.Binary() {
		return any(json.RawMessage(f.Payload())).(T), nil // without a T on the heap
	}
	v := new(T)
	err := decodePayload(f, v)
	return *v, err
}

// decodePayload decodes the payload of f into v, a pointer. No payload leaves
// *v as it is.
func decodePayload(f *transport.Frame, v any) error {
	if f.Kind.Binary() {
		switch p, ok := v.(*[]byte); {
		case ok && p == nil:
			return &json.InvalidUnmarshalError{Type: reflect.TypeFor[*[]byte]()}
		case ok:
			*p = f.Payload()
			return nil
		}
		return errors.New("bytes came where JSON was expected")
	}
	if len(f.Data) == 0 {
		return nil
	}
	if p, ok := v.(*json.RawMessage); ok && p != nil {
		*p = f.Payload()
		return nil
	}
	return decodeJSON(f.Data, v)
}

// A decoder decodes payloads with memory that is used again, where
// json.Unmarshal makes its state anew for each.
type decoder struct {
	bytes.Reader
	*json.Decoder
}

var decoders = sync.Pool{New: func() any {
	d := new(decoder)
	d.Decoder = json.NewDecoder(&d.Reader)
	return d
}}

// keptDecoder bounds the payloads that are decoded with a decoder, which keeps a
// buffer of up to some times their size.
const keptDecoder = 4 << 10

// decodeJSON is json.Unmarshal of data, which is known to be one JSON value.
func decodeJSON(data []byte, v any) error {
	if len(data) > keptDecoder {
		return json.Unmarshal(data, v)
	}
	d := decoders.Get().(*decoder)
	d.Reset(data)
	end := d.InputOffset() + int64(len(data))
	err := d.Decode(v)
	if err == nil && d.InputOffset() == end { // nothing of it is left for the next one
		d.Reset(nil)
		decoders.Put(d)
	}
	return err
}
