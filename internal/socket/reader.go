package socket

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/everwire/everwire/transport"
)

const (
	// readAhead is what one read takes at the most.
	readAhead = 8 << 10

	// readBlocking is the same where a read has to wait with its buffer.
	readBlocking = 512
)

// A Reader reads from one connection. Where the system allows it, it holds no
// buffer while it waits: that is most of the time, of most connections. It is
// for one goroutine at a time.
type Reader struct {
	nc  net.Conn
	raw syscall.RawConn // nil: a read needs its buffer from the beginning

	// For the read without blocking.
	do  func(fd uintptr) bool // try, made once
	buf *buffer
	n   int
	err error

	kept []byte // for the read with blocking
}

// A buffer is lent to a connection that has something to say.
type buffer struct {
	room [readAhead]byte
}

var readBuffers = sync.Pool{New: func() any { return new(buffer) }}

// NewReader returns the reader of nc.
func NewReader(nc net.Conn) Reader {
	r := Reader{nc: nc, raw: rawConn(nc)}
	if r.raw == nil {
		r.kept = make([]byte, readBlocking)
	}
	return r
}

// Writer returns the writer of the same connection; see New.
func (r *Reader) Writer(f *transport.Flusher, limit time.Duration, src Source) Writer {
	return newWriter(r.nc, r.raw, f, limit, src)
}

// Read waits for bytes and returns them; they are the caller's, to change as it
// likes, until Free. Read deadlines of the connection hold. It needs little
// stack while it waits.
func (r *Reader) Read() ([]byte, error) {
	if r.raw == nil {
		n, err := r.nc.Read(r.kept)
		if n > 0 {
			return r.kept[:n], nil
		}
		return nil, err
	}
	if r.do == nil {
		r.do = r.try
	}
	if err := r.raw.Read(r.do); err != nil {
		return nil, err
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.buf.room[:r.n], nil
}

// Free gives the buffer back that the last Read returned.
func (r *Reader) Free() {
	if r.buf != nil {
		readBuffers.Put(r.buf)
		r.buf = nil
	}
}

// try reads what there is and reports whether that is anything.
func (r *Reader) try(fd uintptr) bool {
	b := readBuffers.Get().(*buffer)
	n, err := readOnce(fd, b.room[:])
	if err == errNothing {
		readBuffers.Put(b)
		return false
	}
	if n > 0 {
		r.buf, r.n, r.err = b, n, nil
		return true
	}
	readBuffers.Put(b)
	r.err = err
	if err == nil {
		r.err = io.EOF
	}
	return true
}
