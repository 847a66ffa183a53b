package websocket_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

// Opcodes of RFC 6455 section 5.2.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
	fin      = 0x80
	rsv1     = 0x40
)

// handshake is what a client asks with, behind the path.
const handshake = " HTTP/1.1\r\nHost: " + memhttp.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: everwire.1\r\n"

// A bare client speaks RFC 6455 byte by byte: it can do what a good one cannot.
type bare struct {
	net.Conn
	r *bufio.Reader
}

// shake shakes hands over a connection; extra are further header lines.
func shake(t testing.TB, nc net.Conn, path string, extra ...string) *bare {
	t.Helper()
	c := &bare{nc, bufio.NewReader(nc)}
	if _, err := io.WriteString(nc, "GET "+path+handshake+strings.Join(extra, "")+"\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Protocol") != websocket.Subprotocol {
		t.Fatalf("handshake: got %s %v", resp.Status, resp.Header)
	}
	return c
}

// frame returns one masked frame; first is the opcode and its flags.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

func (c *bare) send(first byte, payload []byte) error {
	_, err := c.Write(frame(first, payload))
	return err
}

func (c *bare) text(t testing.TB, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if err := c.send(fin|opText, []byte(l)); err != nil {
			t.Fatal(err)
		}
	}
}

// read returns the next frame of the server.
func (c *bare) read() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return 0, nil, err
	}
	if head[0]&fin == 0 || head[1]&0x80 != 0 {
		return 0, nil, fmt.Errorf("the head %x is no whole and unmasked frame: the stream is broken", head)
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(c.r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(c.r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	if err != nil {
		return 0, nil, err
	}
	if head[1] == 126 && n < 126 || head[1] == 127 && n <= 0xffff {
		return 0, nil, fmt.Errorf("a length of %d in a head for longer ones (RFC 6455 section 5.2)", n)
	}
	if n > 1<<20 {
		return 0, nil, fmt.Errorf("a frame of %d bytes: the stream is broken", n)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(c.r, payload)
	return head[0], payload, err
}

// line reads one text message.
func (c *bare) line(t testing.TB) string {
	t.Helper()
	first, payload, err := c.read()
	if err != nil || first != fin|opText {
		t.Fatalf("got %x %.80q, %v, want a text message", first, payload, err)
	}
	return string(payload)
}

// expectLines fails unless just these text messages come.
func (c *bare) expectLines(t testing.TB, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := c.line(t); got != w {
			t.Fatalf("got %.80s, want %s", got, w)
		}
	}
}

// expectEnd fails unless the connection ends with an error frame, where there
// is one, and a close frame.
func (c *bare) expectEnd(t testing.TB, line string, code uint16, reason string) {
	t.Helper()
	if line != "" {
		c.expectLines(t, line)
	}
	first, payload, err := c.read()
	want := append(binary.BigEndian.AppendUint16(nil, code), reason...)
	if err != nil || first != fin|opClose || !bytes.Equal(payload, want) {
		t.Fatalf("got %x %.80q, %v, want a close frame %d %s", first, payload, err, code, reason)
	}
}

// expectHangup fails unless the server closes the socket and says nothing more.
func (c *bare) expectHangup(t testing.TB) {
	t.Helper()
	if first, payload, err := c.read(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %x %.80q, %v, want the end of the connection", first, payload, err)
	}
}

// closeFrame is a client's normal close.
var closeFrame = frame(fin|opClose, []byte{3, 232})

func hello(n int, more string) string {
	return fmt.Sprintf(`[20,{"id":"session","n":%d%s}]`, n, more)
}

func serve(tr transport.Transport, d transport.Door) *memhttp.Server {
	return memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = tr.Serve(w, r, d)
	}), memhttp.Options{})
}

// bubble runs a test with a bare client that has shaken hands, in virtual time.
func bubble(t *testing.T, tr *websocket.Transport, extra string, run func(t *testing.T, c *bare, d *transporttest.Door)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := transporttest.NewDoor(t)
		s := serve(tr, d)
		defer s.Close()
		nc, err := s.Dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		run(t, shake(t, nc, "/websocket", extra), d)
		nc.Close()
		synctest.Wait()
		for i, l := range d.Links() {
			if n := l.Closed(); n != 1 {
				t.Errorf("link %d: closed %d times, want once", i, n)
			}
		}
	})
}

func events(n, size int) []*transport.Frame {
	out := make([]*transport.Frame, n)
	for i := range out {
		out[i] = &transport.Frame{Kind: transport.KindEvent, Name: fmt.Sprint(i), Data: []byte(`"` + strings.Repeat("x", size) + `"`)}
	}
	return out
}
