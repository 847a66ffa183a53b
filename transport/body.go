package transport

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// DecodeLines reads frames that are separated by line feeds; see Decoder.Lines.
func DecodeLines(into []*Frame, text []byte, lim Limits) ([]*Frame, error) {
	return new(Decoder).Lines(into, text, lim)
}

// Lines reads frames that are separated by line feeds, as in a text message of a
// WebSocket, and appends them to into. Empty lines are skipped. The error is
// ErrUTF8, ErrFrame, or ErrSize for a line above lim.FrameBytes.
func (d *Decoder) Lines(into []*Frame, text []byte, lim Limits) ([]*Frame, error) {
	frames := into
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		if len(line) == 0 {
			continue
		}
		if len(line) > lim.FrameBytes {
			return nil, ErrSize
		}
		f, err := d.Line(line)
		if err != nil {
			return nil, err
		}
		if len(frames) == len(into) {
			n := 1
			if len(rest) > 0 {
				n += 1 + bytes.Count(rest, []byte{'\n'})
			}
			frames = slices.Grow(frames, min(n, lim.BodyFrames))
		}
		if len(frames)-len(into) == lim.BodyFrames {
			return nil, ErrSize
		}
		frames = append(frames, f)
	}
	return frames, nil
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is the largest buffer that is kept for reuse.
const maxPooled = 64 << 10

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		buffers.Put(b)
	}
}

// ReadRequest reads a POST body whole, within the bounds of lim in size and
// time, and returns its hello and the frames behind it. A body that was cut,
// or whose last line has no line feed, gives ErrFrame and nothing of it. Behind
// a good hello other faults come with its Flat.
func ReadRequest(w http.ResponseWriter, r *http.Request, lim Limits) (Hello, Batch, error) {
	rc := http.NewResponseController(w)
	// Not every writer has deadlines; without them the server's own hold.
	_ = rc.SetReadDeadline(time.Now().Add(lim.HelloTimeout))
	buf := buffers.Get().(*bytes.Buffer)
	defer putBuffer(buf)
	max := int64(MaxHelloBytes + len("\n") + lim.bodyBytes())
	if r.ContentLength > max {
		return Hello{}, Batch{}, ErrSize
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, max)); err != nil {
		// The deadline stays: net/http reads what is left of the body before it
		// hangs up.
		return Hello{}, Batch{}, bodyError(err)
	}
	// Else the deadline, or the server's ReadTimeout, could cancel a held request:
	// net/http watches the connection while the handler runs.
	_ = rc.SetReadDeadline(time.Time{})
	return decodeBody(buf.Bytes(), lim)
}

// bodyError returns what the client is told whose body could not be read.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return ErrSize
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrFrame
	}
	return ErrTimeout
}

func decodeBody(body []byte, lim Limits) (Hello, Batch, error) {
	if len(body) == 0 {
		return Hello{}, Batch{}, ErrHello
	}
	if body[len(body)-1] != '\n' {
		return Hello{}, Batch{}, ErrFrame
	}
	body = bytes.TrimLeft(body, "\n") // empty lines are skipped
	if len(body) == 0 {
		return Hello{}, Batch{}, ErrHello
	}
	first, rest, _ := bytes.Cut(body, []byte{'\n'})
	if len(first) > MaxHelloBytes {
		return Hello{}, Batch{}, ErrSize
	}
	object, err := helloObject(first)
	if len(rest) > lim.bodyBytes() {
		return flatOf(object), Batch{}, ErrSize
	}
	if err != nil {
		return Hello{}, Batch{}, err
	}
	var frames []*Frame
	if len(rest) > 0 {
		if frames, err = DecodeLines(nil, rest, lim); err != nil {
			return flatOf(object), Batch{}, err
		}
	}
	if object == nil {
		return Hello{}, Batch{}, ErrHello
	}
	h, err := DecodeHello(object)
	if err != nil {
		return Hello{}, Batch{}, err
	}
	return h, Batch{Seq: h.Seq, Frames: frames}, nil
}

// flatOf returns of a hello how the fault of what stands behind it is to be told.
func flatOf(object []byte) Hello {
	h, _ := DecodeHello(object) // a malformed one has asked for nothing
	return Hello{Flat: h.Flat}
}

// helloObject returns the object of the hello that a line is, a part of the line,
// nil for another frame. Its errors are those of Decode.
func helloObject(line []byte) ([]byte, error) {
	if !utf8.Valid(line) {
		return nil, ErrUTF8
	}
	e := elements{line: line}
	if kind, err := e.split(); err != nil || kind != uint64(KindHello) {
		_, err = Decode(line)
		return nil, err
	}
	return e.object()
}

// Head sets the headers that every answer of the protocol has. One without a
// body has no content type.
func Head(h http.Header, contentType string) {
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Content-Type-Options", "nosniff")
}

// WriteError answers a request with the error as status and frame; flat as
// status 200 and frame. An error that is no *CloseError is told as internal.
// ErrTimeout breaks the connection off: a browser repeats a request by itself
// when it reads status 408 (RFC 9110 section 15.5.9).
func WriteError(w http.ResponseWriter, err error, flat bool) {
	var ce *CloseError
	if !errors.As(err, &ce) {
		ce = ErrInternal
	}
	if ce.Code < CodeBad {
		ce = ErrClosed // the session ended in order
	}
	if ce.Code == CodeTimeout {
		panic(http.ErrAbortHandler)
	}
	f := ce.Frame()
	status := int(f.Num) - 4000
	if flat || status < 400 || status > 599 {
		status = http.StatusOK
	}
	if ce.After > 0 && status != http.StatusOK {
		w.Header().Set("Retry-After", seconds(ce.After))
	}
	_ = writeBody(w, status, append(bytes.Clone(f.Line()), '\n'))
}
