package faultnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ErrNetwork is what a client gets where the network fails at once.
var ErrNetwork = errors.New("faultnet: the network failed")

// An Exchange says what happens to an HTTP request and its answer. The zero
// value harms nothing.
type Exchange struct {
	// Before and After delay the request and the answer.
	Before, After time.Duration

	// LoseRequest: the server never sees it. LoseAnswer: the server has
	// handled it, the client never learns what it said.
	LoseRequest, LoseAnswer bool

	// Hang makes a loss a silence that lasts until the client gives up;
	// otherwise it is an error at once.
	Hang bool

	// Ghost lets the request live on when the client gives it up: it still
	// arrives, late if there was a delay, and the server does not notice that
	// nobody waits for the answer.
	Ghost bool

	// Twin sends the request a second time, so much later; TwinAnswers gives
	// the client the answer to the second instead of that to the first.
	Twin        bool
	TwinAfter   time.Duration
	TwinAnswers bool

	// Cut ends the body of the answer behind so many bytes, 0 is never:
	// with an error, or with an end that looks planned if CutClean, or with
	// silence if Hang.
	Cut      int64
	CutClean bool

	// Status, where not 0, is the answer of a proxy that asks no server.
	Status int
	Body   string
}

// A RoundTripper asks base through the faults that plan decides on. Close it
// when base has ended.
type RoundTripper struct {
	base http.RoundTripper
	plan func(*http.Request) Exchange
	ctx  context.Context // of requests that nobody waits for
	stop context.CancelFunc
	wg   sync.WaitGroup
}

var _ http.RoundTripper = (*RoundTripper)(nil)

// NewRoundTripper returns a RoundTripper over base. plan is asked once for each
// request; the request's body has been read and may be read again through
// GetBody.
func NewRoundTripper(base http.RoundTripper, plan func(*http.Request) Exchange) *RoundTripper {
	ctx, stop := context.WithCancel(context.Background())
	return &RoundTripper{base: base, plan: plan, ctx: ctx, stop: stop}
}

// Close ends what nobody waits for, and waits until it has ended.
func (t *RoundTripper) Close() {
	t.stop()
	t.wg.Wait()
}

// RoundTrip does one exchange. The error is ErrNetwork, the cause of the
// request's context, or that of the base.
func (t *RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	x := t.plan(r)
	ctx := r.Context()
	if x.Status != 0 {
		if err := sleep(ctx, x.Before); err != nil {
			return nil, err
		}
		return proxyAnswer(r, x), nil
	}
	if x.LoseRequest {
		return nil, lost(ctx, x, x.Before)
	}
	first := func(ctx context.Context) (*http.Response, error) {
		if err := sleep(ctx, x.Before); err != nil {
			return nil, err
		}
		return t.base.RoundTrip(copyOf(ctx, r, body))
	}
	second := func(ctx context.Context) (*http.Response, error) {
		if err := sleep(ctx, x.Before+x.TwinAfter); err != nil {
			return nil, err
		}
		return t.base.RoundTrip(copyOf(ctx, r, body))
	}
	if x.Twin {
		if x.TwinAnswers {
			first, second = second, first
		}
		t.background(second)
	}
	switch {
	case x.LoseAnswer:
		done := t.background(first)
		select {
		case <-done:
			return nil, lost(ctx, x, 0)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	case x.Ghost:
		return t.ghost(ctx, x, first)
	}
	resp, err := first(ctx)
	return deliver(ctx, x, resp, err)
}

// background runs an exchange that nobody waits for and reads its answer away.
// The channel is closed when the answer has begun.
func (t *RoundTripper) background(do func(context.Context) (*http.Response, error)) <-chan struct{} {
	begun := make(chan struct{})
	t.wg.Add(1)
	go func() { // ends with the exchange, or with Close
		defer t.wg.Done()
		resp, err := do(t.ctx)
		close(begun)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}()
	return begun
}

// ghost runs an exchange that outlives its client.
func (t *RoundTripper) ghost(ctx context.Context, x Exchange, do func(context.Context) (*http.Response, error)) (*http.Response, error) {
	type result struct {
		resp *http.Response
		err  error
	}
	answers := make(chan result)
	left := make(chan struct{})
	t.wg.Add(1)
	go func() { // ends with the exchange, or with Close
		defer t.wg.Done()
		resp, err := do(t.ctx)
		select {
		case answers <- result{resp, err}:
		case <-left:
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		}
	}()
	select {
	case a := <-answers:
		if a.err == nil {
			// The body is the caller's to close, but not bound to its context.
			// Taken here: deliver may put another in front of it meanwhile.
			body := a.resp.Body
			context.AfterFunc(ctx, func() { _ = body.Close() })
		}
		return deliver(ctx, x, a.resp, a.err)
	case <-ctx.Done():
		close(left)
		return nil, context.Cause(ctx)
	}
}

func deliver(ctx context.Context, x Exchange, resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	if err := sleep(ctx, x.After); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	if x.Cut > 0 {
		resp.Body = &cutBody{ReadCloser: resp.Body, ctx: ctx, left: x.Cut, hang: x.Hang, clean: x.CutClean}
	}
	return resp, nil
}

// lost is how the client learns of a loss.
func lost(ctx context.Context, x Exchange, after time.Duration) error {
	if x.Hang {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if err := sleep(ctx, after); err != nil {
		return err
	}
	return ErrNetwork
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

func copyOf(ctx context.Context, r *http.Request, body []byte) *http.Request {
	c := r.Clone(ctx)
	c.Body, c.GetBody = http.NoBody, nil
	if len(body) > 0 {
		c.Body = io.NopCloser(bytes.NewReader(body))
		c.ContentLength = int64(len(body))
	}
	return c
}

func proxyAnswer(r *http.Request, x Exchange) *http.Response {
	return &http.Response{
		StatusCode: x.Status, Status: http.StatusText(x.Status),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"text/html"}},
		Body:    io.NopCloser(strings.NewReader(x.Body)),
		Request: r, ContentLength: int64(len(x.Body)),
	}
}

// A cutBody ends before its time.
type cutBody struct {
	io.ReadCloser
	ctx         context.Context
	left        int64
	hang, clean bool
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		switch {
		case b.hang:
			<-b.ctx.Done()
			return 0, context.Cause(b.ctx)
		case b.clean:
			return 0, io.EOF
		}
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
