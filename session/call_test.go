package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
)

func TestCall(t *testing.T) {
	type question struct {
		Text string `json:"text"`
	}
	// ask calls and gives the answer or the error.
	ask := func(t *testing.T, c *conn, payload, into any, answer string) error {
		t.Helper()
		got := make(chan error, 1)
		s := c.p.session()
		go func() { got <- s.Call(t.Context(), "ask", payload, into) }()
		synctest.Wait()
		line := c.read()[0]
		f := frames(t, line)[0]
		if fault := c.write(strings.ReplaceAll(answer, "ID", fmt.Sprint(f.Num))); fault != "" {
			t.Errorf("the answer is at fault: %s", fault)
		}
		return <-got
	}
	bubble(t, "answers", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		var n int
		same(t, "error", ask(t, c, question{"?"}, &n, `[3,ID,42]`), nil)
		same(t, "answer", n, 42)
		var raw json.RawMessage
		same(t, "error", ask(t, c, nil, &raw, `[3,ID,{"a":[1]}]`), nil)
		same(t, "raw", string(raw), `{"a":[1]}`)
		var b []byte
		same(t, "error", ask(t, c, []byte{1}, &b, `[7,ID,"AQIE"]`), nil)
		same(t, "bytes", b, []byte{1, 2, 4})
		n = 7
		same(t, "error", ask(t, c, nil, &n, `[3,ID]`), nil)
		same(t, "no payload leaves it", n, 7)
		same(t, "nobody wants it", ask(t, c, nil, nil, `[3,ID,{"a":1}]`), nil)
	})
	bubble(t, "refusals and answers that do not fit", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		var no *session.Refusal
		err := ask(t, c, nil, nil, `[4,ID,"full","come back later"]`)
		if !errors.As(err, &no) || no.Code != "full" || no.Text != "come back later" {
			t.Errorf("got %v, want a refusal", err)
		}
		same(t, "text", fmt.Sprint(err), "everwire: refused: full: come back later")
		var n int
		if err := ask(t, c, nil, &n, `[3,ID,"x"]`); err == nil {
			t.Error("a string was taken for a number")
		}
		if err := ask(t, c, nil, &n, `[7,ID,"AQIE"]`); err == nil {
			t.Error("bytes were taken for a number")
		}
	})
	bubble(t, "ends with its context", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		err := p.session().Call(ctx, "ask", nil, nil)
		same(t, "error", errors.Is(err, context.DeadlineExceeded), true)
		same(t, "took", time.Since(start), 3*time.Second)
		c.reads(`[2,1,"ask"]`) // it is not taken back
		same(t, "late answer", c.write(`[3,1]`), "")
	})
	bubble(t, "ends with the session", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		s, got := p.session(), make(chan string, 2)
		for range 2 {
			go func() { got <- end(s.Call(t.Context(), "ask", nil, nil)) }()
		}
		synctest.Wait()
		c.write(`[9,4000,"bye"]`)
		synctest.Wait()
		same(t, "errors", collect(got), []string{"4000 bye", "4000 bye"})
	})
	bubble(t, "an answer into nil pointers", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		for _, tt := range []struct {
			into   any
			answer string
		}{
			{(*json.RawMessage)(nil), `[3,ID,1]`}, {(*[]byte)(nil), `[7,ID,"AQIE"]`}, {(*int)(nil), `[3,ID,1]`},
		} {
			var invalid *json.InvalidUnmarshalError
			if err := ask(t, c, nil, tt.into, tt.answer); !errors.As(err, &invalid) {
				t.Errorf("%T: got %v, want a *json.InvalidUnmarshalError", tt.into, err)
			}
		}
	})
	bubble(t, "1,024 wait at the most", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		s := p.session()
		for range 1024 {
			go func() { _ = s.Call(t.Context(), "ask", nil, nil) }() // ends with the session
		}
		synctest.Wait()
		same(t, "one more", s.Call(t.Context(), "ask", nil, nil), session.ErrTooManyCalls)
		same(t, "sent", len(c.read()), 1024)
		c.write(`[3,1]`)
		synctest.Wait()
		same(t, "when there is room", end(s.Call(t.Context(), "ask", nil, nil)), `everwire: no answer to "ask": context deadline exceeded`)
		same(t, "when all have given up", end(s.Call(t.Context(), "ask", nil, nil)), `everwire: no answer to "ask": context deadline exceeded`)
	})
	bubble(t, "an answer to nothing is ignored", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		_, c := open(t, rt, "websocket")
		same(t, "fault", c.write(`[3,99,1]`, `[4,98,"a","b"]`, `[7,97,"AQ=="]`, `[1,"say",1]`), "")
		app.tells(t, "connect", "say 1")
	})
	bubble(t, "an answer that comes twice is one", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		s, got := p.session(), make(chan int, 2)
		go func() { var n int; _ = s.Call(t.Context(), "ask", nil, &n); got <- n }()
		synctest.Wait()
		c.write(`[3,1,5]`, `[3,1,6]`)
		same(t, "answer", <-got, 5)
	})
	bubble(t, "works in a handler of the same session", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		session.Handle(rt, "double", func(s *session.Session, n int) (int, error) {
			var m int
			err := s.Call(t.Context(), "value", n, &m)
			return 2 * m, err
		})
		_, c := open(t, rt, "websocket")
		c.write(`[2,9,"double",1]`, `[1,"say",1]`)
		synctest.Wait()
		c.reads(`[2,1,"value",1]`)
		app.tells(t, "connect") // "say" waits for its turn, the answer does not
		c.write(`[3,1,21]`)
		synctest.Wait()
		c.reads(`[3,9,42]`)
		app.tells(t, "say 1")
	})
	bubble(t, "the ack of the last frame ends a session that was closed", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		s, got := p.session(), make(chan error, 1)
		go func() { got <- s.Call(t.Context(), "ask", nil, nil) }()
		synctest.Wait()
		s.Close(4000, "")
		c.write(`[3,1]`)
		same(t, "answer", end(<-got), "")
		c.write(`[26,2]`)
		app.tells(t, "connect", "disconnect 4000 ")
	})
}
