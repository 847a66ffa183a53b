package faultproxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
)

const (
	maxHeadBytes = 64 << 10
	maxBodyBytes = 16 << 20 // of a request
)

var errTooLarge = errors.New("faultproxy: message too large")

// request is one request, head and body as they came, but that a chunked body is one chunk.
type request struct {
	*http.Request
	raw []byte
}

// readRequest reads a whole request. It returns io.EOF if the client closed between requests.
func readRequest(br *bufio.Reader) (*request, error) {
	head, err := readHead(br)
	if err != nil {
		return nil, err
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		return nil, err
	}
	body, err := readBody(br, r)
	if err != nil {
		return nil, err
	}
	return &request{r, append(head, body...)}, nil
}

func readBody(br *bufio.Reader, r *http.Request) ([]byte, error) {
	switch {
	case chunked(r.TransferEncoding):
		body, err := io.ReadAll(io.LimitReader(httputil.NewChunkedReader(br), maxBodyBytes+1))
		if err == nil && len(body) > maxBodyBytes {
			err = errTooLarge
		}
		if err != nil {
			return nil, err
		}
		if _, err := readHead(br); err != nil { // trailers
			return nil, err
		}
		return append(chunkOf(body), lastChunk...), nil
	case r.ContentLength > maxBodyBytes:
		return nil, errTooLarge
	case r.ContentLength > 0:
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(br, body)
		return body, err
	}
	return nil, nil
}

// response is the head of a response and the body behind it.
type response struct {
	*http.Response
	head []byte
	body io.Reader // decoded if chunked
}

// readResponse reads the head of the answer to r; interim is called with the head of each 1xx but 101.
func readResponse(br *bufio.Reader, r *http.Request, interim func([]byte) error) (*response, error) {
	for {
		head, err := readHead(br)
		if err != nil {
			return nil, err
		}
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), r)
		if err != nil {
			return nil, err
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			return &response{res, head, bodyOf(res, br)}, nil
		}
		if err := interim(head); err != nil {
			return nil, err
		}
	}
}

func bodyOf(res *http.Response, br *bufio.Reader) io.Reader {
	switch {
	case res.Body == http.NoBody: // by length, status or because the request was HEAD
		return http.NoBody
	case chunked(res.TransferEncoding):
		return httputil.NewChunkedReader(br)
	case res.ContentLength >= 0:
		return &exactly{br, res.ContentLength}
	}
	return br
}

// chunked reports whether the body comes in chunks.
func (r *response) chunked() bool { return r.body != http.NoBody && chunked(r.TransferEncoding) }

// untilClose reports whether only the end of the connection ends the body.
func (r *response) untilClose() bool {
	return r.body != http.NoBody && !r.chunked() && r.ContentLength < 0
}

// exactly reads n bytes; io.ErrUnexpectedEOF if there are less.
type exactly struct {
	r io.Reader
	n int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > e.n {
		p = p[:e.n]
	}
	n, err := e.r.Read(p)
	e.n -= int64(n)
	if err == io.EOF && e.n > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readHead reads lines up to and with the empty one. Empty lines before a start line are skipped (RFC 9112 section 2.2)
// only by the parser behind; here they would be an empty head, as trailers mostly are.
func readHead(br *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := br.ReadSlice('\n')
		head = append(head, line...)
		switch {
		case len(head) > maxHeadBytes:
			return nil, errTooLarge
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(head) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			return head, nil
		}
	}
}

func chunked(encodings []string) bool {
	return len(encodings) > 0 && strings.EqualFold(encodings[len(encodings)-1], "chunked")
}

var lastChunk = []byte("0\r\n\r\n")

// chunkOf returns data as one chunk, nothing if it is empty: an empty chunk would end the body.
func chunkOf(data []byte) []byte {
	if len(data) == 0 {
		return nil
	}
	b := fmt.Appendf(make([]byte, 0, len(data)+16), "%x\r\n", len(data))
	return append(append(b, data...), '\r', '\n')
}

// plainAnswer is a whole response of the proxy itself, as a gateway would give it.
func plainAnswer(code int) []byte {
	text := http.StatusText(code)
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s\n",
		code, text, len(text)+1, text)
}
