//go:build linux

package load

import (
	"bytes"
	"fmt"
)

// SockJS speaks SockJS 0.3.3 over "websocket", "eventsource" or "xhr" (a long-poll).
type SockJS struct{ Transport string }

func (p SockJS) path(s *Session) string {
	return fmt.Sprintf("/sock/%03d/%s/%s", s.step, s.id, p.Transport)
}

func (p SockJS) open(s *Session) {
	s.id = fmt.Sprintf("s%d-%d", s.number(), s.Began.UnixNano())
	switch p.Transport {
	case "websocket":
		s.dial(upgrade(p.path(s), s.crowd.addr, ""))
	case "eventsource":
		s.dial(get(s, p.path(s)))
	default:
		s.dial(post(s, p.path(s), ""))
	}
}

func (SockJS) opened(*Session) {}

func (SockJS) say(s *Session, _ int, text string, _ bool) { s.send(`["` + text + `"]`) }

func (p SockJS) read(s *Session, c *Conn, b []byte) (int, error) {
	switch p.Transport {
	case "websocket":
		return readSocket(p, s, c, b)
	case "eventsource":
		return answers(&s.http, c, b, func(d []byte) { s.lines.Feed(d, s.line) }, streamEnded)
	}
	return answers(&s.http, c, b, func(d []byte) { s.lines.Feed(d, s.events) }, func(int) error {
		c.Write(post(s, p.path(s), ""))
		s.here()
		return nil
	})
}

func (SockJS) message(s *Session, b []byte) error {
	if bytes.HasPrefix(b, []byte("c")) {
		return fmt.Errorf("%s", b)
	}
	s.events(b)
	s.here()
	return nil
}
