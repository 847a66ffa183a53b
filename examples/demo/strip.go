package main

import (
	"sync"
	"time"
)

// An act is what can happen on a connection.
type act string

const (
	opened   act = "open"
	asked    act = "ask"    // a request began; the detail is the last element of its path
	answered act = "answer" // the request is over
	faulted  act = "fault"  // the fault proxy struck; the detail is the fault's name
	closed   act = "close"
)

// A mark is one act on one connection.
type mark struct {
	At     float64 `json:"t"` // milliseconds since 1970
	Conn   int64   `json:"c"` // counted from 1
	What   act     `json:"a"`
	Detail string  `json:"d,omitempty"`
}

// maxMarks bounds a strip: what a page fetches several times a second is far less.
const maxMarks = 2000

// A strip is the last marks of one panel. Safe for concurrent use.
type strip struct {
	mu sync.Mutex
	// Guarded by mu.
	marks []mark
	next  int64 // number of the next mark, from 0
}

func (s *strip) add(conn int64, what act, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.marks) == maxMarks {
		s.marks = append(s.marks[:0], s.marks[maxMarks/2:]...)
	}
	s.marks = append(s.marks, mark{millis(time.Now()), conn, what, detail})
	s.next++
}

// since returns the marks from number from on, as far as they are kept, and the
// number to ask from next time.
func (s *strip) since(from int64) ([]mark, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.next - int64(len(s.marks))
	from = min(max(from, first), s.next)
	return append([]mark{}, s.marks[from-first:]...), s.next
}
