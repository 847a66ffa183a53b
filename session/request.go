package session

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
)

// A kept is the request that opened a session. Most apps look at it once, if at
// all, so its header waits in one string: as a map it is some twenty pieces of
// memory, for as long as the session lives.
type kept struct {
	r      http.Request // without its Header, until that is asked for
	header string       // packed
}

// maxHead bounds target and header of a request that opens a session, as they are
// kept: net/http lets 1 MiB through. A field counts for fieldSize more than its
// texts, as in HTTP/2 (RFC 9113 section 6.5.2).
const (
	maxHead   = 64 << 10
	fieldSize = 32
)

// headSize returns what the head of a request counts for in maxHead.
func headSize(r *http.Request) int {
	size := len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		size += len(name)
		for _, v := range values {
			size += len(v) + fieldSize
		}
	}
	return size
}

// keep returns what a session keeps of a request: nothing of the connection that
// it came by, no body, and a context that has the values only.
func keep(r *http.Request) kept {
	k := *r.WithContext(context.WithoutCancel(r.Context()))
	k.Body, k.ContentLength, k.TransferEncoding = http.NoBody, 0, nil
	k.Form, k.PostForm, k.MultipartForm, k.Trailer = nil, nil, nil, nil
	k.GetBody, k.Response = nil, nil
	k.Header = nil
	return kept{k, packHeader(r.Header)}
}

// whole returns the request with its header.
func (k *kept) whole() *http.Request {
	if k.r.Header == nil {
		k.r.Header = unpackHeader(k.header)
		k.header = "" // its values hold on to it
	}
	return &k.r
}

// packHeader returns a header as one string: for each name the number of its
// values and these, each string behind its length.
func packHeader(h http.Header) string {
	var b strings.Builder
	var num [binary.MaxVarintLen64]byte
	add := func(n int) { b.Write(num[:binary.PutUvarint(num[:], uint64(n))]) }
	size := 0
	for name, values := range h {
		size += len(name) + 4
		for _, v := range values {
			size += len(v) + 2
		}
	}
	b.Grow(size)
	for name, values := range h {
		add(len(name))
		b.WriteString(name)
		add(len(values))
		for _, v := range values {
			add(len(v))
			b.WriteString(v)
		}
	}
	return b.String()
}

// unpackHeader returns the header that was packed; a name without values has an
// empty slice of them.
func unpackHeader(packed string) http.Header {
	r := strings.NewReader(packed)
	num := func() int64 {
		n, _ := binary.ReadUvarint(r)
		return int64(n)
	}
	text := func() string {
		n := num()
		at := r.Size() - int64(r.Len())
		_, _ = r.Seek(n, io.SeekCurrent)
		return packed[at : at+n]
	}
	h := make(http.Header)
	for r.Len() > 0 {
		name := text()
		values := make([]string, num())
		for i := range values {
			values[i] = text()
		}
		h[name] = values
	}
	return h
}
