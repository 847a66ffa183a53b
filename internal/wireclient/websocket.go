package wireclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everwire/everwire/transport"
)

// A socket is the WebSocket of a leg. One goroutine reads, one writes.
type socket struct {
	l    *leg
	c    *Client
	conn *websocket.Conn

	// Guarded by c.mu.
	cnt      counter
	hello    bool   // a hello is to be written
	lines    bool   // the hello takes several frames in a message
	greeted  bool   // a hello is written and not refused
	welcomed bool   // ... and welcomed
	got      uint64 // of that hello
	wrote    uint64 // number of the last frame written behind it
	implied  uint64 // number that the server counts for the next
	ahead    int    // bytes that may still be written before the welcome
	proof    uint64 // token of a ping to write
}

// serveWebSocket carries the session by a WebSocket.
func (l *leg) serveWebSocket() error {
	c := l.c
	ctx, cancel := context.WithTimeout(l.ctx, c.opt.Timeout)
	defer cancel()
	d := websocket.Dialer{NetDialContext: c.opt.Dial, Subprotocols: []string{"everwire.1"}}
	conn, _, err := d.DialContext(ctx, c.wsURL(), c.opt.Header)
	if err != nil {
		return err
	}
	if conn.Subprotocol() != "everwire.1" {
		_ = conn.Close()
		return c.locked(func() error { return c.fault("the 101 chose the subprotocol %q", conn.Subprotocol()) })
	}
	stop := context.AfterFunc(l.ctx, func() { _ = conn.Close() })
	defer stop()
	s := &socket{l: l, c: c, conn: conn}
	written := make(chan struct{})
	defer func() {
		_ = conn.Close()
		l.cancel(errLeft) // the writer ends, too
		<-written
	}()
	proof := s.start()
	go func() { // ends with the leg
		defer close(written)
		s.write()
	}()
	if proof != nil {
		go s.prove(proof) // ends with the pong, its time, or the leg
	}
	return s.read()
}

// start decides whether the hello goes out at once or behind a proof.
func (s *socket) start() chan struct{} {
	prove := s.l.mustProve()
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if !prove {
		s.hello = true
		return nil
	}
	s.c.token++
	s.proof = s.c.token
	ch := make(chan struct{})
	s.c.pings[s.proof] = ch
	return ch
}

// prove waits for the pong that lets the leg attach.
func (s *socket) prove(pong <-chan struct{}) {
	t := time.NewTimer(2 * time.Second)
	defer t.Stop()
	select {
	case <-pong:
		s.c.mu.Lock()
		s.hello = true
		s.c.wake()
		s.c.mu.Unlock()
	case <-t.C:
		s.l.cancel(errProof)
	case <-s.l.ctx.Done():
	}
}

// read takes what comes in until the connection ends, and returns why.
func (s *socket) read() error {
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.patience()))
		kind, msg, err := s.conn.ReadMessage()
		if err != nil {
			return s.end(err)
		}
		if kind == websocket.BinaryMessage {
			f, err := transport.DecodeMessage(msg)
			if err != nil || s.c.opt.Text {
				return s.c.locked(func() error { return s.c.fault("a binary message that should not be: %.80q", msg) })
			}
			if err := s.take(f); err != nil {
				return err
			}
			continue
		}
		for line := range bytes.SplitSeq(msg, []byte("\n")) {
			f, err := transport.Decode(line)
			if err != nil || len(line) < len(msg) && !s.several() {
				return s.c.locked(func() error { return s.c.fault("a message that is no frame: %.80q", msg) })
			}
			if err := s.take(f); err != nil {
				return err
			}
		}
	}
}

// several reports whether several frames may come in a message.
func (s *socket) several() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.lines
}

// patience returns how long nothing may come.
func (s *socket) patience() time.Duration {
	s.c.mu.Lock()
	greeted := s.welcomed
	s.c.mu.Unlock()
	if !greeted {
		return s.c.opt.Timeout
	}
	return s.c.heartbeat()
}

// end returns why the connection ended.
func (s *socket) end(err error) error {
	if cause := context.Cause(s.l.ctx); cause != nil {
		return cause
	}
	var ce *websocket.CloseError
	if !errors.As(err, &ce) {
		return err
	}
	switch {
	case ce.Code == websocket.CloseNormalClosure:
		return errNormal
	case ce.Code >= 4000 && ce.Code < 5000:
		return &transport.CloseError{Code: transport.Code(ce.Code), Reason: ce.Text}
	case ce.Code == websocket.CloseAbnormalClosure:
		return io.ErrUnexpectedEOF
	}
	return s.c.locked(func() error { return s.c.fault("websocket closed with %d %q", ce.Code, ce.Text) })
}

