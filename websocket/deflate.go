package websocket

import (
	"bytes"
	"compress/flate"
	"sync"

	"github.com/everwire/everwire/transport"
)

// compressFrom is the size from which compression pays.
const compressFrom = 1 << 10

// deflateKey is the key of a frame's compressed form.
type deflateKey struct{ binary bool }

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid
	return w
}}

// deflated returns data, a form of f, compressed without context takeover:
// once for all the members of a broadcast.
func deflated(f *transport.Frame, data []byte, binary bool) []byte {
	return f.Cached(deflateKey{binary}, func(*transport.Frame) any {
		var b bytes.Buffer
		w := deflaters.Get().(*flate.Writer)
		defer deflaters.Put(w)
		w.Reset(&b)
		w.Write(data) // a bytes.Buffer does not fail
		w.Flush()
		return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff}) // RFC 7692 section 7.2.1
	}).([]byte)
}
