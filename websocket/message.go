package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"sync"
	"unicode/utf8"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/transport"
)

// A protocolError is a breach of RFC 6455 itself; its text goes into the close
// frame, with code 1002.
type protocolError string

func (e protocolError) Error() string { return "everwire: WebSocket: " + string(e) }

const (
	maxHead        = 14  // bytes of the longest head of a frame (RFC 6455 section 5.2)
	maxControlBody = 125 // bytes of a control frame (section 5.5)
	rsv            = 0x70
	isControl      = 0x08
)

// messages puts the messages of one connection together from what comes in,
// however that is cut (RFC 6455 sections 5 and 6.2). It keeps bytes only of what
// is not whole yet. The zero value with its limit set is ready.
type messages struct {
	limit   int32 // bytes of a message
	inflate bool  // permessage-deflate was agreed on (RFC 7692)

	// Of the frame that is coming in.
	head [maxHead]byte
	got  uint8 // bytes of head
	open bool  // the head is whole
	left int32 // bytes of the payload that are missing
	at   int32 // bytes of the payload that have come

	// Of the message that is coming in.
	kind    byte    // opcode, 0: none
	squeeze bool    // it is compressed
	kept    *pieces // nil: nothing had to be kept
}

// pieces are payloads that are not whole.
type pieces struct {
	message []byte
	control []byte // of a control frame, which may come between fragments
}

// between reports whether nothing is half in.
func (m *messages) between() bool { return m.kind == 0 && m.got == 0 }

// next takes bytes until a message or a control frame is whole. It returns its
// opcode and payload, which is good until the next call and may be a part of
// data, and what of data is left; opcode 0 with nothing left asks for more. The
// error is a protocolError or a *transport.CloseError.
func (m *messages) next(data []byte) (op byte, payload, rest []byte, err error) {
	for {
		if data, err = m.begin(data); err != nil || !m.open {
			return 0, nil, nil, err
		}
		n := min(int(m.left), len(data))
		part := data[:n:n]
		data = data[n:]
		unmask(part, m.head[m.got-4:m.got], int(m.at))
		m.at += int32(n)
		m.left -= int32(n)
		if m.left > 0 {
			m.keep(part)
			return 0, nil, nil, nil
		}
		m.open, m.got = false, 0
		first := m.head[0]
		if first&isControl != 0 {
			if m.kept != nil && m.kept.control != nil {
				part = append(m.kept.control, part...)
				m.kept.control = nil
			}
			return first & 0x0f, part, data, nil
		}
		if first&fin == 0 {
			m.keep(part)
			continue
		}
		if m.kept != nil {
			part = append(m.kept.message, part...)
		}
		op, squeezed := m.kind, m.squeeze
		m.kind, m.kept = 0, nil
		if squeezed {
			part, err = inflated(part, int(m.limit))
		}
		return op, part, data, err
	}
}

// keep keeps a part of the frame that is coming in.
func (m *messages) keep(part []byte) {
	if m.kept == nil {
		m.kept = new(pieces)
	}
	into := &m.kept.message
	if m.head[0]&isControl != 0 {
		into = &m.kept.control
	}
	*into = append(*into, part...)
}

// begin reads the head of the next frame, unless it is in, and returns what is
// left of data.
func (m *messages) begin(data []byte) ([]byte, error) {
	if m.open {
		return data, nil
	}
	for m.got < m.size() && len(data) > 0 {
		n := copy(m.head[m.got:m.size()], data)
		m.got += uint8(n)
		data = data[n:]
	}
	if m.got < m.size() {
		return nil, nil
	}
	return data, m.look()
}

// size returns how long the head is, as far as that is known.
func (m *messages) size() uint8 {
	if m.got < 2 {
		return 2
	}
	n := uint8(2)
	switch m.head[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if m.head[1]&0x80 != 0 {
		n += 4
	}
	return n
}

// look looks at a head that is whole.
func (m *messages) look() error {
	first, op := m.head[0], m.head[0]&0x0f
	n := uint64(m.head[1] & 0x7f)
	switch n {
	case 126:
		n = uint64(binary.BigEndian.Uint16(m.head[2:]))
	case 127:
		n = binary.BigEndian.Uint64(m.head[2:])
	}
	starts := op == gorilla.TextMessage || op == gorilla.BinaryMessage
	switch {
	case first&rsv != 0 && !(m.inflate && starts && first&rsv == rsv1): // RFC 7692 section 6
		return protocolError("reserved bits")
	case m.head[1]&0x80 == 0:
		return protocolError("no mask")
	case op&isControl != 0:
		if op > gorilla.PongMessage {
			return protocolError("unknown opcode")
		}
		if m.head[1]&0x7f > maxControlBody || first&fin == 0 {
			return protocolError("a control frame that is long or cut")
		}
	case starts:
		if m.kind != 0 {
			return protocolError("a message inside of another")
		}
		m.kind, m.squeeze = op, first&rsv1 != 0
	case op != 0:
		return protocolError("unknown opcode")
	case m.kind == 0:
		return protocolError("a fragment of nothing")
	}
	if op&isControl == 0 && n > uint64(m.room()) {
		return transport.ErrSize
	}
	m.open, m.left, m.at = true, int32(n), 0
	return nil
}

// room returns how many bytes the message may still have on the wire. What does
// not compress grows by 5 bytes a block (RFC 1951 section 3.2.4).
func (m *messages) room() int {
	n := int(m.limit)
	if m.squeeze {
		n += n/1024 + 64
	}
	if m.kept != nil {
		n -= len(m.kept.message)
	}
	return n
}

// unmask takes the mask off p, whose first byte is byte at of its payload
// (RFC 6455 section 5.3).
func unmask(p, key []byte, at int) {
	var k [8]byte
	for i := range k {
		k[i] = key[(at+i)&3]
	}
	word := binary.LittleEndian.Uint64(k[:])
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^word)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= k[i]
	}
}

// inflateTail ends a message as the peer's compressor left it out, and the
// stream behind it (RFC 7692 section 7.2.2).
const inflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflated returns what p was before it was compressed, of limit bytes at most.
func inflated(p []byte, limit int) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	_ = r.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(p), bytes.NewReader([]byte(inflateTail))), nil) // returns nil
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case len(data) > limit:
		return nil, transport.ErrSize
	case err != nil:
		return nil, transport.ErrFrame
	}
	return data, nil
}

// checkClose looks at the payload of a close frame and returns what answers it
// (RFC 6455 sections 5.5.1 and 7.4).
func checkClose(payload []byte) (answer []byte, err error) {
	if len(payload) == 0 {
		return nil, nil
	}
	if len(payload) == 1 {
		return nil, protocolError("half a close code")
	}
	switch code := binary.BigEndian.Uint16(payload); {
	case code >= 3000 && code < 5000:
	case code < 1000 || code > 1014 || code >= 1004 && code <= 1006:
		return nil, protocolError("not a close code")
	}
	if !utf8.Valid(payload[2:]) {
		return nil, protocolError("a close reason that is not UTF-8")
	}
	return payload[:2], nil
}
