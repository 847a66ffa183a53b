package transport

import (
	"context"
	"runtime"
	"sync"
)

// A Flushable is the writing end of a connection that a Flusher serves.
type Flushable interface {
	// Flush writes what is ready, all of it with one write, and returns. It must
	// not block on the peer. The scratch is the worker's: it is empty but for its
	// Own, may be left grown, and nothing of it may be kept.
	Flush(s *Scratch)
}

// Scratch is what a worker of a Flusher lends to the connections it serves, so
// that an idle connection holds no buffers.
type Scratch struct {
	Frames []*Frame // for Link.Next
	Buf    []byte   // for the one write
	Own    any      // what Flush wants to find again; kept
}

// A Flusher writes for connections that hold no goroutine. A connection with
// something to write is noted; a few workers write for all that are noted, in
// turn, and end when there are none. What is appended to a connection while it
// waits for its turn leaves in the same write; so that there is somebody to
// append it, the workers leave one processor, if there are several, to the rest
// of the program. The zero value is ready; safe for concurrent use.
type Flusher struct {
	mu sync.Mutex
	// Guarded by mu.
	queue   []Flushable
	head    int
	workers int
	most    int // workers that there may be; looked up for the first, as that takes a lock of the scheduler
}

// maxTurn bounds how many connections a worker takes from the queue at a time.
const maxTurn = 16

// Note puts c at the end of the queue. The caller sees to it that c is in the
// queue once at the most. It does not block and may be called under locks.
func (f *Flusher) Note(c Flushable) {
	f.mu.Lock()
	if f.head > 0 && len(f.queue) == cap(f.queue) {
		n := copy(f.queue, f.queue[f.head:])
		clear(f.queue[n:])
		f.queue, f.head = f.queue[:n], 0
	}
	f.queue = append(f.queue, c)
	if f.workers == 0 {
		f.most = max(1, runtime.GOMAXPROCS(0)-1)
	}
	start := f.workers < f.most
	if start {
		f.workers++
	}
	f.mu.Unlock()
	if start {
		go f.work() // ends when the queue is empty
	}
}

// Flush serves c on the goroutine of the caller, who sees to it that c is not in
// the queue.
func (f *Flusher) Flush(c Flushable) {
	s := scratches.Get().(*Scratch)
	f.serve(c, s)
	s.keep()
}

func (f *Flusher) serve(c Flushable, s *Scratch) {
	c.Flush(s)
	clear(s.Frames)
	s.Frames, s.Buf = s.Frames[:0], s.Buf[:0]
}

// keep returns s to the pool, if it has not grown too large for that.
func (s *Scratch) keep() {
	if cap(s.Buf) <= keptScratch {
		scratches.Put(s)
	}
}

// keptScratch bounds what a worker keeps from one connection to the next.
const keptScratch = 256 << 10

var scratches = sync.Pool{New: func() any { return new(Scratch) }}

func (f *Flusher) work() {
	deepen(0)
	s := scratches.Get().(*Scratch)
	var turn [maxTurn]Flushable
	for {
		f.mu.Lock()
		if f.head == len(f.queue) {
			f.queue, f.head = f.queue[:0], 0
			f.workers--
			f.mu.Unlock()
			s.keep()
			return
		}
		// Half of a fair share of what waits, so that the others get theirs and the
		// last turns are short.
		wait := f.queue[f.head:]
		n := copy(turn[:min(maxTurn, 1+(len(wait)-1)/(2*f.most))], wait)
		clear(wait[:n])
		f.head += n
		f.mu.Unlock()
		for _, c := range turn[:n] {
			f.serve(c, s)
		}
		clear(turn[:n])
	}
}

// deepen gives a new worker the stack that a Flush needs, at once, instead of
// by a copy in the depth of it. n is 0.
//
//go:noinline
func deepen(n uint) byte {
	if n == 0 {
		return 0
	}
	var room [2 << 10]byte // on the stack, and never cleared
	room[n%uint(len(room))] = 1
	return room[n/2%uint(len(room))]
}

// Done is a context that is done: under it Link.Next does not wait.
var Done = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
