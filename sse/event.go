package sse

import (
	"slices"

	"github.com/everwire/everwire/transport"
)

// maxEvent bounds an event that holds more than one frame: a client gets all
// of it or nothing (PROTOCOL.md section 9.4).
const maxEvent = 64 << 10

// numbered returns the frames of b, behind a mark where the count does not
// imply their numbers.
func numbered(count *transport.Counter, b transport.Batch) []*transport.Frame {
	if mark := count.Take(b); mark != nil {
		return slices.Insert(b.Frames, 0, mark)
	}
	return b.Frames
}

// fits returns how many of the frames, at least one, make the next event, and
// the size of that.
func fits(frames []*transport.Frame) (n, size int) {
	size = len("\n")
	for _, f := range frames {
		line := len("data:") + len(f.Line()) + len("\n")
		if n > 0 && size+line > maxEvent {
			break
		}
		n, size = n+1, size+line
	}
	return n, size
}

// appendEvent appends one event (WHATWG HTML section 9.2.5).
func appendEvent(b []byte, frames []*transport.Frame) []byte {
	for _, f := range frames {
		b = append(b, "data:"...)
		b = append(b, f.Line()...)
		b = append(b, '\n')
	}
	return append(b, '\n')
}
