package transport

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// quickHold is how long an answer that is due at once may wait for what the
// request itself brings about: the ack of a quick handler rides in the same
// answer. Where the link is a Settler it waits no longer than the handlers run.
const quickHold = 20 * time.Millisecond

// ServeBatch serves one POST that attaches, waits for frames and is answered
// with all of them: the whole of polling and long-polling, which differ in how
// long they hold the request. hold returns that time for a hello.
func ServeBatch(w http.ResponseWriter, r *http.Request, d Door, name string, hold func(Hello, Limits) time.Duration) error {
	p, err := attachPost(w, r, d, name, hold)
	if err != nil {
		return err
	}
	defer p.link.Close(nil)
	b, err := p.wait(r)
	if err != nil {
		return p.refuse(w, r, err)
	}
	return p.answer(w, b)
}

// A poll is a POST that has attached. It is made apart from the functions that
// hold the request: what these have on the stack decides how large that is for
// as long as the hold lasts (docs/performance.md).
type poll struct {
	link    Link
	welcome Welcome
	hold    time.Duration
	write   time.Duration // limit of a write
	flat    bool          // the hello asked for status 200
	owed    bool          // there is an answer even without frames
}

// attachPost attaches the session that a POST names. It has answered where it
// returns an error.
func attachPost(w http.ResponseWriter, r *http.Request, d Door, name string, hold func(Hello, Limits) time.Duration) (*poll, error) {
	lim := d.Limits()
	h, up, err := readPost(w, r, lim)
	if err == nil && h.Attach == 0 {
		err = ErrHello
	}
	if err != nil {
		WriteError(w, err, h.Flat)
		return nil, err
	}
	h.Transport, h.Send = name, 0 // r does not belong here
	link, welcome, err := d.Attach(r, h, up)
	if err != nil {
		WriteError(w, err, h.Flat)
		return nil, err
	}
	p := &poll{link: link, welcome: welcome, hold: hold(h, lim), write: lim.WriteTimeout, flat: h.Flat}
	p.owed = welcome.Opened() || firstCounted(up) != 0 || h.Renew || welcome.Pause > 0
	if p.owed {
		p.hold = quickHold
	}
	if r.ProtoMajor > 1 {
		// There the server's WriteTimeout would reset the stream while it is held,
		// whether something is being written or not. In HTTP/1.1 a write has a
		// deadline of its own.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	}
	return p, nil
}

// wait returns the frames that come within the hold.
func (p *poll) wait(r *http.Request) (Batch, error) {
	if err := p.gather(r.Context()); err != nil {
		return Batch{}, err
	}
	if h, ok := p.link.(Holder); ok && !p.owed {
		return h.Hold(r.Context(), p.hold)
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.hold)
	defer cancel()
	if s, ok := p.link.(Settler); ok && p.owed {
		s.Settle(ctx)
		cancel() // what is ready now is the answer
	}
	b, err := p.link.Next(ctx, nil)
	if err != nil && r.Context().Err() == nil && errors.Is(err, ctx.Err()) {
		err = nil // the hold is over
	}
	return b, err
}

// gather waits for more to fill the answer with, where the link asks for that.
func (p *poll) gather(ctx context.Context) error {
	g, ok := p.link.(Gatherer)
	if !ok || p.owed {
		return nil
	}
	d := min(g.Gather(), p.hold)
	if d <= 0 {
		return nil
	}
	p.hold -= d
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refuse tells the client why the wait ended, if it is still there.
func (p *poll) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case p.owed && isNormal(err):
		return p.answer(w, Batch{})
	case r.Context().Err() != nil && errors.Is(err, r.Context().Err()):
		// Nobody is there to be answered, or the app has put an end to the request:
		// then it is one of the hold, and not net/http's empty answer, which would
		// look like that of another server.
		_ = p.answer(w, Batch{})
		return r.Context().Err()
	}
	p.limitWrite(w)
	WriteError(w, err, p.flat)
	return err
}

// limitWrite bounds the answer. The server's own limit counts from the request,
// and the hold may have used it up.
func (p *poll) limitWrite(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(p.write))
}

// answer answers with the frames, or that there are none.
func (p *poll) answer(w http.ResponseWriter, b Batch) error {
	p.limitWrite(w)
	if !p.owed && !p.flat && len(b.Frames) == 0 && p.welcome.Next == 0 {
		return writeEmpty(w)
	}
	p.welcome.Seq = firstCounted(b)
	if b.More {
		p.welcome.Next = 1 // the rest is waiting
	}
	return writeBatch(w, &p.welcome, b)
}

// ServeSend serves one POST that delivers frames and attaches nothing: the way
// up for transports that only lead down.
func ServeSend(w http.ResponseWriter, r *http.Request, d Door) error {
	h, up, err := readPost(w, r, d.Limits())
	if err == nil && (h.ID == "" || h.Send == 0) {
		err = ErrHello
	}
	h.Attach = 0 // n does not belong here
	var welcome Welcome
	if err == nil {
		var link Link
		link, welcome, err = d.Attach(r, h, up)
		if err == nil {
			link.Close(nil)
		}
	}
	if err != nil {
		WriteError(w, err, h.Flat)
		return err
	}
	if !h.Flat && firstCounted(up) == 0 && welcome.Pause == 0 && welcome.At <= h.Got {
		return writeEmpty(w)
	}
	return writeBatch(w, &welcome, Batch{})
}

func readPost(w http.ResponseWriter, r *http.Request, lim Limits) (Hello, Batch, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		return Hello{}, Batch{}, ErrMethod
	}
	return ReadRequest(w, r, lim)
}

// isNormal reports whether err is the end of a session that was closed in
// order.
func isNormal(err error) bool {
	var ce *CloseError
	return errors.As(err, &ce) && ce.Code == CodeNormal
}

// firstCounted returns the number of the first counted frame, 0 where b has
// none: a body states it only if there is one.
func firstCounted(b Batch) uint64 {
	for _, f := range b.Frames {
		if f.Kind.Counted() {
			return b.Seq
		}
	}
	return 0
}

func writeEmpty(w http.ResponseWriter) error {
	Head(w.Header(), "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeBatch(w http.ResponseWriter, welcome *Welcome, b Batch) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer putBuffer(buf)
	buf.Write(welcome.appendLine(buf.AvailableBuffer()))
	buf.WriteByte('\n')
	for _, f := range b.Frames {
		buf.Write(f.Line())
		buf.WriteByte('\n')
	}
	return writeBody(w, http.StatusOK, buf.Bytes())
}

// writeBody answers with a whole body, its length stated so that a cut shows.
func writeBody(w http.ResponseWriter, status int, body []byte) error {
	Head(w.Header(), "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// seconds returns d in whole seconds, rounded up, as Retry-After has it
// (RFC 9110 section 10.2.3).
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
