//go:build linux

package load

import (
	"fmt"

	"github.com/everwire/everwire/bench/internal/wire"
)

// upgrade is the handshake of RFC 6455 section 4.1; extra are more header lines.
func upgrade(path, host, extra string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + extra + "\r\n")
}

// A socket is a protocol over a WebSocket.
type socket interface {
	opened(s *Session)
	message(s *Session, b []byte) error
}

// readSocket is the reader of all protocols over WebSocket.
func readSocket(p socket, s *Session, c *Conn, b []byte) (int, error) {
	used := 0
	if s.http.Status != 101 {
		what, _, n, err := s.http.Next(b)
		if err != nil || what == wire.None {
			return 0, err
		}
		if s.http.Status != 101 {
			return 0, fmt.Errorf("status %d to the handshake", s.http.Status)
		}
		used = n
		p.opened(s)
	}
	for {
		op, fin, m, n, err := wire.Frame(b[used:])
		if err != nil || n == 0 {
			return used, err
		}
		used += n
		switch {
		case op == wire.OpPing:
			c.Write(wire.AppendFrame(nil, wire.OpPong, m))
		case op == wire.OpPong:
		case op == wire.OpClose:
			return used, fmt.Errorf("closed: %q", m)
		case !fin || len(s.message) > 0:
			s.message = append(s.message, m...)
			if fin {
				err = p.message(s, s.message)
				s.message = s.message[:0]
			}
		default:
			err = p.message(s, m)
		}
		if err != nil || c.fd < 0 {
			return used, err
		}
	}
}

// send writes a text message.
func (s *Session) send(text string) { s.conn.Write(wire.AppendFrame(nil, wire.OpText, []byte(text))) }
