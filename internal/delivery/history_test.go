package delivery_test

import (
	"fmt"
	"hash/fnv"
	"sync"
)

// A history is what one direction has emitted and received, in the order of
// each end. Entries are fingerprints: name, form and payload.
type history struct {
	mu         sync.Mutex
	sent, recv []entry
	calls      map[uint64]int // server to client: by number, as their order is free
	volatile   map[uint64]int
	bytes      int // sent and not received
}

type entry struct {
	print uint64
	size  int
}

func newHistory() *history {
	return &history{calls: make(map[uint64]int), volatile: make(map[uint64]int)}
}

func fingerprint(name string, binary bool, data []byte) entry {
	h := fnv.New64a()
	fmt.Fprint(h, name, binary)
	h.Write(data)
	return entry{h.Sum64(), len(data)}
}

// send notes an emit that do makes, so that the order of the notes is that of
// the emits.
func (h *history) send(e entry, do func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	h.sent = append(h.sent, e)
	h.bytes += e.size
	return nil
}

// received notes what arrived. It reports false once that is not what was sent
// at this place: the rest is not worth waiting for.
func (h *history) received(e entry) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.recv)
	h.recv = append(h.recv, e)
	h.bytes -= e.size
	return n < len(h.sent) && h.sent[n] == e
}

func (h *history) count(m map[uint64]int, num uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m[num]++
}

// waiting returns how many bytes are on their way.
func (h *history) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bytes
}

func (h *history) complete() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.recv) >= len(h.sent)
}

// differ returns how the two ends differ, "" if they do not.
func (h *history) differ() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := make(map[uint64]int, len(h.sent))
	for i, e := range h.sent {
		at[e.print] = i
	}
	for i := range min(len(h.sent), len(h.recv)) {
		if h.sent[i] == h.recv[i] {
			continue
		}
		where, known := at[h.recv[i].print]
		switch {
		case !known:
			return fmt.Sprintf("place %d: what was received (%d bytes) was never sent", i, h.recv[i].size)
		case where < i:
			return fmt.Sprintf("place %d: emit %d arrived a second time", i, where)
		}
		return fmt.Sprintf("place %d: emit %d arrived instead", i, where)
	}
	if len(h.sent) != len(h.recv) {
		return fmt.Sprintf("sent %d, received %d", len(h.sent), len(h.recv))
	}
	for num, n := range h.volatile {
		if n > 1 {
			return fmt.Sprintf("volatile %d arrived %d times", num, n)
		}
	}
	return ""
}
