//go:build linux

package load

import (
	"bytes"
	"fmt"

	"github.com/everwire/everwire/bench/internal/wire"
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

func (SockJS) answer(_ int, text string, _ bool) string { return `a["` + text + `"]` }

func (p SockJS) read(s *Session, c *Conn, b []byte) (int, error) {
	switch p.Transport {
	case "websocket":
		return readSocket(p, s, c, b)
	case "eventsource":
		return answers(&s.http, c, b, func(d []byte) {
			s.lines.Feed(d, func(line []byte) { p.line(s, bytes.TrimPrefix(line, []byte("data: "))) })
		}, streamEnded)
	}
	return answers(&s.http, c, b, func(d []byte) { s.lines.Feed(d, func(line []byte) { p.line(s, line) }) }, func(int) error {
		c.Write(post(s, p.path(s), ""))
		s.here()
		return nil
	})
}

// busy is what sockjs-go answers to a poll that comes before it has put away the one it has just answered, as one may
// over loopback. The next poll goes out all the same.
var busy = []byte("c[2010,")

// line takes a line of an HTTP body. An event stream comes with empty ones, and some padding before the first.
func (p SockJS) line(s *Session, line []byte) {
	if len(bytes.TrimSpace(line)) == 0 || p.Transport == "xhr" && bytes.HasPrefix(line, busy) {
		return
	}
	if err := p.message(s, line); err != nil {
		s.fail(err)
	}
}

func (p SockJS) message(s *Session, b []byte) error {
	switch string(b[:min(1, len(b))]) {
	case "a":
		if s.events(b) == 0 && s.Err == nil {
			s.damaged(fmt.Errorf("%w: none in %.200q", wire.ErrDamaged, b))
		}
	case "o", "h":
	default: // c: closed
		return fmt.Errorf("%.200q", b)
	}
	if p.Transport != "xhr" { // here at the end of the answer
		s.here()
	}
	return nil
}