func (s *socket) take(f *transport.Frame) error {
	c, l := s.c, s.l
	c.mu.Lock()
	pending := s.greeted && !s.welcomed
	n := l.n
	c.mu.Unlock()
	switch {
	case f.Kind == transport.KindWelcome && pending:
		return s.welcome(f, n)
	case f.Kind == transport.KindError && pending:
		return s.refused(asClose(f), n)
	}
	return c.receive(l, &s.cnt, f)
}

func (s *socket) welcome(f *transport.Frame, n uint64) error {
	cnt, err := s.l.streamWelcome(f, hello{Attach: n, Got: s.got})
	if err != nil {
		return err
	}
	s.c.mu.Lock()
	s.cnt, s.welcomed = *cnt, true
	s.c.wake()
	s.c.mu.Unlock()
	return nil
}

// refused deals with the refusal of a hello: the connection is again as before
// it, so another can follow (rule R8).
func (s *socket) refused(ce *transport.CloseError, n uint64) error {
	if ce.Code != transport.CodeConflict {
		return ce
	}
	s.c.mu.Lock()
	s.greeted = false
	s.c.mu.Unlock()
	if err := s.l.conflict(ce, n); err != nil {
		return err
	}
	s.c.mu.Lock()
	s.hello = true
	s.c.wake()
	s.c.mu.Unlock()
	return nil
}

// write writes what there is to write until the leg ends.
func (s *socket) write() {
	for {
		s.c.mu.Lock()
		ch := s.c.changed
		frames, wait := s.next()
		s.c.mu.Unlock()
		if s.l.ctx.Err() != nil {
			return
		}
		_ = s.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		for _, f := range frames {
			if s.writeFrame(f) != nil {
				return // the reader notices
			}
		}
		if len(frames) > 0 {
			continue
		}
		var timer <-chan time.Time
		if wait > 0 {
			t := time.NewTimer(wait)
			timer = t.C
			defer t.Stop()
		}
		select {
		case <-ch:
		case <-timer:
		case <-s.l.ctx.Done():
			return
		}
	}
}

func (s *socket) writeFrame(f *transport.Frame) error {
	kind, msg := websocket.TextMessage, f.Line()
	if data, binary := f.Message(); binary && !s.c.opt.Text {
		kind, msg = websocket.BinaryMessage, data
	}
	return s.conn.WriteMessage(kind, msg)
}

// aheadBytes are what may be sent before a welcome: at most 64 KiB (rule R5),
// one frame more or less. A client is free to send nothing.
var aheadBytes = []int{0, 0, 1 << 10, 64 << 10}

// next returns what is to be written now, or when to look again. With mu held.
func (s *socket) next() ([]*transport.Frame, time.Duration) {
	c, l := s.c, s.l
	var frames []*transport.Frame
	if s.proof != 0 {
		frames = append(frames, &transport.Frame{Kind: transport.KindPing, Token: s.proof})
		s.proof = 0
	}
	if s.hello {
		h, ok := l.attach()
		if !ok {
			l.cancel(errLeft)
			return nil, 0
		}
		h.Binary, h.Lines = flag(!c.opt.Text), flag(c.rand.IntN(2) == 0)
		s.lines = bool(h.Lines)
		frames = append(frames, h.frame())
		s.hello, s.greeted, s.welcomed, s.got = false, true, false, h.Got
		s.wrote, s.implied, s.ahead = c.out.conf, c.out.conf+1, aheadBytes[c.rand.IntN(len(aheadBytes))]
	}
	if !s.greeted || l.left {
		return frames, 0
	}
	frames = s.events(frames)
	if !s.welcomed {
		return frames, 0
	}
	if l.pong != nil {
		frames = append(frames, &transport.Frame{Kind: transport.KindPong, Num: c.in.got, Token: l.pong.Token})
		l.pong = nil
		c.in.said(c.in.got)
	}
	due, wait := c.in.due(64, 64<<10)
	if due {
		frames = append(frames, &transport.Frame{Kind: transport.KindConfirm, Num: c.in.got})
		c.in.said(c.in.got)
	}
	return frames, wait
}

// events appends the emits that may go out, marks where the server's count
// would be wrong (rule R6).
func (s *socket) events(frames []*transport.Frame) []*transport.Frame {
	c := s.c
	s.wrote = max(s.wrote, c.out.conf)
	for s.wrote < c.out.last() && len(frames) < 256 {
		if !s.welcomed && s.ahead <= 0 {
			break
		}
		s.wrote++
		f := c.out.get(s.wrote)
		if s.implied != s.wrote {
			frames = append(frames, &transport.Frame{Kind: transport.KindMark, Num: s.wrote})
		}
		s.implied = s.wrote + 1
		s.ahead -= len(f.Line())
		frames = append(frames, f)
	}
	if len(c.out.volatile) > 0 && s.welcomed {
		frames = append(frames, c.out.volatile...)
		c.out.volatile = nil
	}
	return frames
}
