package session_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// A drain is the client's end of many links: it takes what is ready, as the
// flusher of a WebSocket does, and confirms it.
type drain struct {
	rt    *session.Server
	links []transport.Link
	noted []transport.Link // have something, in the order in which they said so
	into  []*transport.Frame
}

// newDrain opens n sessions that are members of "room", and waits until nobody
// runs their OnConnect any more: that would be counted as somebody's allocations.
func newDrain(tb testing.TB, n int) *drain {
	tb.Helper()
	d := &drain{rt: newServer(session.Options{OpeningsPerSecond: 1 << 20})}
	r := httptest.NewRequest("POST", "/", nil)
	for i := range n {
		link, w, err := d.rt.Attach(r, transport.Hello{Version: 1, Key: fmt.Sprint("bench-", i), Attach: 1, Transport: "websocket", Stream: true, Duplex: true}, transport.Batch{Seq: 1})
		if err != nil {
			tb.Fatal(err)
		}
		d.rt.Session(w.ID).Join("room")
		link.(transport.Notifier).Notify(func(bool) { d.noted = append(d.noted, link) })
		d.links = append(d.links, link)
	}
	for _, link := range d.links {
		link.(transport.Settler).Settle(tb.Context())
	}
	d.into = make([]*transport.Frame, 0, 64)
	d.noted = make([]transport.Link, 0, n)
	return d
}

// run takes and confirms everything that is ready.
func (d *drain) run(tb testing.TB) {
	for _, link := range d.noted {
		for {
			b, err := link.(transport.Lender).Borrow(d.into)
			if err != nil {
				break
			}
			link.(transport.Lender).Return()
			if err := link.Confirm(b.After() - 1); err != nil {
				tb.Fatal(err)
			}
		}
	}
	d.noted = d.noted[:0]
}

// take takes n frames of each link that has something, and leaves them to be
// confirmed.
func (d *drain) take(tb testing.TB, n int) {
	if len(d.noted) != len(d.links) {
		tb.Fatalf("%d links have something, want %d", len(d.noted), len(d.links))
	}
	for _, link := range d.noted {
		b, err := link.(transport.Lender).Borrow(d.into)
		if err != nil {
			tb.Fatal(err)
		}
		link.(transport.Lender).Return()
		if len(b.Frames) != n || b.More {
			tb.Fatalf("got %d frames, more %v, want %d", len(b.Frames), b.More, n)
		}
	}
	d.noted = d.noted[:0]
}

type said struct {
	Text string `json:"text"`
}

func BenchmarkEmit(b *testing.B) {
	d := newDrain(b, 1)
	var s *session.Session
	for s = range d.rt.Sessions() {
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Emit("said", said{"hello"}); err != nil {
			b.Fatal(err)
		}
		d.run(b)
	}
}

func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 8000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := newDrain(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if err := d.rt.To("room").Emit("said", said{"hello"}); err != nil {
					b.Fatal(err)
				}
				d.run(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/delivery")
		})
	}
}

// BenchmarkConfirm is one confirm of 64 frames, as a client sends them, which
// frees those that are the session's own and leaves those of a broadcast to the
// collector. What it reports is the confirms alone, without the emits before
// them, which take most of its time: those are for many sessions at once, so that
// the clock is looked at seldom. (To stop b's timer as often would take minutes.)
func BenchmarkConfirm(b *testing.B) {
	const frames, links = 64, 64
	for name, emit := range map[string]func(d *drain) error{
		"own": func(d *drain) error {
			for s := range d.rt.Sessions() {
				if err := s.Emit("said", nil); err != nil {
					return err
				}
			}
			return nil
		},
		"broadcast": func(d *drain) error { return d.rt.To("room").Emit("said", nil) },
	} {
		b.Run(name, func(b *testing.B) {
			d := newDrain(b, links)
			d.run(b) // the welcome
			var spent time.Duration
			got, n := uint64(0), 0
			for b.Loop() {
				for range frames {
					if err := emit(d); err != nil {
						b.Fatal(err)
					}
				}
				d.take(b, frames)
				got += frames
				began := time.Now()
				for _, link := range d.links {
					if err := link.Confirm(got); err != nil {
						b.Fatal(err)
					}
				}
				spent += time.Since(began)
				n += links
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(n), "ns/confirm")
			b.ReportMetric(0, "ns/op") // leaves it out: it is mostly the emits
		})
	}
}

