package sse_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/everwire/everwire/internal/leak"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestTransport(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New:    func() transport.Transport { return &sse.Transport{} },
		Dial:   dial,
		Holds:  true,
		Stream: true,
	})
}

// dial asks for a stream as an EventSource does.
func dial(ctx context.Context, s transporttest.Site, h transport.Hello, _ ...*transport.Frame) (transporttest.Conn, error) {
	url := fmt.Sprintf("%s?t=%s&n=%d&got=%d", s.URL, h.Ticket, h.Attach, h.Got)
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := s.Client.Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer cancel()
		return transporttest.Answer(resp), nil
	}
	return &eventSource{resp: resp, cancel: cancel, lines: bufio.NewReader(resp.Body)}, nil
}

// An eventSource reads a stream by the rules of WHATWG HTML section 9.2.6, as
// far as PROTOCOL.md section 9.4 needs them.
type eventSource struct {
	resp   *http.Response
	cancel context.CancelFunc
	lines  *bufio.Reader
	event  []string // frames of an event that has been dispatched
}

func (c *eventSource) Response() (*http.Response, error) { return c.resp, nil }

func (c *eventSource) Frame() (*transport.Frame, error) {
	for len(c.event) == 0 {
		event, err := readEvent(c.lines)
		if err != nil {
			return nil, err
		}
		c.event = event
	}
	line := c.event[0]
	c.event = c.event[1:]
	return transport.Decode([]byte(line))
}

// readEvent returns the data lines of the next event. An event that is cut is
// lost with the error.
func readEvent(r *bufio.Reader) (data []string, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSuffix(line, "\n")
		switch value, ok := strings.CutPrefix(line, "data:"); {
		case ok:
			data = append(data, value)
		case line == "" && data != nil:
			return data, nil
		case line != "" && line[0] != ':':
			return nil, fmt.Errorf("a line that the protocol does not have: %q", line)
		}
	}
}

func (c *eventSource) Send(...*transport.Frame) error {
	return errors.New("no frames go up a stream of events")
}

func (c *eventSource) Close() error {
	c.cancel()
	return c.resp.Body.Close()
}
