package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// told reads stream in pieces of size n and tells what was found: statuses, bodies in brackets, and "." for an end.
func told(stream string, n int) (string, error) {
	var r Response
	var rest []byte
	var out strings.Builder
	in := false // a body
	for len(stream) > 0 {
		n := min(n, len(stream))
		rest, stream = append(rest, stream[:n]...), stream[n:]
		for {
			what, data, size, err := r.Next(rest)
			if err != nil {
				return out.String(), err
			}
			if what == None {
				break
			}
			switch what {
			case Head:
				fmt.Fprint(&out, r.Status)
			case Body:
				if !in {
					out.WriteByte('[')
					in = true
				}
				out.Write(data)
			case End:
				if in {
					out.WriteByte(']')
					in = false
				}
				out.WriteByte('.')
			}
			rest = rest[size:]
		}
	}
	return out.String(), nil
}

func TestResponse(t *testing.T) {
	stream := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" +
		"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n" +
		"HTTP/1.1 409 Conflict\r\ncontent-length:  0\r\n\r\n" +
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
	const want = "200[hello].204.200[abc0123456789].409.101."
	for n := 1; n <= len(stream); n++ {
		if got, err := told(stream, n); got != want || err != nil {
			t.Fatalf("in pieces of %d: got %s, error %v, want %s", n, got, err, want)
		}
	}
}

func TestResponseWithoutLength(t *testing.T) {
	got, err := told("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nup to the end", 7)
	if want := "200[up to the end"; got != want || err != nil {
		t.Errorf("got %s, error %v, want %s", got, err, want)
	}
}

func TestResponseRefuses(t *testing.T) {
	for _, s := range []string{
		"SPDY/3 200 OK\r\n\r\n",
		"HTTP/1.1 two OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
	} {
		if got, err := told(s, len(s)); !errors.Is(err, ErrHTTP) {
			t.Errorf("%q: got %s, error %v, want %v", s, got, err, ErrHTTP)
		}
	}
}