func BenchmarkDeliver(b *testing.B) {
	rt := newServer(session.Options{FramesPerSecond: math.MaxInt32})
	done := make(chan struct{}, 1)
	session.On(rt, "say", func(*session.Session, said) error { done <- struct{}{}; return nil })
	r := httptest.NewRequest("POST", "/", nil)
	link, _, err := rt.Attach(r, transport.Hello{Version: 1, Key: "bench", Attach: 1, Stream: true, Duplex: true}, transport.Batch{Seq: 1})
	if err != nil {
		b.Fatal(err)
	}
	batch := transport.Batch{Seq: 1, Frames: []*transport.Frame{{Kind: transport.KindEvent, Name: "say", Data: []byte(`{"text":"hello"}`)}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := link.Deliver(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		<-done
		batch.Seq++
	}
}

// BenchmarkSession opens a session and closes it.
func BenchmarkSession(b *testing.B) {
	rt := newServer(session.Options{OpeningsPerSecond: 1 << 30})
	r := httptest.NewRequest("POST", "/", nil)
	bye := transport.Batch{Seq: 1, Frames: []*transport.Frame{{Kind: transport.KindClose, Num: 4000}}}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if _, _, err := rt.Attach(r, transport.Hello{Version: 1, Key: fmt.Sprint("bench-", i), Attach: 1, Transport: "polling"}, bye); err != nil {
			b.Fatal(err)
		}
	}
}

// allocRuns is enough for AllocsPerRun, which rounds down, to leave out what comes
// now and then: a confirm of the server's for each 64 frames, and what the pools
// make anew behind a collection. That is all the slack: the bounds are what one run
// allocates. The tests run in a bubble, so that no timer allocates meanwhile.
const allocRuns = 500

// exact skips a test that counts allocations where it cannot: with the race
// detector a sync.Pool drops at random a quarter of what it is given.
func exact(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
}

// What one event costs on its way down, from the emit to the confirm: nothing, as
// the frame is one that was confirmed before.
func TestAllocationsOfAnEvent(t *testing.T) {
	exact(t)
	synctest.Test(t, func(t *testing.T) {
		d := newDrain(t, 1)
		var s *session.Session
		for s = range d.rt.Sessions() {
		}
		emit := func() {
			if err := s.Emit("said", said{"hello"}); err != nil {
				t.Fatal(err)
			}
			d.run(t)
		}
		emit()
		if n := testing.AllocsPerRun(allocRuns, emit); n > 0 {
			t.Errorf("an emit allocates %v times, want none", n)
		}
	})
}

// What a call and its ack cost on the goroutine that reads.
func TestAllocationsOfACall(t *testing.T) {
	exact(t)
	for _, tt := range []struct {
		name   string
		handle func(*session.Server)
		want   float64
	}{
		{"raw", func(rt *session.Server) { // the copy of the payload that is the handler's
			session.Handle(rt, "echo", func(_ *session.Session, m json.RawMessage) (json.RawMessage, error) { return m, nil })
		}, 1},
		{"JSON both ways", func(rt *session.Server) { // the two values, and the text in one
			session.Handle(rt, "echo", func(_ *session.Session, m said) (said, error) { return m, nil })
		}, 3},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			d := newDrain(t, 1)
			tt.handle(d.rt)
			link := d.links[0].(transport.Runner)
			decoder := transport.Decoder{Reuse: true}
			line, frames := []byte(`[2,7,"echo",{"text":"hello"}]`), make([]*transport.Frame, 1)
			seq := uint64(1)
			call := func() {
				var err error
				if frames[0], err = decoder.Line(line); err != nil {
					t.Fatal(err)
				}
				lent, err := link.Take(t.Context(), transport.Batch{Seq: seq, Frames: frames})
				if err != nil || !lent {
					t.Fatalf("taken: lent %v, error %v", lent, err)
				}
				seq++
				link.Run(func() {})
				d.run(t)
			}
			call()
			if n := testing.AllocsPerRun(allocRuns, call); n > tt.want {
				t.Errorf("a call allocates %v times, want %v at most", n, tt.want)
			}
		})
	}
}

// A broadcast allocates the same for ten members as for a thousand: its payload
// is encoded once, and the members get a pointer.
func TestBroadcastAllocatesOncePerEvent(t *testing.T) {
	exact(t)
	const want = 3
	for _, n := range []int{10, 1000} {
		bubble(t, fmt.Sprint(n), func(t *testing.T) {
			d := newDrain(t, n)
			broadcast := func() {
				if err := d.rt.To("room").Emit("said", said{"hello"}); err != nil {
					t.Fatal(err)
				}
				d.run(t)
			}
			for range 10 { // the queues have their capacity
				broadcast()
			}
			if got := testing.AllocsPerRun(allocRuns, broadcast); got > want {
				t.Errorf("a broadcast to %d allocates %v times, want %d at most", n, got, want)
			}
		})
	}
}
