package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/everwire/everwire/transport"
)

// maxCalls bounds the calls of one session that wait for an answer.
const maxCalls = 1024

// ErrTooManyCalls is returned by Call where 1,024 calls to the session wait for
// their answers.
var ErrTooManyCalls = errors.New("everwire: too many calls wait for an answer")

// A call waits for the client's ack.
type call struct {
	seq    uint64      // number of its frame
	answer chan answer // takes one without a receiver
}

type answer struct {
	frame *transport.Frame
	err   error
}

// Call emits an event and waits for the client's ack, which it decodes into
// answer, a pointer, or nil to leave it aside. Without a deadline in ctx
// Options.CallTimeout holds.
//
// The error is a *Refusal where the client refused; that of decoding where its
// answer does not fit into answer; ctx's error where nothing came in time, which
// does not take the event back; that of Emit; ErrTooManyCalls; or a
// *transport.CloseError where the session ended first. Call may be used in a
// handler of the same session: acks do not wait behind handlers. (They do wait
// behind events that a full inbound queue keeps from being read: more than 1,024
// that the client has emitted before it.)
func (s *Session) Call(ctx context.Context, name string, payload, answer any) error {
	if err := transport.CheckName(name); err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.server.opts.CallTimeout)
		defer cancel()
	}
	// Counted over all sessions, so that a call to many could have one frame.
	id := s.server.callID.Add(1)
	f, err := newFrame(transport.NewOwned, transport.KindCall, transport.KindCallBytes, id, name, payload, s.server.opts.FrameBytes)
	if err != nil {
		return err
	}
	c, err := s.startCall(f)
	if err != nil {
		return err
	}
	select {
	case a := <-c.answer:
		return a.decode(answer)
	case <-ctx.Done():
		s.mu.Lock()
		delete(s.calls, id)
		s.mu.Unlock()
		return fmt.Errorf("everwire: no answer to %q: %w", name, ctx.Err())
	}
}

func (s *Session) startCall(f *transport.Frame) (*call, error) {
	s.mu.Lock()
	if len(s.calls) >= maxCalls {
		s.mu.Unlock()
		return nil, ErrTooManyCalls
	}
	err := s.push(f, false)
	if err != nil {
		s.mu.Unlock()
		if err == transport.ErrOverflow {
			s.cleanup()
		}
		return nil, err
	}
	c := &call{seq: s.down.last(), answer: make(chan answer, 1)}
	if s.calls == nil {
		s.calls = make(map[uint64]*call)
	}
	s.calls[f.Num] = c
	s.relieve() // the answer has to be read, whoever waits for it
	s.mu.Unlock()
	return c, nil
}

// answered hands an ack to the call that waits for it; one that nobody waits
// for any more is dropped. It confirms the call and all before it (R3). s.mu is
// held.
func (s *Session) answered(f *transport.Frame) {
	c := s.calls[f.Num]
	if c == nil {
		return
	}
	delete(s.calls, f.Num)
	c.answer <- answer{frame: f}
	_ = s.confirm(c.seq) // it has been sent, so it cannot be too high
}

func (a answer) decode(into any) error {
	switch {
	case a.err != nil:
		return a.err
	case a.frame.Kind == transport.KindRefusal:
		return &Refusal{a.frame.Name, a.frame.Text}
	case into == nil:
		return nil
	}
	if err := decodePayload(a.frame, into); err != nil {
		return fmt.Errorf("everwire: the answer cannot be decoded: %w", err)
	}
	return nil
}
