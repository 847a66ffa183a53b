// Package wire reads and writes by hand the little of WebSocket, HTTP and the benchmark's events that a load generator
// needs, on byte slices that may hold part of a message.
package wire

import (
	"encoding/binary"
	"errors"
)

// Opcodes of RFC 6455 section 5.2.
const (
	OpContinue = 0x0
	OpText     = 0x1
	OpBinary   = 0x2
	OpClose    = 0x8
	OpPing     = 0x9
	OpPong     = 0xA
)

// Errors of a peer that breaks the rules.
var (
	ErrMasked   = errors.New("wire: a masked frame from a server")
	ErrTooLarge = errors.New("wire: too large")
	ErrHTTP     = errors.New("wire: malformed HTTP")
)

const maxFrame = 8 << 20

// Frame reads the first WebSocket frame of b, as servers send them. size is what it takes of b, 0 if it is not whole yet.
func Frame(b []byte) (op byte, fin bool, payload []byte, size int, err error) {
	if len(b) < 2 {
		return 0, false, nil, 0, nil
	}
	if b[1]&0x80 != 0 {
		return 0, false, nil, 0, ErrMasked
	}
	n, at := uint64(b[1]), 2
	switch n {
	case 126:
		if len(b) < 4 {
			return 0, false, nil, 0, nil
		}
		n, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		if len(b) < 10 {
			return 0, false, nil, 0, nil
		}
		n, at = binary.BigEndian.Uint64(b[2:]), 10
	}
	if n > maxFrame {
		return 0, false, nil, 0, ErrTooLarge
	}
	if len(b) < at+int(n) {
		return 0, false, nil, 0, nil
	}
	return b[0] & 0x0f, b[0]&0x80 != 0, b[at : at+int(n)], at + int(n), nil
}

// mask is what every frame of this client is masked with; a browser's is random.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// AppendFrame appends a whole masked message to dst.
func AppendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = append(dst, mask[:]...)
	for i, c := range payload {
		dst = append(dst, c^mask[i&3])
	}
	return dst
}
