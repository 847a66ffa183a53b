package session

import (
	"slices"

	"github.com/everwire/everwire/transport"
)

// A queue holds the counted frames that the peer has not confirmed, and owns
// those of this session alone. It is a plain value: the number of a frame is its
// place in it.
type queue struct {
	confirmed uint64             // the peer has everything up to here
	frames    []*transport.Frame // numbers confirmed+1 and up
	bytes     int                // sizes of frames, added up
	acks      int                // among frames
}

// maxAcks bounds the acks that wait for one client. They are small, so that they
// take much more memory than they count for, and their number is up to a client
// that calls and does not confirm. It may have 1,024 calls without an answer.
const maxAcks = 4096

// keptFrames is the capacity that an emptied queue keeps.
const keptFrames = 8

// movedFrames is how many frames a confirm may move to the front of the queue,
// which keeps its memory: more than it confirms only if they are few.
const movedFrames = 64

func (q *queue) last() uint64 { return q.confirmed + uint64(len(q.frames)) }

func (q *queue) push(f *transport.Frame) {
	q.frames = append(q.frames, f)
	q.bytes += f.Size()
	if isAck(f) {
		q.acks++
	}
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
		if isAck(f) {
			q.acks--
		}
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
// are too many. Others are dropped only if nothing else can be, the oldest pong:
// it belongs to a connection that is being flooded.
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
		i := slices.IndexFunc(list, func(l loose) bool { return l.frame.Kind == transport.KindPong })
		if i < 0 {
			return list
		}
		list = slices.Delete(list, i, i+1)
	}
	return append(list, loose{f, behind})
}

func isAck(f *transport.Frame) bool {
	return f.Kind == transport.KindAck || f.Kind == transport.KindAckBytes || f.Kind == transport.KindRefusal
}

func isVolatile(f *transport.Frame) bool {
	return f.Kind == transport.KindVolatile || f.Kind == transport.KindVolatileBytes
}
