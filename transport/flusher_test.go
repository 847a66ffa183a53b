package transport_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/transport"
)

// A flushed is a connection that looks at how it is served.
type flushed struct {
	t       *testing.T
	noted   atomic.Bool
	flushes atomic.Int64
	at      *atomic.Int64 // flushes that run now, of all connections
	most    *atomic.Int64
}

func (c *flushed) Flush(s *transport.Scratch) {
	n := c.at.Add(1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
	if len(s.Frames) != 0 || len(s.Buf) != 0 {
		c.t.Error("the scratch is not empty")
	}
	s.Frames = append(s.Frames, &transport.Frame{})
	s.Buf = append(s.Buf, "left over"...)
	time.Sleep(time.Millisecond) // others get their turn
	c.noted.Store(false)
	c.flushes.Add(1)
	c.at.Add(-1)
}

// TestFlusherServesEveryNote: each of many notes from many goroutines is
// followed by a flush, never more at a time than there are processors but one, and
// the workers end.
func TestFlusherServesEveryNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f transport.Flusher
		var at, most atomic.Int64
		conns := make([]*flushed, 300)
		for i := range conns {
			conns[i] = &flushed{t: t, at: &at, most: &most}
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 50 {
					for _, c := range conns {
						if c.noted.CompareAndSwap(false, true) {
							f.Note(c)
						}
					}
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute) // and the bubble fails if a worker stays
		for i, c := range conns {
			if c.noted.Load() || c.flushes.Load() == 0 {
				t.Errorf("connection %d: noted %v after %d flushes", i, c.noted.Load(), c.flushes.Load())
			}
		}
		if m, limit := most.Load(), int64(max(1, runtime.GOMAXPROCS(0)-1)); m > limit {
			t.Errorf("%d flushes at a time, want %d at most", m, limit)
		}
	})
}

func TestCounter(t *testing.T) {
	ev := &transport.Frame{Kind: transport.KindEvent, Name: "a"}
	loose := &transport.Frame{Kind: transport.KindVolatile, Name: "b"}
	c := transport.NewCounter(42)
	steps := []struct {
		name   string
		seq    uint64
		frames []*transport.Frame
		mark   uint64 // 0: none
	}{
		{"as the welcome said", 42, []*transport.Frame{ev, loose, ev}, 0},
		{"on from there", 44, []*transport.Frame{loose, ev}, 0},
		{"a jump without a counted frame", 50, []*transport.Frame{loose}, 0},
		{"back in time", 45, []*transport.Frame{ev}, 0},
		{"a jump", 50, []*transport.Frame{loose, ev, ev}, 50},
		{"on from there again", 52, []*transport.Frame{ev}, 0},
		{"backwards", 3, []*transport.Frame{ev}, 3},
		{"nothing", 0, nil, 0},
	}
	for _, s := range steps {
		mark := c.Take(transport.Batch{Seq: s.seq, Frames: s.frames})
		var got uint64
		if mark != nil {
			got = mark.Num
		}
		if got != s.mark {
			t.Errorf("%s: mark %d, want %d", s.name, got, s.mark)
		}
	}
}
