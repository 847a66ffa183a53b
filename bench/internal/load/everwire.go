//go:build linux

package load

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/everwire/everwire/bench/internal/wire"
)

// Everwire speaks the protocol of PROTOCOL.md over one of its transports. It confirms no more often and no more rarely
// than section 11.4 says, and answers pings.
type Everwire struct{ Transport string }

// When a client confirms: frames, and the time since the first that is not confirmed.
const (
	confirmSocket = 64
	confirmStream = 256
	confirmAfter  = 10 * time.Second
)

func (p Everwire) open(s *Session) {
	s.step = 0
	s.n++
	if p.Transport == "websocket" {
		s.dial(upgrade("/everwire/websocket", s.crowd.addr, "Sec-WebSocket-Protocol: everwire.1\r\n"))
		return
	}
	if s.pool == nil {
		s.pool = poolOf(s.crowd)
	}
	switch {
	case s.id == "":
		s.dial(post(s, "/everwire/polling", p.hello(s, `,"ticket":1`)))
	case p.Transport == "sse" && s.ticket != "":
		s.step = 1
		s.dial(p.stream(s))
	default:
		s.step = 1
		s.dial(post(s, "/everwire/longpoll", p.hello(s, "")))
	}
}

// hello opens the session or attaches to it.
func (p Everwire) hello(s *Session, more string) string {
	s.told, s.since = s.got, time.Time{}
	if p.Transport == "websocket" {
		more += `,"lines":1`
	}
	if s.id == "" {
		return fmt.Sprintf(`[20,{"v":1,"key":"bench-%d-%018d","n":%d%s}]`+"\n", s.Began.UnixNano(), s.number(), s.n, more)
	}
	return fmt.Sprintf(`[20,{"id":"%s","n":%d,"got":%d%s}]`+"\n", s.id, s.n, s.got, more)
}

// number tells sessions that began at once apart.
func (s *Session) number() int {
	s.crowd.keys++
	return s.crowd.keys
}

func (Everwire) stream(s *Session) []byte {
	s.told, s.since = s.got, time.Time{}
	t := s.ticket
	s.ticket = ""
	return get(s, "/everwire/sse?t="+t+"&n="+strconv.Itoa(s.n)+"&got="+strconv.Itoa(s.got))
}

func (p Everwire) opened(s *Session) { s.send(strings.TrimSuffix(p.hello(s, ""), "\n")) }

func (p Everwire) say(s *Session, n int, text string, typed bool) {
	if typed {
		s.send(`[2,` + strconv.Itoa(n) + `,"typed",` + text + `]`)
	} else {
		s.send(`[2,` + strconv.Itoa(n) + `,"raw","` + text + `"]`)
	}
}

func (Everwire) answer(n int, text string, typed bool) string {
	if typed {
		return `[3,` + strconv.Itoa(n) + `,` + text + `]`
	}
	return `[3,` + strconv.Itoa(n) + `,"` + text + `"]`
}

func (p Everwire) read(s *Session, c *Conn, b []byte) (int, error) {
	if p.Transport == "websocket" {
		return readSocket(p, s, c, b)
	}
	return answers(&s.http, c, b, func(d []byte) { s.lines.Feed(d, func(line []byte) { p.body(s, line) }) }, func(int) error {
		return p.answered(s, c)
	})
}

// answered goes on when an HTTP answer is over.
func (p Everwire) answered(s *Session, c *Conn) error {
	switch {
	case p.Transport == "sse" && s.step == 0:
		s.step = 1
		s.n++
		c.Write(p.stream(s))
	case p.Transport == "sse":
		return streamEnded(s.http.Status)
	case s.step == 0 && p.Transport == "polling":
		s.here()
	default: // longpoll
		s.step = 1
		s.n++
		c.Write(post(s, "/everwire/longpoll", p.hello(s, "")))
		s.here()
	}
	return nil
}

// body takes a line of an HTTP body.
func (p Everwire) body(s *Session, line []byte) {
	if s.step == 1 && p.Transport == "sse" {
		line = bytes.TrimPrefix(line, []byte("data:"))
	}
	if len(line) == 0 {
		return
	}
	if err := p.frame(s, line); err != nil {
		s.fail(err)
	}
	if s.step == 1 && p.Transport == "sse" {
		s.here()
	}
}

// message takes a text message of a WebSocket: a frame, or several, one a line.
func (p Everwire) message(s *Session, b []byte) error {
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if err := p.frame(s, line); err != nil {
			return err
		}
	}
	s.here()
	return nil
}

var errFrame = fmt.Errorf("not a frame")

