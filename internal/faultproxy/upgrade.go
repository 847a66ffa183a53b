package faultproxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// upgrade serves a WebSocket handshake and, if it succeeds, what follows. It returns when both directions have ended.
func (c *conn) upgrade(req *request, at string, pl *plan) {
	w := pl.webSocket()
	switch {
	case w.Refuse != 0:
		c.fail(at, "websocket.refuse", w.Refuse)
		return
	case w.Reset:
		c.fail(at, "websocket.reset", 0)
		return
	case w.Hang:
		c.fault(at, "websocket.hang")
		io.Copy(io.Discard, c.br) // ends when the client gives up or the connection is cut
		return
	}
	up, err := c.p.opts.Dial(c.ctx)
	if err != nil {
		c.refuse(at, http.StatusBadGateway)
		return
	}
	defer up.Close()
	br := bufio.NewReader(up)
	res, err := c.handshake(req, up, br, at)
	if err != nil {
		c.refuse(at, http.StatusBadGateway)
		return
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		c.answer(res, at)
		return
	}
	t := &tunnel{c: c, at: at, up: up, faults: w}
	if c.write(res.head, at) == nil {
		t.run(br)
	}
}

func (c *conn) handshake(req *request, up net.Conn, br *bufio.Reader, at string) (*response, error) {
	stop := context.AfterFunc(c.gone, func() { up.Close() })
	defer stop()
	if _, err := up.Write(req.raw); err != nil {
		return nil, err
	}
	res, err := readResponse(br, req.Request, func(head []byte) error { return c.write(head, at) })
	if err == nil {
		c.p.trace(Event{Conn: c.id, What: "answer", Endpoint: at, Detail: res.Status})
	}
	return res, err
}

// tunnel is an upgraded connection.
type tunnel struct {
	c      *conn
	at     string
	up     net.Conn
	faults WebSocket

	silent atomic.Bool
	bytes  atomic.Int64
}

// run copies both ways until both directions have ended, or the connection is cut.
func (t *tunnel) run(br *bufio.Reader) {
	stop := context.AfterFunc(t.c.ctx, func() { t.up.Close() })
	defer stop()
	if t.faults.Silent {
		t.hush()
	}
	for _, timer := range []*time.Timer{
		after(t.faults.SilentAfter, t.hush),
		after(t.faults.ResetAfter, t.kill),
	} {
		if timer != nil {
			defer timer.Stop()
		}
	}
	var both sync.WaitGroup
	both.Go(t.upward)
	t.downward(br)
	both.Wait()
}

// upward copies from the client to the server. It ends when the client closes; then the server is told, unless a
// silent tunnel swallows the news.
func (t *tunnel) upward() {
	buf := make([]byte, chunkBytes)
	for {
		n, err := t.c.br.Read(buf)
		t.c.p.book.endpoint(t.at, func(c *Count) { c.UpBytes += int64(n) })
		if n > 0 && t.passes(n) {
			t.up.Write(buf[:n]) // a server that is gone shows in downward
		}
		if err != nil {
			if !t.silent.Load() {
				t.up.Close()
			}
			return
		}
	}
}

// downward copies from the server to the client. It ends when the server closes; then the client's connection ends
// behind what is queued, unless a silent tunnel swallows the news.
func (t *tunnel) downward(br *bufio.Reader) {
	for {
		buf := make([]byte, chunkBytes)
		n, err := br.Read(buf)
		if n > 0 && t.passes(n) {
			t.c.write(buf[:n], t.at)
		}
		if err != nil {
			if !t.silent.Load() {
				t.c.finish()
			}
			return
		}
	}
}

// passes counts n bytes and reports whether they go through.
func (t *tunnel) passes(n int) bool {
	if t.c.p.plan.Load().silencing() {
		t.hush()
	}
	if limit := t.faults.ResetAfterBytes; t.bytes.Add(int64(n)) >= limit && limit > 0 {
		t.kill()
		return false
	}
	return !t.silent.Load()
}

func (t *tunnel) hush() {
	if !t.silent.Swap(true) {
		t.c.fault(t.at, "websocket.silent")
	}
}

func (t *tunnel) kill() {
	if t.c.ctx.Err() == nil {
		t.c.fault(t.at, "websocket.reset-after")
		t.c.reset()
	}
}

func after(m Millis, f func()) *time.Timer {
	if m == 0 {
		return nil
	}
	return time.AfterFunc(m.Duration(), f)
}
