package wireclient

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/everwire/everwire/transport"
)

// serveSSE carries the session by an SSE stream: the proof where it has to be,
// a ticket by a POST where there is none, then stream behind stream.
func (l *leg) serveSSE() error {
	c := l.c
	if l.mustProve() {
		if err := l.probe(); err != nil {
			return err
		}
	}
	for {
		c.mu.Lock()
		ticket := c.id != "" && c.ticket != "" && c.ticketFor == c.n
		c.mu.Unlock()
		if !ticket {
			if _, _, err := l.poll(Polling); err != nil {
				return err
			}
			l.yield()
			continue
		}
		err := l.stream()
		c.mu.Lock()
		rotate := l.rotate
		l.rotate = false
		c.mu.Unlock()
		if err != nil && !(rotate && errors.Is(err, io.EOF)) {
			return err
		}
	}
}

// probe asks for the proof that a stream gets through (PROTOCOL.md, endpoints).
func (l *leg) probe() error {
	ctx, cancel := context.WithTimeoutCause(l.ctx, 3*time.Second, errProof)
	defer cancel()
	resp, err := l.get(ctx, "")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	frames, err := newEvents(resp.Body).next()
	if err != nil {
		return err
	}
	if len(frames) != 1 || frames[0].Kind != transport.KindWelcome {
		return errProof
	}
	return nil
}

// get opens a stream. The error is a *transport.CloseError, a *proxyError, or
// that of the network.
func (l *leg) get(ctx context.Context, query string) (*http.Response, error) {
	c := l.c
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoint(SSE)+query, nil)
	if err != nil {
		return nil, err
	}
	c.head(req.Header)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp, nil
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	_, err = c.parse(hello{}, resp, data, err)
	if err == nil {
		err = &proxyError{resp.StatusCode}
	}
	return nil, err
}

// stream carries one SSE stream to its end. nil means: attach again at once.
func (l *leg) stream() error {
	c := l.c
	c.mu.Lock()
	ticket := c.ticket
	h, ok := l.attach()
	pad := c.fails > 0 // the second try
	c.ticket = ""
	c.mu.Unlock()
	if !ok {
		return errLeft
	}
	query := "?t=" + ticket + "&n=" + strconv.FormatUint(h.Attach, 10) + "&got=" + strconv.FormatUint(h.Got, 10)
	if pad {
		query += "&pad=1"
	}
	ctx, cancel := context.WithCancelCause(l.ctx)
	defer cancel(nil)
	alive := time.AfterFunc(c.opt.Timeout, func() { cancel(errSilent) })
	defer alive.Stop()
	resp, err := l.get(ctx, query)
	var ce *transport.CloseError
	if errors.As(err, &ce) && ce.Code == transport.CodeConflict {
		return l.conflict(ce, h.Attach)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	events := newEvents(resp.Body)
	var cnt *counter
	for {
		frames, err := events.next()
		if err != nil {
			return err
		}
		alive.Reset(c.heartbeat())
		for _, f := range frames {
			if cnt == nil {
				if cnt, err = l.streamWelcome(f, h); err != nil {
					return err
				}
				continue
			}
			if err := c.receive(l, cnt, f); err != nil {
				return err
			}
		}
	}
}

// streamWelcome takes the first frame of a stream.
func (l *leg) streamWelcome(f *transport.Frame, h hello) (*counter, error) {
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Kind == transport.KindError {
		return nil, asClose(f)
	}
	var w welcome
	if f.Kind != transport.KindWelcome || decodeWelcome(f, &w) != nil {
		return nil, c.fault("%s: the first frame is no welcome: %v", l.name, f)
	}
	if w.Seq == 0 {
		return nil, c.fault("%s: a stream's welcome without seq (2.2)", l.name)
	}
	if l.name == SSE && w.Ticket == "" {
		c.fault("%s: a welcome without the next ticket (2.4)", l.name)
	}
	if err := l.accept(&w, h.Attach); err != nil {
		return nil, err
	}
	c.in.said(h.Got)
	return &counter{next: w.Seq}, nil
}

// events reads an event stream (HTML, server-sent events, section 9.2.6), as
// far as this protocol needs it: the data lines of whole events.
type events struct{ r *bufio.Reader }

func newEvents(r io.Reader) *events { return &events{bufio.NewReader(r)} }

// next returns the frames of the next event; an event that was cut is never
// dispatched.
func (e *events) next() ([]*transport.Frame, error) {
	var frames []*transport.Frame
	for {
		line, err := e.r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		line = bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'})
		if len(line) == 0 {
			if len(frames) > 0 {
				return frames, nil
			}
			continue
		}
		data, ok := bytes.CutPrefix(line, []byte("data:"))
		if !ok {
			continue // a comment, or a field that is not used here
		}
		f, err := transport.Decode(bytes.TrimPrefix(data, []byte{' '}))
		if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
}
