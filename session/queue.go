package session

import "github.com/everwire/everwire/transport"

// A queue holds the counted frames that the peer has not confirmed, and owns
// those of this session alone. It is a plain value: the number of a frame is its
// place in it.
type queue struct {
	confirmed uint64             // the peer has everything up to here
	frames    []*transport.Frame // numbers confirmed+1 and up
	bytes     int                // sizes of frames, added up
}

// keptFrames is the capacity that an emptied queue keeps.
const keptFrames = 8

// movedFrames is how many frames a confirm may move to the front of the queue,
// which keeps its memory: more than it confirms only if they are few.
const movedFrames = 64

func (q *queue) last() uint64 { return q.confirmed + uint64(len(q.frames)) }

func (q *queue) push(f *transport.Frame) {
	q.frames = append(q.frames, f)
	q.bytes += f.Size()
}

// at returns the frame with number seq, which must be in the queue.
func (q *queue) at(seq uint64) *transport.Frame { return q.frames[seq-q.confirmed-1] }

// confirm forgets everything up to seq. A lower number than before changes
// nothing; one above the last is ErrConfirm.
func (q *queue) confirm(seq uint64) error {
	if seq <= q.confirmed {
		return nil
	}
	if seq > q.last() {
		return transport.ErrConfirm
	}
	n := int(seq - q.confirmed)
	for _, f := range q.frames[:n] {
		q.bytes -= f.Size()
		f.Free()
	}
	rest := len(q.frames) - n
	if rest > max(n, movedFrames) {
		clear(q.frames[:n])
		q.frames = q.frames[n:] // to be moved when it grows
	} else {
		copy(q.frames, q.frames[n:])
		clear(q.frames[rest:])
		q.frames = q.frames[:rest]
	}
	if rest == 0 && cap(q.frames) > keptFrames {
		q.frames = nil
	}
	q.confirmed = seq
	return nil
}

// A loose frame is not counted. It leaves after the counted frame with number
// behind has been written to the connection, or at once where it has been.
type loose struct {
	frame  *transport.Frame
	behind uint64
}

// Bounds for the loose frames of a session. The oldest volatile ones give way.
const (
	maxLoose      = 64
	maxLooseBytes = 64 << 10
)

// addLoose appends a loose frame, dropping the oldest volatile ones where there
// are too many. A frame that is not volatile is dropped only if nothing else
// can be: it belongs to a connection that is being flooded.
func addLoose(list []loose, f *transport.Frame, behind uint64) []loose {
	size := f.Size()
	for _, l := range list {
		size += l.frame.Size()
	}
	for i := 0; i < len(list) && (len(list) >= maxLoose || size > maxLooseBytes); {
		if !isVolatile(list[i].frame) {
			i++
			continue
		}
		size -= list[i].frame.Size()
		list = append(list[:i], list[i+1:]...)
	}
	if len(list) >= maxLoose {
		return list
	}
	return append(list, loose{f, behind})
}

func isVolatile(f *transport.Frame) bool {
	return f.Kind == transport.KindVolatile || f.Kind == transport.KindVolatileBytes
}
