//go:build linux

package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/everwire/everwire/bench/control"
	"github.com/everwire/everwire/bench/internal/wire"
)

// A Protocol is how sessions of one kind of server are opened and spoken to. It keeps nothing of a session but what is
// in it.
type Protocol interface {
	// open begins a session, or resumes the one that s was before its connections were dropped.
	open(s *Session)
	// say sends the text that the server is to answer with, as request n of the session. typed asks for the handler that
	// decodes and encodes; text is an object then.
	say(s *Session, n int, text string, typed bool)
	// answer returns all that the server is to send for it, without what a frame or a line has around.
	answer(n int, text string, typed bool) string
}

// A Session is one session at a server, with all that its protocols keep.
type Session struct {
	Count wire.Count
	Ready bool // greeted, and able to get events
	Err   error
	Began time.Time // when the last open began
	First time.Duration

	crowd *Crowd
	conn  *Conn // the one that carries events
	id    string
	greet bool // the greeting came

	http  wire.Response
	lines wire.Lines
	pool  *pool

	// State of protocols that have more of it.
	step    int
	ticket  string
	n, r    int // attach and send numbers
	got     int // counted frames
	told    int // confirmed
	since   time.Time
	offset  string
	epoch   string
	message []byte // fragments of a WebSocket message

	asked time.Time // of the echo that is under way
	said  int
	want  string // the answer to what was said last; empty where events come
}

// A Crowd is all sessions of one server.
type Crowd struct {
	Loop     *Loop
	Sessions []*Session
	Echoes   []time.Duration

	protocol Protocol
	addr     string
	done     map[int]int // sessions that have event n
	complete int         // events that all sessions have
	ready    int
	echo     func(s *Session) // what a session does when its echo came
	swept    time.Time
	pool     *pool
	keys     int
}

// NewCrowd returns a crowd without sessions.
func NewCrowd(loop *Loop, p Protocol, addr string) *Crowd {
	return &Crowd{Loop: loop, protocol: p, addr: addr, done: make(map[int]int), swept: time.Now()}
}

// dial begins the connection that carries s.
func (s *Session) dial(first []byte) {
	c, err := s.crowd.Loop.Dial(s.crowd.addr, s.crowd.reader(s), first)
	if err != nil {
		s.fail(err)
		return
	}
	s.conn = c
}

func (c *Crowd) reader(s *Session) reader {
	if r, ok := c.protocol.(interface{ reader(*Session) reader }); ok {
		return r.reader(s)
	}
	return s
}

func (s *Session) fail(err error) {
	if s.Err == nil {
		s.Err = err
	}
}

// events takes a message with events in a format that has them in quotes, and returns how many there were.
func (s *Session) events(b []byte) int {
	if s.want != "" {
		s.answered(b)
		return 1
	}
	n, err := wire.Events(b, s.event)
	s.damaged(err)
	return n
}

// one takes a message that holds one event, or is an answer.
func (s *Session) one(b []byte) {
	if n := s.events(b); n != 1 && s.Err == nil {
		s.damaged(fmt.Errorf("%w: %d events in %.200q", wire.ErrDamaged, n, b))
	}
}

// texts takes lines that are an event each, without a format. The last one may lack its line feed.
func (s *Session) texts(b []byte) {
	for line := range bytes.SplitSeq(bytes.TrimSuffix(b, []byte{'\n'}), []byte{'\n'}) {
		if s.want != "" {
			s.answered(line)
			continue
		}
		n, err := wire.Text(line)
		if err != nil {
			s.damaged(err)
			return
		}
		s.event(n)
	}
}

func (s *Session) damaged(err error) {
	if err != nil {
		s.Count.Bad++
		s.fail(err)
	}
}

func (s *Session) event(n int) {
	if s.First == 0 {
		s.First = time.Since(s.Began)
	}
	if n == 0 {
		if s.greet {
			s.Count.Dup++
			s.fail(errors.New("a second greeting"))
		}
		s.greet = true
		return
	}
	if !s.due(n) {
		return
	}
	c := s.crowd
	c.done[n]++
	for c.done[c.complete+1] >= len(c.Sessions) {
		delete(c.done, c.complete+1)
		c.complete++
	}
}

// due counts event or answer n and reports whether it was the next one.
func (s *Session) due(n int) bool {
	last := s.Count.Last
	if !s.Count.Take(n) {
		s.fail(fmt.Errorf("event %d came after %d (%s)", n, last, s.Count.Faults()))
		return false
	}
	return true
}

// answered takes the answer to what was said, of which every byte must be as it should.
func (s *Session) answered(b []byte) {
	n, ok := control.Number(b[max(0, bytes.IndexByte(b, '#')):])
	if ok && !s.due(n) {
		return
	}
	if string(b) != s.want {
		s.damaged(fmt.Errorf("%w: %.300q is no answer, which is %q", wire.ErrDamaged, b, s.want))
		return
	}
	if s.crowd.echo != nil {
		s.crowd.echo(s)
	}
}

// here tells that the session can get events from now on.
func (s *Session) here() {
	if s.greet && !s.Ready {
		s.Ready = true
		s.crowd.ready++
	}
}

// ended is told of the end of a connection that carried the session.
func (s *Session) ended(_ *Conn, err error) {
	if errors.Is(err, io.EOF) {
		err = errors.New("the server closed the connection")
	}
	s.fail(err)
}

