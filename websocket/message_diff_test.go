package websocket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/transport"
)

// A replay is a connection from which what was recorded is read, in pieces.
type replay struct {
	net.Conn
	data  []byte
	piece int
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.piece)], r.data)
	r.data = r.data[n:]
	return n, nil
}

func (*replay) Write(p []byte) (int, error)      { return len(p), nil }
func (*replay) SetDeadline(time.Time) error      { return nil }
func (*replay) SetWriteDeadline(time.Time) error { return nil }
func (*replay) Close() error                     { return nil }

// A recorder hands its replay out as the connection of an upgrade.
type recorder struct {
	*httptest.ResponseRecorder
	conn *replay
}

func (r recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return r.conn, bufio.NewReadWriter(bufio.NewReader(new(bytes.Buffer)), bufio.NewWriter(r.conn)), nil
}

// server returns gorilla's end of a WebSocket on which data comes in.
func server(tb testing.TB, data []byte, piece int) *gorilla.Conn {
	tb.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(name, value)
	}
	u := gorilla.Upgrader{ReadBufferSize: 16}
	ws, err := u.Upgrade(recorder{httptest.NewRecorder(), &replay{data: data, piece: piece}}, r, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return ws
}

// A said is a message, or a control frame.
type said struct {
	op   byte
	text string
}

// byGorilla returns what gorilla makes of the bytes of a client, and whether it
// breaks off at a fault.
func byGorilla(tb testing.TB, data []byte, piece int) (all []said, fault bool) {
	tb.Helper()
	ws := server(tb, data, piece)
	for op, handle := range map[byte]func(func(string) error){
		gorilla.PingMessage: ws.SetPingHandler,
		gorilla.PongMessage: ws.SetPongHandler,
	} {
		handle(func(text string) error {
			all = append(all, said{op, text})
			return nil
		})
	}
	ws.SetCloseHandler(func(int, string) error { return nil })
	for {
		op, p, err := ws.ReadMessage()
		var closed *gorilla.CloseError
		switch {
		case err == nil:
			all = append(all, said{byte(op), string(p)})
		case errors.As(err, &closed) && closed.Code != gorilla.CloseAbnormalClosure:
			return append(all, said{op: gorilla.CloseMessage}), false
		default:
			return all, !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &closed)
		}
	}
}

// byUs returns what messages makes of them.
func byUs(data []byte, piece int) (all []said, fault bool) {
	m := messages{limit: 1 << 20}
	for len(data) > 0 {
		n := min(piece, len(data))
		some := bytes.Clone(data[:n])
		data = data[n:]
		for {
			op, payload, rest, err := m.next(some)
			if err != nil {
				return all, true
			}
			if op == 0 {
				break
			}
			if op == gorilla.CloseMessage {
				// gorilla takes half a close code for none, which RFC 6455 section 5.5.1 does not, and has not heard
				// of 1014, which IANA has.
				if _, err := checkClose(payload); err != nil && len(payload) != 1 || bytes.HasPrefix(payload, []byte{3, 0xf6}) {
					return all, true
				}
				return append(all, said{op: op}), false
			}
			all = append(all, said{op, string(payload)})
			some = rest
		}
	}
	return all, false
}

func client(first byte, n int, payload string) []byte {
	b := appendHead(nil, first&0x7f, n)
	b[0] = first
	b[1] |= 0x80
	key := [4]byte{0x12, 0xab, 0, 0xfe}
	b = append(b, key[:]...)
	at := len(b)
	b = append(b, payload...)
	unmask(b[at:], key[:], 0)
	return b
}

