package faultproxy

import (
	"io"
	"time"
)

// laneChunks bounds the chunks under way in one direction of a connection; a full lane blocks its writer, as a full
// socket buffer does. With reads of 16 KiB that is 1 MiB.
const (
	laneChunks = 64
	chunkBytes = 16 << 10
)

// chunk is a piece of a stream that may be seen at due.
type chunk struct {
	data     []byte
	due      time.Time
	endpoint string // that is charged for it; empty for inbound chunks
}

// lane is one direction of a client's connection: bytes put in come out in order, each at its due time.
// One goroutine puts, one takes.
type lane struct {
	ch   chan chunk
	done <-chan struct{} // the connection's end: put and take return

	free time.Time // Owned by the putting goroutine: when the wire has carried all that was put.
	rest []byte    // Owned by the taking goroutine.
}

func newLane(done <-chan struct{}) *lane {
	return &lane{ch: make(chan chunk, laneChunks), done: done}
}

// put queues data, which the lane owns from then on, to come out after latency, not before start plus latency, and not
// faster than bytesPerSecond. It returns io.ErrClosedPipe when the connection has ended.
func (l *lane) put(data []byte, start time.Time, f *Faults, endpoint string) error {
	sent := time.Now()
	if sent.Before(start) {
		sent = start
	}
	if f.BytesPerSecond > 0 {
		if sent.Before(l.free) {
			sent = l.free
		}
		sent = sent.Add(time.Duration(len(data)) * time.Second / time.Duration(f.BytesPerSecond))
	}
	l.free = sent
	select {
	case l.ch <- chunk{data, sent.Add(f.Latency.Duration()), endpoint}:
		return nil
	case <-l.done:
		return io.ErrClosedPipe
	}
}

// end says that nothing more is put. Only the putting goroutine calls it, once.
func (l *lane) end() { close(l.ch) }

// take waits for the next chunk and for its time. It returns io.EOF behind the last one and io.ErrClosedPipe when the
// connection has ended.
func (l *lane) take() (chunk, error) {
	select {
	case c, ok := <-l.ch:
		if !ok {
			return chunk{}, io.EOF
		}
		if !wait(time.Until(c.due), l.done) {
			return chunk{}, io.ErrClosedPipe
		}
		return c, nil
	case <-l.done:
		return chunk{}, io.ErrClosedPipe
	}
}

// Read takes bytes, so that a lane can be read as a stream.
func (l *lane) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		c, err := l.take()
		if err != nil {
			return 0, err
		}
		l.rest = c.data
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// wait waits for d and reports whether it passed before done.
func wait(d time.Duration, done <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-done:
		return false
	}
}
