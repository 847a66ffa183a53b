//go:build linux

package load

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// SocketIO speaks Engine.IO 4 and Socket.IO 5 over a WebSocket, or over HTTP long-polling.
type SocketIO struct{ Polling bool }

const engine = "/socket.io/?EIO=4&transport="

func (p SocketIO) open(s *Session) {
	s.step = 0
	if p.Polling {
		s.pool = poolOf(s.crowd)
		s.ticket = ""
		s.dial(get(s, engine+"polling"))
		return
	}
	s.dial(upgrade(engine+"websocket", s.crowd.addr, ""))
}

func (SocketIO) opened(*Session) {}

func (SocketIO) say(s *Session, n int, text string, typed bool) {
	if typed {
		s.send("42" + strconv.Itoa(n) + `["typed",` + text + `]`)
	} else {
		s.send("42" + strconv.Itoa(n) + `["raw","` + text + `"]`)
	}
}

func (SocketIO) answer(n int, text string, typed bool) string {
	if typed {
		return "43" + strconv.Itoa(n) + `[` + text + `]`
	}
	return "43" + strconv.Itoa(n) + `["` + text + `"]`
}

func (p SocketIO) read(s *Session, c *Conn, b []byte) (int, error) {
	if !p.Polling {
		return readSocket(p, s, c, b)
	}
	return answers(&s.http, c, b, func(d []byte) { s.message = append(s.message, d...) }, func(int) error {
		var err error
		for _, m := range bytes.Split(s.message, []byte{0x1e}) {
			if err == nil && !bytes.Equal(m, []byte("ok")) {
				err = p.message(s, m)
			}
		}
		s.message = s.message[:0]
		if s.step == 1 { // the POST of the connect packet goes over the same connection
			s.step = 2
			c.Write(post(s, p.path(s), p.connect(s)))
		} else {
			c.Write(get(s, p.path(s)))
			s.here()
		}
		return err
	})
}

func (SocketIO) path(s *Session) string { return engine + "polling&sid=" + s.ticket }

// connect is the packet that enters the namespace, or comes back to it.
func (SocketIO) connect(s *Session) string {
	if s.id != "" && s.offset != "" {
		return `40{"pid":"` + s.id + `","offset":"` + s.offset + `"}`
	}
	return "40"
}

func (p SocketIO) up(s *Session, packet string) {
	if p.Polling {
		s.pool.send(post(s, p.path(s), packet))
	} else {
		s.send(packet)
	}
}

func (p SocketIO) message(s *Session, b []byte) error {
	switch m := string(b[:min(2, len(b))]); {
	case strings.HasPrefix(m, "0"):
		s.ticket = field(b, `"sid":"`)
		s.step = 1
		if !p.Polling {
			p.up(s, p.connect(s))
		}
	case m == "2":
		p.up(s, "3")
	case m == "40":
		if pid := field(b, `"pid":"`); pid != "" {
			s.id = pid
		}
		if !p.Polling {
			s.here()
		}
	case m == "42" || m == "43":
		s.one(b)
		if i := bytes.LastIndex(b, []byte(`","`)); i > 0 && s.id != "" {
			s.offset = string(bytes.TrimSuffix(b[i+3:], []byte(`"]`)))
		}
		if !p.Polling {
			s.here()
		}
	default:
		return fmt.Errorf("packet %q", b)
	}
	return nil
}
