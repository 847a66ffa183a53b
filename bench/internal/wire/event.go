package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/everwire/everwire/bench/control"
)

// ErrDamaged is returned for an event that is not, byte for byte, what a server was told to send.
var ErrDamaged = errors.New("wire: a damaged event")

// Events calls f with the number of every event in b, whatever format is around: each '#' must be the first byte of a
// string in quotes that is the whole payload of an event. It returns how many there were.
func Events(b []byte, f func(n int)) (int, error) {
	found, at := 0, 0
	for {
		i := bytes.IndexByte(b[at:], '#')
		if i < 0 {
			return found, nil
		}
		i += at
		at = i + control.Size
		if i == 0 || b[i-1] != '"' || at >= len(b) || b[at] != '"' {
			return found, damaged(b[i:])
		}
		n, ok := control.Event(b[i:at])
		if !ok {
			return found, damaged(b[i:])
		}
		f(n)
		found++
	}
}

// Text returns the number of the event whose payload b is, without anything around it.
func Text(b []byte) (int, error) {
	n, ok := control.Event(b)
	if !ok {
		return 0, damaged(b)
	}
	return n, nil
}

func damaged(b []byte) error { return fmt.Errorf("%w: %.*q", ErrDamaged, control.Size+20, b) }

// A Count counts the events of one session. Its zero value waits for event 1; Last may be set to wait for a later one.
type Count struct {
	Last int // number of the last event in order
	Got  int // events, each counted once
	Lost int // numbers that were passed over
	Dup  int // numbers that came again, or late
	Bad  int // events and answers that are not what was sent
}

// Take takes event n and reports whether it was the one that was due.
func (c *Count) Take(n int) bool {
	if n <= c.Last {
		c.Dup++
		return false
	}
	due := n == c.Last+1
	c.Lost += n - c.Last - 1
	c.Last = n
	c.Got++
	return due
}

// Add adds what another session has counted.
func (c *Count) Add(o Count) {
	c.Got += o.Got
	c.Lost += o.Lost
	c.Dup += o.Dup
	c.Bad += o.Bad
}

// Whole reports whether nothing was lost or damaged and nothing came twice.
func (c Count) Whole() bool { return c.Lost == 0 && c.Dup == 0 && c.Bad == 0 }

// Faults says what was wrong.
func (c Count) Faults() string {
	return fmt.Sprintf("%d lost, %d twice or late, %d damaged", c.Lost, c.Dup, c.Bad)
}

// Lines cuts bytes that come in pieces into lines. Its zero value is ready.
type Lines struct{ rest []byte }

// Feed calls f with every line that is whole now, without its LF or CR LF.
func (l *Lines) Feed(b []byte, f func(line []byte)) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.rest = append(l.rest, b...)
			return
		}
		line := b[:i]
		if len(l.rest) > 0 {
			l.rest = append(l.rest, line...)
			line = l.rest
		}
		f(bytes.TrimSuffix(line, []byte{'\r'}))
		l.rest = l.rest[:0]
		b = b[i+1:]
	}
}
