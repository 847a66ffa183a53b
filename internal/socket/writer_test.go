package socket_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/socket"
	"github.com/everwire/everwire/transport"
)

// A source has always the same to say.
type source struct {
	text      []byte
	next      socket.Next
	failed    bool
	meanwhile func() // done once, in the first Fill
	done      func()
}

func (s *source) Fill(to *transport.Scratch) socket.Next {
	to.Buf = append(to.Buf, s.text...)
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
	return s.next
}

func (s *source) Done() {
	if s.done != nil {
		s.done()
	}
}

func (s *source) Fail() { s.failed = true }

// sockets returns the two ends of a TCP connection.
func sockets(tb testing.TB) (server, client net.Conn) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	return server, client
}

// pair returns a writer, its source and the other end.
func pair(tb testing.TB) (*socket.Writer, *source, net.Conn) {
	tb.Helper()
	server, client := sockets(tb)
	src := &source{text: make([]byte, 128)}
	w := socket.New(server, new(transport.Flusher), 0, src)
	return &w, src, client
}

// TestFlushAllocatesNothing: a delivery is a write system call, and what is
// around it makes no garbage.
func TestFlushAllocatesNothing(t *testing.T) {
	w, src, client := pair(t)
	s := &transport.Scratch{Buf: make([]byte, 0, 1<<10)}
	const runs = 100 // far less than a socket holds
	if n := testing.AllocsPerRun(runs, func() { s.Buf = s.Buf[:0]; w.Flush(s) }); n > 0 {
		t.Errorf("a flush allocates %v times, want none", n)
	}
	if _, err := io.ReadFull(client, make([]byte, (runs+1)*len(src.text))); err != nil || src.failed {
		t.Errorf("reading it all: %v, failed %v", err, src.failed)
	}
}

// TestReady: whoever may write now has written when it returns, without a worker;
// if somebody else is writing, that is noted as any other.
func TestReady(t *testing.T) {
	server, client := sockets(t)
	src := &source{text: make([]byte, 128)}
	w := socket.New(server, nil, 0, src)
	w.Ready(true)
	if _, err := io.ReadFull(client, make([]byte, len(src.text))); err != nil || src.failed {
		t.Errorf("reading it: %v, failed %v", err, src.failed)
	}

	busy := &source{text: make([]byte, 128)}
	var twice socket.Writer
	busy.meanwhile = func() { twice.Ready(true) }
	twice = socket.New(server, new(transport.Flusher), 0, busy)
	twice.Ready(true)
	if _, err := io.ReadFull(client, make([]byte, 2*len(busy.text))); err != nil {
		t.Errorf("reading both: %v", err)
	}
}

// TestEndThatWaits: the end of a connection that can only be written with
// blocking may wait for its peer, under TLS even to close it. The worker does not.
func TestEndThatWaits(t *testing.T) {
	for name, text := range map[string]string{"with last words": "bye", "without a word": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client := net.Pipe()
				defer server.Close()
				go func() { // ends with the pipe
					_, _ = io.Copy(io.Discard, client)
				}()
				gone, ended := make(chan struct{}), false
				w := socket.New(server, nil, time.Minute, &source{text: []byte(text), next: socket.Last, done: func() { <-gone; ended = true }})
				w.Flush(new(transport.Scratch)) // the bubble fails if it waits
				synctest.Wait()
				if ended {
					t.Error("ended before its peer was gone")
				}
				close(gone)
				synctest.Wait()
				if !ended {
					t.Error("not ended")
				}
			})
		})
	}
}

func BenchmarkFlush(b *testing.B) {
	w, src, client := pair(b)
	s := &transport.Scratch{Buf: make([]byte, 0, 1<<10)}
	all := make([]byte, 64*len(src.text))
	b.ReportAllocs()
	for n := 0; b.Loop(); {
		s.Buf = s.Buf[:0]
		w.Flush(s)
		if n++; n == 64 {
			b.StopTimer()
			if _, err := io.ReadFull(client, all); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			n = 0
		}
	}
}

// BenchmarkFloor is the same write without anything around it.
func BenchmarkFloor(b *testing.B) {
	server, client := sockets(b)
	text := make([]byte, 128)
	all := make([]byte, 64*len(text))
	b.ReportAllocs()
	for n := 0; b.Loop(); {
		if _, err := server.Write(text); err != nil {
			b.Fatal(err)
		}
		if n++; n == 64 {
			b.StopTimer()
			if _, err := io.ReadFull(client, all); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			n = 0
		}
	}
}