// FuzzAsGorilla: whatever a client sends, in whatever pieces, messages and
// gorilla see the same messages and break off at the same faults.
func FuzzAsGorilla(f *testing.F) {
	text := client(0x81, 5, "hello")
	long := client(0x82, 300, string(make([]byte, 300)))
	for _, seed := range [][]byte{
		text, long,
		append(client(0x01, 3, "[1,"), client(0x80, 2, "2]")...),
		append(append(client(0x01, 1, "a"), client(0x89, 4, "ping")...), client(0x80, 1, "b")...),
		append(bytes.Clone(text), client(0x88, 2, "\x03\xe8")...),
		client(0x88, 0, ""), client(0x88, 1, "\x03"), client(0x88, 2, "\x03\xed"), client(0x88, 3, "\x03\xe8\xff"), client(0x88, 2, "\x13\x88"), client(0x88, 2, "\x0b\xb7"), client(0x88, 2, "\x03\xf5"),
		client(0x8a, 0, ""), client(0x89, 125, string(make([]byte, 125))), client(0x89, 126, string(make([]byte, 126))), client(0x09, 0, ""),
		client(0x80, 0, ""), client(0x83, 0, ""), client(0x8b, 0, ""), client(0xc1, 0, ""), client(0xa1, 0, ""), client(0x91, 0, ""),
		append(client(0x01, 0, ""), client(0x81, 0, "")...),
		{0x81, 0x01, 'a'}, {0x81}, {0x81, 0xfe, 0}, {0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5},
	} {
		f.Add(seed, byte(1))
		f.Add(seed, byte(200))
	}
	f.Fuzz(func(t *testing.T, data []byte, piece byte) {
		want, wantFault := byGorilla(t, data, int(piece)+1)
		got, gotFault := byUs(data, int(piece)+1)
		if huge(data) {
			return // beyond our limit, and gorilla has none here
		}
		if len(got) != len(want) {
			t.Fatalf("got %d messages, want %d: %q, %q", len(got), len(want), got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("message %d: got %q, want %q", i, got[i], want[i])
			}
		}
		// gorilla looks at two bytes, we at the whole head: with less they differ.
		if gotFault != wantFault && (gotFault || len(data) > maxHead && !cutHead(data)) {
			t.Fatalf("a fault: got %v, want %v (%d messages)", gotFault, wantFault, len(got))
		}
	})
}

// huge reports whether messages stops at its limit.
func huge(data []byte) bool {
	m := messages{limit: 1 << 20}
	for some := bytes.Clone(data); ; {
		op, _, rest, err := m.next(some)
		if err != nil || op == 0 {
			return errors.Is(err, transport.ErrSize)
		}
		some = rest
	}
}

// cutHead reports whether data ends inside of the head of a frame.
func cutHead(data []byte) bool {
	m := messages{limit: 1 << 20}
	for some := bytes.Clone(data); ; {
		op, _, rest, err := m.next(some)
		if err != nil || op == 0 {
			return err == nil && !m.open && m.got > 0
		}
		some = rest
	}
}

// BenchmarkMessage is a small event on its way out of its frame.
func BenchmarkMessage(b *testing.B) {
	frame := client(0x81, 128, string(make([]byte, 128)))
	in := make([]byte, len(frame))
	m := messages{limit: 1 << 16}
	b.ReportAllocs()
	for b.Loop() {
		copy(in, frame) // it is unmasked where it stands
		if op, _, _, err := m.next(in); op == 0 || err != nil {
			b.Fatal(op, err)
		}
	}
}

// TestMessageAllocatesNothing: what comes whole is not copied.
func TestMessageAllocatesNothing(t *testing.T) {
	frame := client(0x81, 128, string(make([]byte, 128)))
	in := make([]byte, len(frame))
	m := messages{limit: 1 << 16}
	if n := testing.AllocsPerRun(100, func() {
		copy(in, frame)
		if op, payload, rest, err := m.next(in); op != gorilla.TextMessage || len(payload) != 128 || len(rest) > 0 || err != nil {
			t.Fatalf("got a message of kind %d with %d bytes, %d behind it, error %v", op, len(payload), len(rest), err)
		}
	}); n > 0 {
		t.Errorf("a message allocates %v times, want none", n)
	}
}
