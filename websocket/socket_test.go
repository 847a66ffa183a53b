package websocket_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

// These tests run on real sockets, where the transport writes without blocking.

// doors serves one door for each path.
type doors struct {
	*httptest.Server
	byPath map[string]*transporttest.Door
}

// sendBuffer is the kernel's for the server's side: small, so that a peer that
// reads nothing soon shows.
const sendBuffer = 64 << 10

func listen(t *testing.T, tr transport.Transport, n int) *doors {
	t.Helper()
	s := &doors{byPath: make(map[string]*transporttest.Door)}
	for i := range n {
		s.byPath[fmt.Sprintf("/%d", i)] = transporttest.NewDoor(t)
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = tr.Serve(w, r, s.byPath[r.URL.Path])
	}))
	s.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(sendBuffer)
		return ctx
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *doors) door(i int) *transporttest.Door { return s.byPath[fmt.Sprintf("/%d", i)] }

// connect shakes hands and attaches at door i. Its own buffer is small, too.
func (s *doors) connect(t *testing.T, i int) *bare {
	t.Helper()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.(*net.TCPConn).SetReadBuffer(2 * sendBuffer)
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	c := shake(t, nc, fmt.Sprintf("/%d", i))
	c.text(t, hello(1, ""))
	c.expectLines(t, `[21,{"n":1,"seq":1}]`)
	return c
}

// expectEvents fails unless the events of n come, from number from on.
func (c *bare) expectEvents(want []*transport.Frame) error {
	for i, f := range want {
		first, payload, err := c.read()
		if err != nil || first != fin|opText || string(payload) != string(f.Line()) {
			return fmt.Errorf("event %d of %d: got %x, %.20q of %d bytes, %v", i, len(want), first, payload, len(payload), err)
		}
	}
	return nil
}

// TestSlowReaderHoldsNobodyElse: one connection reads nothing for a while; the
// others get theirs; then it gets all of its own, whole and in order.
func TestSlowReaderHoldsNobodyElse(t *testing.T) {
	const others = 20
	tr := &websocket.Transport{}
	s := listen(t, tr, others+1)
	slow := s.connect(t, others)
	all := events(400, 5000) // 2 MB
	s.door(others).Emit(all...)
	var wg sync.WaitGroup
	for i := range others {
		c := s.connect(t, i)
		s.door(i).Emit(all[:50]...)
		wg.Go(func() {
			if err := c.expectEvents(all[:50]); err != nil {
				t.Errorf("connection %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := s.door(others).Links()[0].Closed(); n != 0 {
		t.Fatal("the slow connection has been closed")
	}
	if err := slow.expectEvents(all); err != nil {
		t.Errorf("the slow connection: %v", err)
	}
}

// TestFlusherWithManyConnections: what several goroutines emit to many
// connections arrives once each and in order.
func TestFlusherWithManyConnections(t *testing.T) {
	const connections, rounds = 100, 40
	s := listen(t, &websocket.Transport{}, connections)
	var readers, writers sync.WaitGroup
	all := events(rounds, 40)
	for i := range connections {
		c := s.connect(t, i)
		readers.Go(func() {
			if err := c.expectEvents(all); err != nil {
				t.Errorf("connection %d: %v", i, err)
			}
		})
	}
	for part := range 4 {
		writers.Go(func() {
			for _, f := range all {
				for i := part; i < connections; i += 4 {
					s.door(i).Emit(f)
				}
			}
		})
	}
	writers.Wait()
	readers.Wait()
}

// TestPongWhileAMessageIsHalfWritten: control frames, and answers to the
// protocol's own pings, wait for the end of a message that is being written.
func TestPongWhileAMessageIsHalfWritten(t *testing.T) {
	s := listen(t, &websocket.Transport{}, 1)
	c := s.connect(t, 0)
	all := events(60, 50_000) // more than all buffers take
	for _, f := range all[:30] {
		s.door(0).Emit(f)
	}
	for i := range 20 {
		if err := c.send(fin|opPing, fmt.Appendf(nil, "p%02d", i)); err != nil {
			t.Fatal(err)
		}
	}
	c.text(t, `[1,"up"]`)
	s.door(0).Await("the event up", func() bool { return len(s.door(0).Taken()) == 1 })
	for _, f := range all[30:] {
		s.door(0).Emit(f)
	}
	pongs, events := 0, 0
	for pongs < 20 || events < 60 {
		first, payload, err := c.read()
		switch {
		case err != nil:
			t.Fatalf("behind %d pongs and %d events: %v", pongs, events, err)
		case first == fin|opPong && string(payload) == fmt.Sprintf("p%02d", pongs):
			pongs++
		case first == fin|opText && string(payload) == string(all[events].Line()):
			events++
		default:
			t.Fatalf("behind %d pongs and %d events: got %x %.20q of %d bytes", pongs, events, first, payload, len(payload))
		}
	}
}

// TestEndBehindWhatIsHalfWritten: the end of a session is told behind the frames
// before it, to a peer that is slow.
func TestEndBehindWhatIsHalfWritten(t *testing.T) {
	s := listen(t, &websocket.Transport{}, 1)
	c := s.connect(t, 0)
	all := events(30, 50_000)
	s.door(0).Emit(all...)
	if err := c.expectEvents(all[:1]); err != nil { // all are one batch, which has begun
		t.Fatal(err)
	}
	s.door(0).End(transport.ErrExpired)
	if err := c.expectEvents(all[1:]); err != nil {
		t.Fatal(err)
	}
	c.expectEnd(t, `[22,4410,"expired"]`, 4410, "expired")
	_, _ = c.Write(closeFrame)
	c.expectHangup(t)
	s.door(0).Await("the link to be closed", func() bool { return s.door(0).Links()[0].Closed() == 1 })
}

// TestManyGoAway: connections that vanish in the middle of everything leave
// nothing behind; TestMain looks for their goroutines.
func TestManyGoAway(t *testing.T) {
	const connections = 30
	s := listen(t, &websocket.Transport{}, connections)
	var wg sync.WaitGroup
	for i := range connections {
		c := s.connect(t, i)
		wg.Go(func() { s.door(i).Emit(events(50, 5000)...) })
		wg.Go(func() { _ = c.Close() })
	}
	wg.Wait()
	for i := range connections {
		d := s.door(i)
		d.Await("the link to be closed", func() bool { return d.Links()[0].Closed() == 1 })
	}
}

// TestTLS: where a socket can only be read and written with blocking, messages
// of all sizes go both ways.
func TestTLS(t *testing.T) {
	d := transporttest.NewDoor(t)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = (&websocket.Transport{}).Serve(w, r, d)
	}))
	defer s.Close()
	nc, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true}) // the server is ours
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	c := shake(t, nc, "/")
	c.text(t, hello(1, ""))
	c.expectLines(t, `[21,{"n":1,"seq":1}]`)
	var sent []string
	for _, size := range []int{0, 1, 125, 126, 511, 512, 513, 8192, 60_000} {
		text := `[1,"a","` + strings.Repeat("x", size) + `"]`
		sent = append(sent, text)
		c.text(t, text)
	}
	d.Await("all messages", func() bool { return len(d.Taken()) == len(sent) })
	for i, f := range d.Taken() {
		if string(f.Line()) != sent[i] {
			t.Errorf("message %d is another one", i)
		}
	}
	all := append(events(3, 60_000), events(20, 100)...)
	d.Emit(all...)
	if err := c.expectEvents(all); err != nil {
		t.Error(err)
	}
}
