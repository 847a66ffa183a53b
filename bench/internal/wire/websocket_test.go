package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// frame is a frame as a server writes it.
func frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

func TestFrame(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 70000} {
		payload := strings.Repeat("x", n)
		b := append(frame(0x81, payload), 0x8a, 0) // a pong behind it
		whole := len(b) - 2
		for _, cut := range []int{0, 1, 2, 3, 9, 10, whole - 1} {
			if cut >= whole {
				continue
			}
			if _, _, _, size, err := Frame(b[:cut]); size != 0 || err != nil {
				t.Errorf("%d bytes, cut at %d: got size %d, error %v, want none", n, cut, size, err)
			}
		}
		op, fin, got, size, err := Frame(b)
		if op != OpText || !fin || string(got) != payload || size != whole || err != nil {
			t.Errorf("%d bytes: got op %d fin %v, %d bytes, size %d, error %v", n, op, fin, len(got), size, err)
		}
		if op, _, got, size, err := Frame(b[whole:]); op != OpPong || len(got) != 0 || size != 2 || err != nil {
			t.Errorf("behind %d bytes: got op %d, size %d, error %v", n, op, size, err)
		}
	}
	if _, fin, _, _, _ := Frame(frame(0x01, "half")); fin {
		t.Error("a first fragment is taken for a whole message")
	}
}

func TestFrameRefuses(t *testing.T) {
	if _, _, _, _, err := Frame([]byte{0x81, 0x81, 0, 0, 0, 0, 'x'}); !errors.Is(err, ErrMasked) {
		t.Errorf("masked: got %v, want %v", err, ErrMasked)
	}
	huge := binary.BigEndian.AppendUint64([]byte{0x82, 127}, 1<<63)
	if _, _, _, _, err := Frame(huge); !errors.Is(err, ErrTooLarge) {
		t.Errorf("huge: got %v, want %v", err, ErrTooLarge)
	}
}

func TestAppendFrame(t *testing.T) {
	for _, n := range []int{0, 5, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte("abcdefg"), n/7+1)[:n]
		b := AppendFrame([]byte("before"), OpText, payload)[len("before"):]
		if b[0] != 0x81 || b[1]&0x80 == 0 {
			t.Fatalf("%d bytes: head % x", n, b[:2])
		}
		// As a server's frame it would be the same without the bit and the mask.
		at := len(b) - n
		key := b[at-4 : at]
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = b[at+i] ^ key[i%4]
		}
		if !bytes.Equal(plain, payload) {
			t.Errorf("%d bytes: the payload is not what was masked", n)
		}
		server := append([]byte{b[0], b[1] & 0x7f}, b[2:at-4]...)
		if _, _, got, size, err := Frame(append(server, plain...)); !bytes.Equal(got, payload) || size != len(b)-4 || err != nil {
			t.Errorf("%d bytes: read back %d, size %d of %d, error %v", n, len(got), size, len(b)-4, err)
		}
	}
}
