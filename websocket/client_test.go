package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/leak"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestTransport(t *testing.T) {
	for _, tt := range []struct {
		name string
		new  func() transport.Transport
	}{
		{"plain", func() transport.Transport { return &websocket.Transport{} }},
		{"deflate", func() transport.Transport { return &websocket.Transport{Compression: true} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			transporttest.Run(t, transporttest.Subject{
				New:    tt.new,
				Dial:   dial,
				Holds:  true,
				Stream: true,
				Duplex: true,
			})
		})
	}
}

// dial upgrades and says the hello, which it does not wait to be answered.
func dial(ctx context.Context, s transporttest.Site, h transport.Hello, up ...*transport.Frame) (transporttest.Conn, error) {
	if s.HTTP2 { // no upgrade there (RFC 9113 section 8.6)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
		if err != nil {
			return nil, err
		}
		resp, err := s.Client.Do(req)
		if err != nil {
			return nil, err
		}
		return transporttest.Answer(resp), nil
	}
	d := gorilla.Dialer{NetDialContext: s.DialContext, Subprotocols: []string{websocket.Subprotocol}, EnableCompression: true}
	ws, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if errors.Is(err, gorilla.ErrBadHandshake) {
		return transporttest.Answer(resp), nil
	}
	if err != nil {
		return nil, err
	}
	c := &client{Conn: ws, resp: resp, binary: h.Binary, several: h.Lines}
	return c, c.Send(append([]*transport.Frame{transporttest.HelloFrame(h)}, up...)...)
}

// A client is the peer's end of a WebSocket.
type client struct {
	*gorilla.Conn
	resp    *http.Response
	binary  bool
	several bool     // the hello takes several frames in a message
	lines   [][]byte // of the last message, behind the first
}

func (c *client) Response() (*http.Response, error) { return c.resp, nil }

// Frame returns the next frame. A message holds one, or several if the hello
// takes that.
func (c *client) Frame() (*transport.Frame, error) {
	if len(c.lines) > 0 {
		line := c.lines[0]
		c.lines = c.lines[1:]
		return transport.Decode(line)
	}
	kind, msg, err := c.ReadMessage()
	var end *gorilla.CloseError
	switch {
	case errors.As(err, &end):
		return nil, &transport.CloseError{Code: transport.Code(end.Code), Reason: end.Text}
	case err != nil:
		return nil, err
	case kind == gorilla.BinaryMessage && !c.binary:
		return nil, errors.New("a binary message that the hello did not ask for")
	case kind == gorilla.BinaryMessage:
		return transport.DecodeMessage(msg)
	}
	lines := bytes.Split(msg, []byte("\n"))
	switch {
	case len(lines) > 1 && !c.several:
		return nil, errors.New("more than one line in a message")
	case len(lines) > 1 && len(msg) > 64<<10:
		return nil, errors.New("more than 64 KiB in a message of several frames")
	}
	c.lines = lines[1:]
	return transport.Decode(lines[0])
}

func (c *client) Send(frames ...*transport.Frame) error {
	for _, f := range frames {
		msg, binary := f.Line(), false
		if c.binary {
			msg, binary = f.Message()
		}
		kind := gorilla.TextMessage
		if binary {
			kind = gorilla.BinaryMessage
		}
		if err := c.WriteMessage(kind, msg); err != nil {
			return err
		}
	}
	return nil
}

var _ io.Closer = (*client)(nil)
