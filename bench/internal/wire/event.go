package wire

import "bytes"

// Events calls f with the number of every event in b: ten digits between '#' and ':', as control.Payload writes them,
// whatever frame or format is around.
func Events(b []byte, f func(n int)) {
	for {
		i := bytes.IndexByte(b, '#')
		if i < 0 || len(b) < i+12 {
			return
		}
		b = b[i+1:]
		n, ok := 0, b[10] == ':'
		for _, c := range b[:10] {
			if c < '0' || c > '9' {
				ok = false
				break
			}
			n = n*10 + int(c-'0')
		}
		if ok {
			f(n)
		}
	}
}

// A Count counts the events of one session. Its zero value waits for event 1; Last may be set to wait for a later one.
type Count struct {
	Last int // number of the last event in order
	Got  int // events, each counted once
	Lost int // numbers that were passed over
	Dup  int // numbers that came again, or late
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