func (p Everwire) frame(s *Session, line []byte) error {
	kind, at := 0, 1
	for ; at < len(line) && line[at] >= '0' && line[at] <= '9'; at++ {
		kind = kind*10 + int(line[at]-'0')
	}
	switch {
	case kind == 21:
		p.welcome(s, line)
	case kind == 22 || kind == 9:
		return fmt.Errorf("%s", line)
	case kind == 24:
		p.confirm(s, fmt.Sprintf("[25,%d]", s.got))
	case kind > 0 && kind < 20:
		s.got++
		if s.since.IsZero() {
			s.since = time.Now()
		}
		s.one(line)
		limit := confirmSocket
		if p.Transport != "websocket" {
			limit = confirmStream
		}
		if s.got-s.told >= limit && p.Transport != "longpoll" {
			p.confirm(s, fmt.Sprintf("[26,%d]", s.got))
		}
	case at == 1:
		return errFrame
	}
	return nil
}

func (p Everwire) welcome(s *Session, line []byte) {
	if id := field(line, `"id":"`); id != "" {
		s.id = id
	}
	if t := field(line, `"ticket":"`); t != "" {
		s.ticket = t
	}
	if seq, err := strconv.Atoi(field(line, `"seq":`)); err == nil && seq != s.got+1 {
		s.fail(fmt.Errorf("the welcome begins at %d after %d", seq, s.got))
	}
	if s.id == "" {
		s.fail(fmt.Errorf("a welcome without id: %s", line))
	}
}

// confirm sends a confirm or a pong: on the WebSocket, or as a send over a connection of the pool.
func (p Everwire) confirm(s *Session, frame string) {
	s.told, s.since = s.got, time.Time{}
	if p.Transport == "websocket" {
		s.send(frame)
		return
	}
	s.r++
	body := fmt.Sprintf(`[20,{"id":"%s","r":%d,"got":%d}]`+"\n%s\n", s.id, s.r, s.got, frame)
	s.pool.send(post(s, "/everwire/send", body))
}

func (p Everwire) tick(s *Session, now time.Time) {
	if s.Ready && p.Transport != "longpoll" && !s.since.IsZero() && now.Sub(s.since) > confirmAfter {
		p.confirm(s, fmt.Sprintf("[26,%d]", s.got))
	}
}

// field returns what stands behind key in a line of JSON, up to the next quote, comma or bracket.
func field(line []byte, key string) string {
	i := bytes.LastIndex(line, []byte(key))
	if i < 0 {
		return ""
	}
	v := line[i+len(key):]
	if j := bytes.IndexAny(v, `",}]`); j >= 0 {
		v = v[:j]
	}
	return string(v)
}

// A pool is a few connections over which the sessions of a crowd send their POSTs, as a browser does beside the one
// that carries events.
type pool struct {
	crowd *Crowd
	idle  []*poolConn
	queue [][]byte
	all   int
}

type poolConn struct {
	pool    *pool
	conn    *Conn
	http    wire.Response
	request []byte // the one that is under way
	again   bool   // it is the second try
}

const poolSize = 16

func poolOf(c *Crowd) *pool {
	if c.pool == nil {
		c.pool = &pool{crowd: c}
	}
	return c.pool
}

func (p *pool) send(request []byte) { p.try(request, false) }

func (p *pool) try(request []byte, again bool) {
	if len(p.idle) > 0 {
		pc := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		pc.request, pc.again = request, again
		pc.conn.Write(request)
		return
	}
	if p.all < poolSize {
		pc := &poolConn{pool: p, request: request, again: again}
		conn, err := p.crowd.Loop.Dial(p.crowd.addr, pc, bytes.Clone(request))
		if err != nil {
			p.crowd.Sessions[0].fail(err)
			return
		}
		pc.conn = conn
		p.all++
		return
	}
	p.queue = append(p.queue, request)
}

func (pc *poolConn) read(c *Conn, b []byte) (int, error) {
	return answers(&pc.http, c, b, func([]byte) {}, func(int) error {
		p := pc.pool
		pc.request, pc.again = nil, false
		if len(p.queue) > 0 {
			pc.request = p.queue[0]
			p.queue = p.queue[1:]
			c.Write(pc.request)
		} else {
			p.idle = append(p.idle, pc)
		}
		return nil
	})
}

// ended takes a connection out. Servers close those that were idle for some seconds; a request that met such an end goes
// out once more, as browsers do it.
func (pc *poolConn) ended(_ *Conn, err error) {
	p := pc.pool
	p.all--
	p.idle = slices.DeleteFunc(p.idle, func(o *poolConn) bool { return o == pc })
	switch {
	case pc.request == nil:
	case pc.again:
		p.crowd.Sessions[0].fail(fmt.Errorf("a send: %w", err))
	default:
		p.try(pc.request, true)
	}
}
