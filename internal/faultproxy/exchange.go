package faultproxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// next serves one request and reports whether another may follow on the connection.
func (c *conn) next() bool {
	before := c.taken - int64(c.br.Buffered())
	req, err := readRequest(c.br)
	if err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, io.ErrUnexpectedEOF) {
			c.write(closing(plainAnswer(http.StatusBadRequest)), Other)
		}
		return false
	}
	at := c.p.endpoint(req.URL.Path)
	up := c.taken - int64(c.br.Buffered()) - before
	c.begin(at, req, up)
	defer c.p.trace(Event{Conn: c.id, What: "done", Endpoint: at})
	defer c.p.book.endpoint(at, func(n *Count) { n.Open-- })
	return c.serve(req, at, c.p.plan.Load())
}

func (c *conn) begin(at string, req *request, up int64) {
	c.serving.Store(at)
	first := !c.carried[at]
	c.carried[at] = true
	c.p.book.endpoint(at, func(n *Count) {
		n.Requests++
		n.Open++
		n.UpBytes += up
		if first {
			n.Connections++
		}
	})
	c.p.trace(Event{Conn: c.id, What: "request", Endpoint: at, Detail: req.Method + " " + req.URL.Path})
}

func (c *conn) serve(req *request, at string, pl *plan) bool {
	switch {
	case pl.Down:
		return c.fail(at, "down", 0)
	case req.Header.Get("Expect") != "":
		return c.fail(at, "expect", http.StatusExpectationFailed)
	case strings.EqualFold(req.Header.Get("Upgrade"), "websocket"):
		c.upgrade(req, at, pl)
		return false
	}
	d := pl.drop(at)
	if d.When != "" {
		c.fault(at, "drop."+string(d.When))
	}
	switch d.When {
	case Before:
		return c.refuse(at, d.Status)
	case TwiceLast:
		if c.waste(req) != nil {
			return c.refuse(at, http.StatusBadGateway)
		}
	}
	return c.relay(req, at, pl, d)
}

// fail notes a fault and ends the request as refuse does.
func (c *conn) fail(at, name string, code int) bool {
	c.fault(at, name)
	return c.refuse(at, code)
}

// refuse answers with code, or resets the connection if it is 0. The connection is of no more use either way.
func (c *conn) refuse(at string, code int) bool {
	if code == 0 {
		c.reset()
		return false
	}
	c.write(closing(plainAnswer(code)), at)
	return false
}

// send opens an upstream connection for req and writes req to it. The caller closes it; it closes by itself when the
// client goes.
func (c *conn) send(req *request) (up net.Conn, stop func(), err error) {
	up, err = c.p.opts.Dial(c.ctx)
	if err != nil {
		return nil, nil, err
	}
	unhook := context.AfterFunc(c.ctx, func() { up.Close() })
	if _, err := up.Write(req.raw); err != nil {
		unhook()
		up.Close()
		return nil, nil, err
	}
	leave := context.AfterFunc(c.gone, func() { up.Close() })
	return up, func() { unhook(); leave(); up.Close() }, nil
}

// waste sends req and reads its answer for nothing.
func (c *conn) waste(req *request) error {
	up, stop, err := c.send(req)
	if err != nil {
		return err
	}
	defer stop()
	res, err := readResponse(bufio.NewReader(up), req.Request, func([]byte) error { return nil })
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.body)
	return err
}

// relay passes req on and its answer back, with the drop d and the cuts of pl.
func (c *conn) relay(req *request, at string, pl *plan, d Drop) bool {
	up, stop, err := c.send(req)
	if err != nil {
		return c.refuse(at, http.StatusBadGateway)
	}
	defer stop()
	if d.When == Twice {
		c.p.wg.Go(func() { c.waste(req) }) // ends with its answer or with the connection
	}
	var cut atomic.Bool
	if pl.cuts(at) {
		t := time.AfterFunc(pl.Cut.After.Duration(), func() { cut.Store(true); up.Close() })
		defer t.Stop()
	}
	res, err := readResponse(bufio.NewReader(up), req.Request, func(head []byte) error { return c.write(head, at) })
	switch {
	case cut.Load():
		return c.cut(at, pl.Cut.Status)
	case err != nil && c.gone.Err() == nil:
		return c.refuse(at, http.StatusBadGateway)
	case err != nil:
		return false
	}
	switch d.When {
	case After:
		io.Copy(io.Discard, res.body) // the server has said all; nobody hears it
		return c.refuse(at, d.Status)
	case Head:
		if res.body == http.NoBody {
			return c.refuse(at, 0) // a head alone would be the whole answer
		}
		c.write(res.head, at)
		return false
	}
	c.p.trace(Event{Conn: c.id, What: "answer", Endpoint: at, Detail: res.Status})
	if err := c.answer(res, at); err != nil {
		if cut.Load() {
			c.fault(at, "cut")
		}
		return false
	}
	return !req.Close && !res.Close && !res.untilClose()
}

// cut ends a response before its head.
func (c *conn) cut(at string, code int) bool {
	c.fault(at, "cut")
	if code != 0 {
		return c.refuse(at, code)
	}
	return false
}

// answer passes a response on. An error means that it could not be passed whole: the connection must end.
func (c *conn) answer(res *response, at string) error {
	h := &holder{c: c, at: at, chunked: res.chunked()}
	h.stream = strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")
	if err := h.head(res.head); err != nil {
		return err
	}
	for {
		data := make([]byte, chunkBytes)
		n, err := res.body.Read(data)
		if n > 0 {
			if err := h.write(data[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return h.end()
		}
		if err != nil {
			h.flush() // what came before a break has come
			return err
		}
	}
}

// closing adds "Connection: close" to a whole response of the proxy's own.
func closing(answer []byte) []byte {
	s := strings.Replace(string(answer), "\r\n", "\r\nConnection: close\r\n", 1)
	return []byte(s)
}
