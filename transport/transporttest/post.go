package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/everwire/everwire/transport"
)

// DialPost is the Dial of transports that answer one POST: a body with the
// hello and the frames up, and a body with what there is down (PROTOCOL.md
// section 9.1).
func DialPost(ctx context.Context, s Site, h transport.Hello, up ...*transport.Frame) (Conn, error) {
	body := append(HelloFrame(h).Line(), '\n')
	for _, f := range up {
		body = append(append(body, f.Line()...), '\n')
	}
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	c := &post{cancel: cancel, done: make(chan struct{})}
	go c.do(s.Client, req) // ends with the answer, or with ctx
	return c, nil
}

// Answer returns the Conn of an HTTP answer whose body has one frame a line: what
// a transport that does better than that refuses with.
func Answer(resp *http.Response) Conn {
	c := &post{cancel: func() {}, done: make(chan struct{}), resp: resp}
	c.read()
	close(c.done)
	return c
}

// A post is one POST and its answer.
type post struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when what follows is set

	resp *http.Response
	rest []byte // of the body
	err  error
}

func (c *post) do(client *http.Client, req *http.Request) {
	defer close(c.done)
	c.resp, c.err = client.Do(req)
	if c.err != nil {
		return
	}
	c.read()
}

func (c *post) read() {
	c.rest, c.err = io.ReadAll(c.resp.Body)
	_ = c.resp.Body.Close()
}

// Response waits for the answer.
func (c *post) Response() (*http.Response, error) {
	<-c.done
	return c.resp, c.err
}

// Frame returns the next line of the answer.
func (c *post) Frame() (*transport.Frame, error) {
	<-c.done
	if c.err != nil {
		return nil, c.err
	}
	if len(c.rest) == 0 {
		return nil, io.EOF
	}
	line, rest, whole := bytes.Cut(c.rest, []byte{'\n'})
	if !whole {
		return nil, fmt.Errorf("the answer was cut in %q", line)
	}
	c.rest = rest
	return transport.Decode(line)
}

// Send fails: the one request has been sent.
func (c *post) Send(...*transport.Frame) error {
	return errors.New("transporttest: a POST carries frames up in its body only")
}

// Close gives the request up.
func (c *post) Close() error {
	c.cancel()
	<-c.done
	return nil
}
