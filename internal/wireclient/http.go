package wireclient

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/everwire/everwire/transport"
)

// A proxyError is an answer that does not come from the server: a gateway's, a
// portal's, a cache's.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("wireclient: status %d without a frame of the protocol", e.status)
}

// An answer is what came back to a POST.
type answer struct {
	empty   bool // 204
	welcome welcome
	frames  []*transport.Frame
}

// slowest is the speed, in bytes a second, at which a body may go without being
// taken for lost.
const slowest = 40_000

// post asks. The error is a *transport.CloseError, a *proxyError, or that of
// the network.
func (c *Client) post(ctx context.Context, path string, h hello, frames []*transport.Frame, timeout time.Duration) (*answer, error) {
	body := encode(h, frames)
	ctx, cancel := context.WithTimeout(ctx, timeout+time.Duration(len(body))*time.Second/slowest)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint(path), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	c.head(req.Header)
	req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	// A body that was cut still counts as far as its lines are whole.
	data, err := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusNoContent {
		return &answer{empty: true}, nil
	}
	return c.parse(h, resp, data, err)
}

func (c *Client) head(h http.Header) {
	for k, v := range c.opt.Header {
		h[k] = v
	}
}

// encode returns a request's body: the hello, the frames, each line ended.
func encode(h hello, frames []*transport.Frame) []byte {
	var b bytes.Buffer
	b.Write(h.frame().Line())
	b.WriteByte('\n')
	for _, f := range frames {
		b.Write(f.Line())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// parse reads the whole lines of an answer.
func (c *Client) parse(h hello, resp *http.Response, data []byte, cut error) (*answer, error) {
	var a *answer
	for {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if !whole {
			break
		}
		data = rest
		f, err := transport.Decode(line)
		if a == nil { // the first line
			if err != nil {
				return nil, &proxyError{resp.StatusCode}
			}
			if a, err = c.first(h, resp, f); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, c.locked(func() error { return c.fault("a frame in an answer that is none: %.80q", line) })
		}
		a.frames = append(a.frames, f)
	}
	if a == nil {
		if cut != nil {
			return nil, cut
		}
		return nil, &proxyError{resp.StatusCode}
	}
	return a, nil
}

// first reads the first frame of an answer: a welcome that echoes the request,
// or an error.
func (c *Client) first(h hello, resp *http.Response, f *transport.Frame) (*answer, error) {
	switch f.Kind {
	case transport.KindError:
		ce := asClose(f)
		// A held poll that is told of a normal end has no status for it.
		if want := int(ce.Code) - 4000; ce.Code != transport.CodeNormal && resp.StatusCode != want && !(c.opt.Flat && resp.StatusCode == http.StatusOK) {
			return nil, c.locked(func() error { return c.fault("status %d with the frame %s", resp.StatusCode, f.Line()) })
		}
		return nil, ce
	case transport.KindWelcome:
		a := &answer{}
		if err := decodeWelcome(f, &a.welcome); err != nil {
			return nil, c.locked(func() error { return c.fault("welcome: %v", err) })
		}
		if a.welcome.Attach != h.Attach || a.welcome.Send != h.Send {
			// Somebody else's answer: dropped, as if none had come.
			return nil, &proxyError{resp.StatusCode}
		}
		for _, want := range []string{"no-store", "no-transform"} {
			if !strings.Contains(resp.Header.Get("Cache-Control"), want) {
				return nil, c.locked(func() error { return c.fault("answer without Cache-Control %s", want) })
			}
		}
		return a, nil
	}
	return nil, &proxyError{resp.StatusCode}
}

// locked calls f with mu held.
func (c *Client) locked(f func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return f()
}