// read takes what is whole of b for protocols that do not bring a reader of their own.
func (s *Session) read(c *Conn, b []byte) (int, error) {
	return s.crowd.protocol.(interface {
		read(s *Session, c *Conn, b []byte) (int, error)
	}).read(s, c, b)
}

// ErrSlow is returned where the time for a job is over.
var ErrSlow = errors.New("load: not done in time")

// run polls until ok, with naps of 200 us where nap is set: a server should not pay for waking a client that in real
// life is on another machine.
func (c *Crowd) run(nap bool, limit time.Duration, ok func() bool) error {
	deadline := time.Now().Add(limit)
	for i := 0; !ok(); i++ {
		wait := 5 * time.Millisecond
		if nap {
			wait = 0
		}
		some, err := c.Loop.Poll(wait)
		if err != nil {
			return err
		}
		if !some && nap {
			time.Sleep(200 * time.Microsecond)
		}
		if i&63 == 0 || !some {
			now := time.Now()
			if now.After(deadline) {
				return fmt.Errorf("%w: %s", ErrSlow, c.state())
			}
			if err := c.err(); err != nil {
				return err
			}
			c.sweep(now)
		}
	}
	return c.err()
}

func (c *Crowd) state() string {
	ready := 0
	for _, s := range c.Sessions {
		if s.Ready {
			ready++
		}
	}
	sum := c.Count()
	return fmt.Sprintf("%d of %d sessions ready, %d events, %s, %d complete", ready, len(c.Sessions), sum.Got, sum.Faults(), c.complete)
}

func (c *Crowd) err() error {
	for i, s := range c.Sessions {
		if s.Err != nil {
			return fmt.Errorf("session %d: %w", i, s.Err)
		}
	}
	return nil
}

// sweep gives protocols their slow timers, once a second.
func (c *Crowd) sweep(now time.Time) {
	t, ok := c.protocol.(interface {
		tick(s *Session, now time.Time)
	})
	if !ok || now.Sub(c.swept) < time.Second {
		return
	}
	c.swept = now
	for _, s := range c.Sessions {
		t.tick(s, now)
	}
}

// Open opens n more sessions, at most some at a time, and returns when all have been greeted.
func (c *Crowd) Open(n, some int, limit time.Duration) error {
	want := len(c.Sessions) + n
	return c.run(false, limit, func() bool {
		for len(c.Sessions) < want && len(c.Sessions)-c.ready < some {
			s := &Session{crowd: c, Began: time.Now()}
			s.Count.Last = c.complete
			c.Sessions = append(c.Sessions, s)
			c.protocol.open(s)
		}
		return c.ready == want
	})
}

// Broadcast has the server send events, window of them under way at once, until every session has them.
func (c *Crowd) Broadcast(events, window int, send func(n int) error, limit time.Duration) error {
	begun, first := 0, c.complete
	var sendErr error
	err := c.run(true, limit, func() bool {
		room := window - (begun - (c.complete - first))
		if n := min(room, events-begun); n > 0 && sendErr == nil {
			begun += n
			sendErr = send(n)
		}
		return sendErr != nil || c.complete-first == events
	})
	return errors.Join(err, sendErr)
}

// Wait polls for a while.
func (c *Crowd) Wait(d time.Duration) error {
	end := time.Now().Add(d)
	return c.run(false, d+time.Minute, func() bool { return !time.Now().Before(end) })
}

// Rest has every session do at once what it does when nothing has come for a while: an idle session is one that has
// confirmed what it got.
func (c *Crowd) Rest() {
	c.sweep(time.Now().Add(time.Hour))
	c.swept = time.Now()
}

// Echo has every session make so many round trips, one at a time. Events that are not answers have no place behind it.
func (c *Crowd) Echo(each int, typed bool, text func(n int) string, limit time.Duration) error {
	left := len(c.Sessions)
	say := func(s *Session) {
		s.said++
		t := text(s.said)
		s.want = c.protocol.answer(s.said, t, typed)
		s.asked = time.Now()
		c.protocol.say(s, s.said, t, typed)
	}
	until := c.Sessions[0].said + each
	c.echo = func(s *Session) {
		c.Echoes = append(c.Echoes, time.Since(s.asked))
		if s.said == until {
			left--
			return
		}
		say(s)
	}
	defer func() { c.echo = nil }()
	for _, s := range c.Sessions {
		say(s)
	}
	return c.run(false, limit, func() bool { return left == 0 })
}

// Drop closes the connections of all sessions without a word.
func (c *Crowd) Drop() {
	for _, s := range c.Sessions {
		if s.conn != nil {
			s.conn.Close()
		}
	}
	c.ready = 0
}

// Resume opens all dropped sessions again, at once, and returns when each has every event up to target.
func (c *Crowd) Resume(target int, limit time.Duration) error {
	for _, s := range c.Sessions {
		s.Ready, s.First, s.Began = false, 0, time.Now()
		s.http, s.lines, s.message = wire.Response{}, wire.Lines{}, nil
		c.protocol.open(s)
	}
	return c.run(false, limit, func() bool { return c.complete >= target })
}

// Complete returns the number of the last event that all sessions have.
func (c *Crowd) Complete() int { return c.complete }

// Count sums up what all sessions have counted; Last is 0.
func (c *Crowd) Count() wire.Count {
	var sum wire.Count
	for _, s := range c.Sessions {
		sum.Add(s.Count)
	}
	return sum
}
