package transporttest

import (
	"context"
	"encoding/json"
	"net"
	"net/http"

	"github.com/everwire/everwire/transport"
)

// A Site is where the transport under test is served.
type Site struct {
	// URL is the transport's endpoint, over plain HTTP.
	URL string

	// Client asks this site, whatever the host of the URL.
	Client *http.Client

	// HTTP2 says that the site speaks HTTP/2, and nothing else.
	HTTP2 bool

	// DialContext connects to this site, whatever the address.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

// A Dial begins an exchange with a transport: it says the hello with the frames
// up right behind it, where the transport carries frames up. It may return
// before the answer is there; a refusal is an answer, and no error. The
// exchange ends when ctx is done.
type Dial func(ctx context.Context, s Site, h transport.Hello, up ...*transport.Frame) (Conn, error)

// A Conn is the client's end of one exchange. It is used by one goroutine.
type Conn interface {
	// Response waits for the head of the answer and returns it; the body is
	// the Conn's.
	Response() (*http.Response, error)

	// Frame waits for the next frame: the welcome, an error, or one behind them.
	// At the end it returns io.EOF, or a *transport.CloseError where the
	// connection itself says why it ends, as the close frame of a WebSocket
	// does: Code is the close code. Other errors mean that it was cut.
	Frame() (*transport.Frame, error)

	// Send sends frames up a Duplex connection.
	Send(frames ...*transport.Frame) error

	// Close goes away without a word. Idempotent.
	Close() error
}

// HelloFrame returns the hello of a client as a frame. The fields that do not
// stand on the wire are left out.
func HelloFrame(h transport.Hello) *transport.Frame {
	fields := map[string]any{}
	number := func(name string, n uint64) {
		if n != 0 {
			fields[name] = n
		}
	}
	flag := func(name string, on bool) {
		if on {
			fields[name] = 1
		}
	}
	if h.Key != "" {
		fields["key"] = h.Key
	}
	if h.ID != "" {
		fields["id"] = h.ID
	}
	if h.Auth != nil {
		fields["auth"] = h.Auth
	}
	number("v", h.Version)
	number("n", h.Attach)
	number("r", h.Send)
	number("got", h.Got)
	number("seq", h.Seq)
	number("wait", h.Wait)
	flag("bin", h.Binary)
	flag("lines", h.Lines)
	flag("flat", h.Flat)
	flag("ticket", h.Renew)
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err) // Auth is no JSON: a fault of the test
	}
	return &transport.Frame{Kind: transport.KindHello, Data: data}
}
