package wire

import (
	"bytes"
	"strconv"
)

// What Response.Next found.
const (
	None = iota // not enough yet
	Head        // the head of an answer: Status is set
	Body        // a piece of its body
	End         // the answer is over; the next one may follow
)

// Response reads HTTP/1.1 answers, one after the other on one connection.
type Response struct {
	Status int

	inBody  bool
	chunked bool
	left    int  // of a body with a length
	open    bool // the body ends with the connection
}

// Next reads what stands first in b: what it is, its data (of a Head: the head, of a Body: the piece) and its size in b.
func (r *Response) Next(b []byte) (what int, data []byte, size int, err error) {
	switch {
	case !r.inBody:
		return r.head(b)
	case r.chunked:
		return r.chunk(b)
	case r.open:
		if len(b) == 0 {
			return None, nil, 0, nil
		}
		return Body, b, len(b), nil
	case r.left == 0:
		r.inBody = false
		return End, nil, 0, nil
	case len(b) == 0:
		return None, nil, 0, nil
	default:
		n := min(r.left, len(b))
		r.left -= n
		return Body, b[:n], n, nil
	}
}

var headEnd = []byte("\r\n\r\n")

func (r *Response) head(b []byte) (int, []byte, int, error) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		if len(b) > 64<<10 {
			return None, nil, 0, ErrTooLarge
		}
		return None, nil, 0, nil
	}
	head := b[:end]
	if len(head) < 12 || !bytes.HasPrefix(head, []byte("HTTP/1.")) {
		return None, nil, 0, ErrHTTP
	}
	status, err := strconv.Atoi(string(head[9:12]))
	if err != nil {
		return None, nil, 0, ErrHTTP
	}
	*r = Response{Status: status, inBody: true}
	length := Header(head, "Content-Length")
	switch {
	case bytes.EqualFold(Header(head, "Transfer-Encoding"), []byte("chunked")):
		r.chunked = true
	case status == 204 || status == 304 || status < 200:
	case length == nil:
		r.open = true
	default:
		if r.left, err = strconv.Atoi(string(length)); err != nil {
			return None, nil, 0, ErrHTTP
		}
	}
	return Head, head, end + len(headEnd), nil
}

func (r *Response) chunk(b []byte) (int, []byte, int, error) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return None, nil, 0, nil
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(b[:i])), 16, 32)
	if err != nil || n > maxFrame {
		return None, nil, 0, ErrHTTP
	}
	whole := i + 1 + int(n) + 2
	if len(b) < whole {
		return None, nil, 0, nil
	}
	if b[whole-2] != '\r' || b[whole-1] != '\n' {
		return None, nil, 0, ErrHTTP
	}
	if n == 0 {
		r.inBody = false
		return End, nil, whole, nil
	}
	return Body, b[i+1 : i+1+int(n)], whole, nil
}

// Header returns the value of a header field of a head, nil if it is absent.
func Header(head []byte, name string) []byte {
	for len(head) > 0 {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		key, value, ok := bytes.Cut(line, []byte{':'})
		if ok && len(key) == len(name) && bytes.EqualFold(key, []byte(name)) {
			return bytes.TrimSpace(value)
		}
	}
	return nil
}
