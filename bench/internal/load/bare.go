//go:build linux

package load

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/everwire/everwire/bench/internal/wire"
)

// TCP is lines both ways, without a handshake.
type TCP struct{}

func (TCP) open(s *Session)                                { s.dial(nil) }
func (TCP) say(s *Session, _ int, text string, typed bool) { s.conn.Write([]byte(text + "\n")) }
func (TCP) answer(_ int, text string, _ bool) string       { return text }

func (TCP) read(s *Session, _ *Conn, b []byte) (int, error) {
	end := bytes.LastIndexByte(b, '\n') + 1
	if end > 0 {
		s.texts(b[:end])
		s.here()
	}
	return end, nil
}

// Socket is a bare WebSocket: every message is an event, or several with line feeds between.
type Socket struct{ Path string }

func (p Socket) open(s *Session)                          { s.dial(upgrade(p.Path, s.crowd.addr, "")) }
func (Socket) opened(*Session)                            {}
func (Socket) say(s *Session, _ int, text string, _ bool) { s.send(text) }
func (Socket) answer(_ int, text string, _ bool) string   { return text }

func (p Socket) read(s *Session, c *Conn, b []byte) (int, error) { return readSocket(p, s, c, b) }

func (Socket) message(s *Session, b []byte) error {
	s.texts(b)
	s.here()
	return nil
}

// get is a GET request on a connection that is kept.
func get(s *Session, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + s.crowd.addr + "\r\n\r\n")
}

// post is a POST request, as a browser's simple one.
func post(s *Session, path, body string) []byte {
	return []byte("POST " + path + " HTTP/1.1\r\nHost: " + s.crowd.addr +
		"\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// answers reads HTTP answers: body is called with every piece, end at the end of each answer.
func answers(r *wire.Response, c *Conn, b []byte, body func([]byte), end func(status int) error) (int, error) {
	used := 0
	for {
		what, data, n, err := r.Next(b[used:])
		if err != nil {
			return used, err
		}
		used += n
		switch what {
		case wire.None:
			return used, nil
		case wire.Head:
			if r.Status >= 400 {
				return used, fmt.Errorf("status %d: %.200q", r.Status, b[used:])
			}
		case wire.Body:
			body(data)
		case wire.End:
			if err := end(r.Status); err != nil || c.fd < 0 {
				return used, err
			}
		}
	}
}

// Stream is an event stream over a bare handler.
type Stream struct{ Path string }

func (p Stream) open(s *Session)                       { s.dial(get(s, fmt.Sprintf("%s?id=%p", p.Path, s))) }
func (Stream) say(s *Session, _ int, _ string, _ bool) { s.fail(errNoWayUp) }
func (Stream) answer(_ int, _ string, _ bool) string   { return "" }
func (Stream) read(s *Session, c *Conn, b []byte) (int, error) {
	return answers(&s.http, c, b, func(d []byte) { s.lines.Feed(d, s.line) }, streamEnded)
}

// line takes a line of the stream.
func (s *Session) line(line []byte) {
	if len(line) > 0 {
		s.texts(bytes.TrimPrefix(line, []byte("data: ")))
		s.here()
	}
}

var errNoWayUp = fmt.Errorf("no way up")

func streamEnded(status int) error { return fmt.Errorf("the stream ended (status %d)", status) }

// Poll is a long-poll on a bare handler: the next one goes out as soon as one is answered.
type Poll struct {
	Path  string
	Keeps bool // it is a POST that says how many events came
}

func (p Poll) open(s *Session)                       { s.dial(p.request(s)) }
func (Poll) say(s *Session, _ int, _ string, _ bool) { s.fail(errNoWayUp) }
func (Poll) answer(_ int, _ string, _ bool) string   { return "" }
func (p Poll) request(s *Session) []byte {
	if p.Keeps {
		return post(s, p.Path, fmt.Sprintf(`{"id":"%p","got":%d}`, s, s.got))
	}
	return get(s, fmt.Sprintf("%s?id=%p", p.Path, s))
}

func (p Poll) line(s *Session, line []byte) {
	if p.Keeps && bytes.HasPrefix(line, []byte(`{"seq":`)) {
		return
	}
	s.got++
	s.texts(line)
}

func (p Poll) read(s *Session, c *Conn, b []byte) (int, error) {
	return answers(&s.http, c, b, func(d []byte) { s.lines.Feed(d, func(line []byte) { p.line(s, line) }) }, func(int) error {
		c.Write(p.request(s))
		s.here()
		return nil
	})
}
