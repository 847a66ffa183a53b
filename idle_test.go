package everwire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/transport"
)

// A field is a server on a real socket, and clients of it that cost this process
// next to nothing: a socket each, no goroutine, no buffer.
type field struct {
	tb    testing.TB
	rt    *everwire.Server
	http  *httptest.Server
	conns []net.Conn
	keys  int
}

// newField has all transports, or just these.
func newField(tb testing.TB, only ...transport.Transport) *field {
	tb.Helper()
	rt := everwire.New(everwire.Options{Transports: only, Logger: slog.New(slog.DiscardHandler), OpeningsPerSecond: 1 << 20, FramesPerSecond: 1 << 30})
	f := &field{tb: tb, rt: rt, http: httptest.NewServer(rt)}
	tb.Cleanup(func() {
		for _, nc := range f.conns {
			_ = nc.Close()
		}
		_ = rt.Shutdown(transport.Done)
		f.http.CloseClientConnections()
		f.http.Close()
	})
	return f
}

// dial returns a socket on which a request has been written.
func (f *field) dial(request string) net.Conn {
	f.tb.Helper()
	nc, err := net.Dial("tcp", f.http.Listener.Addr().String())
	if err != nil {
		f.tb.Fatal(err)
	}
	f.conns = append(f.conns, nc)
	if _, err := io.WriteString(nc, strings.ReplaceAll(request, "\n", "\r\n")); err != nil {
		f.tb.Fatal(err)
	}
	return nc
}

// until reads from a socket until the text has come.
func (f *field) until(nc net.Conn, text string) string {
	f.tb.Helper()
	_ = nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	var got []byte
	for buf := make([]byte, 4096); !strings.Contains(string(got), text); {
		n, err := nc.Read(buf)
		if got = append(got, buf[:n]...); err != nil {
			f.tb.Fatalf("got %q, error %v, want %q", got, err, text)
		}
	}
	_ = nc.SetReadDeadline(time.Time{})
	return string(got)
}

func (f *field) key() string {
	f.keys++
	return fmt.Sprintf("key-%018d", f.keys)
}

// post opens a session or polls, and leaves the answer to be read.
func (f *field) post(endpoint, hello string) net.Conn {
	f.tb.Helper()
	body := "[20," + hello + "]\r\n" // the CR is white space
	return f.dial(fmt.Sprintf("POST /everwire/%s HTTP/1.1\nHost: x\nContent-Length: %d\n\n", endpoint, len(body)) + "[20," + hello + "]\n")
}

// webSocket is the request for a WebSocket.
const webSocket = "GET /everwire/websocket HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: everwire.1\n\n"

// open makes one idle session over a transport.
func (f *field) open(over string) {
	f.tb.Helper()
	if over == "websocket" {
		nc := f.dial(webSocket)
		f.until(nc, "\r\n\r\n")
		_, _ = nc.Write(masked(fmt.Sprintf(`[20,{"key":%q,"n":1}]`, f.key())))
		f.until(nc, `"max"`)
		return
	}
	w := f.opening()
	switch over {
	case "longpoll":
		f.post("longpoll", fmt.Sprintf(`{"id":%q,"n":2}`, w.ID))
	case "sse":
		f.until(f.dial("GET /everwire/sse?t="+w.Ticket+"&n=2 HTTP/1.1\nHost: x\n\n"), `"ticket"`)
	}
}

// opened is what a client keeps of the welcome.
type opened struct{ ID, Ticket string }

// opening opens a session by a POST.
func (f *field) opening() opened {
	f.tb.Helper()
	nc := f.post("polling", fmt.Sprintf(`{"key":%q,"n":1,"ticket":1}`, f.key()))
	var w opened
	answer := f.until(nc, `]}]`)
	line := answer[strings.Index(answer, "[21,")+len("[21,"):]
	if err := json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimSpace(line), "]")), &w); err != nil {
		f.tb.Fatal(err)
	}
	_ = nc.Close()
	f.conns = f.conns[:len(f.conns)-1]
	return w
}

// settled waits until the number of goroutines has not changed for a while, and
// returns it. It counts ticks: a process that was put aside for a while has seen none.
func settled() int {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	n := runtime.NumGoroutine()
	for same := 0; same < 100; same++ {
		<-tick.C
		if m := runtime.NumGoroutine(); m != n {
			n, same = m, 0
		}
	}
	return n
}

// goroutines is what an idle session may hold of them: its reader on a WebSocket,
// what waits for the client to go away on a stream of events, nothing between
// short polls.
var goroutines = map[string]int{"websocket": 1, "sse": 1, "polling": 0}

func TestGoroutinesOfIdleSessions(t *testing.T) {
	const n = 30
	for over, want := range goroutines {
		t.Run(over, func(t *testing.T) {
			f := newField(t)
			f.open(over)
			before := settled()
			for range n {
				f.open(over)
			}
			if got := settled() - before; got != n*want {
				t.Errorf("%d idle sessions hold %d goroutines, want %d", n, got, n*want)
			}
			if got := f.rt.Len(); got != n+1 {
				t.Errorf("got %d sessions, want %d", got, n+1)
			}
		})
	}
}

// TestShutdownEndsStreams: streams that were taken over are told why they end,
// and end; http.Server.Shutdown knows nothing of them.
func TestShutdownEndsStreams(t *testing.T) {
	f := newField(t)
	f.open("sse")
	if err := f.http.Config.Shutdown(t.Context()); err != nil {
		t.Errorf("http.Server.Shutdown: %v, want nil while a stream is open", err)
	}
	if err := f.rt.Shutdown(transport.Done); err == nil {
		t.Error("Shutdown without time: got nil, want an error")
	}
	nc := f.conns[0]
	_ = nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	rest, err := io.ReadAll(nc)
	if want := "data:[22,4503,\"drain\",1000]\n\n\r\n0\r\n\r\n"; err != nil || !strings.HasSuffix(string(rest), want) {
		t.Errorf("got %q, %v, want %q at the end", rest, err, want)
	}
}

// BenchmarkIdle measures what an idle session costs, sockets of the kernel and
// the few bytes of its client here aside. One iteration is one session.
func BenchmarkIdle(b *testing.B) {
	for _, over := range transports {
		b.Run(over, func(b *testing.B) {
			f := newField(b)
			f.open(over)
			sessions := max(b.N, 50)
			routines, bytes := settled(), inUse()
			b.ReportAllocs()
			b.ResetTimer()
			for range sessions {
				f.open(over)
			}
			b.StopTimer()
			b.ReportMetric(float64(settled()-routines)/float64(sessions), "goroutines/session")
			b.ReportMetric(float64(inUse()-bytes)/float64(sessions), "idle-B/session")
		})
	}
}

// inUse returns the bytes of heap and stacks after a collection.
func inUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// BenchmarkEcho is one call of a client and its ack over a real WebSocket.
func BenchmarkEcho(b *testing.B) {
	for name, register := range map[string]func(rt *everwire.Server){
		"raw": func(rt *everwire.Server) {
			everwire.Handle(rt, "echo", func(_ *everwire.Session, m json.RawMessage) (json.RawMessage, error) { return m, nil })
		},
		"typed": func(rt *everwire.Server) {
			type message struct{ Text string }
			everwire.Handle(rt, "echo", func(_ *everwire.Session, m message) (message, error) { return m, nil })
		},
	} {
		b.Run(name, func(b *testing.B) {
			f := newField(b)
			register(f.rt)
			ws := openWebSocket(b, f.http.URL, f.key())
			call, ack := []byte(`[2,7,"echo",{"Text":"hello"}]`), `[3,7,{"Text":"hello"}]`
			b.ReportAllocs()
			got := 0
			for b.Loop() {
				callOver(b, ws, call, ack)
				got++
				if got%64 == 0 {
					_ = ws.WriteMessage(gorilla.TextMessage, fmt.Appendf(nil, "[26,%d]", got))
				}
			}
		})
	}
}

// BenchmarkOpening is a session over a real WebSocket from the upgrade to its end
// by the client: a room and an event in OnConnect are all that it is for. Its
// client knows what to say and to hear by heart.
func BenchmarkOpening(b *testing.B) {
	f := newField(b)
	event := json.RawMessage(`{"text":"hello"}`)
	f.rt.OnConnect(func(s *everwire.Session) error {
		s.Join("lobby")
		return s.Emit("said", event)
	})
	addr := f.http.Listener.Addr().(*net.TCPAddr)
	upgrade, hello, key := []byte(strings.ReplaceAll(webSocket, "\n", "\r\n")), masked(`[20,{"key":"key-000000000000000000","n":1}]`), 0
	bye, closed := masked(`[9,4000,"bye"]`), []byte{0x88, 0x80, 0, 0, 0, 0}
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		nc, err := net.DialTCP("tcp", nil, addr)
		if err != nil {
			b.Fatal(err)
		}
		hear(b, nc, upgrade, buf, "\r\n\r\n")
		key++
		strconv.AppendInt(hello[:len(hello)-len(`000000000","n":1}]`)], int64(1e8+key), 10)
		hear(b, nc, hello, buf, `[1,"said",{"text":"hello"}]`)
		hear(b, nc, bye, buf, "\x03\xe8closed")
		hear(b, nc, closed, buf, "")
		_ = nc.Close()
	}
	b.StopTimer()
	if n := f.rt.Len(); n > 0 {
		b.Errorf("%d sessions are left", n)
	}
}

// masked returns a text message of a client, with a mask that changes nothing.
func masked(text string) []byte {
	return append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
}

// hear says something and reads until what is heard ends with the text, or, where
// that is empty, until the connection ends.
func hear(tb testing.TB, nc net.Conn, say, buf []byte, text string) {
	if _, err := nc.Write(say); err != nil {
		tb.Fatal(err)
	}
	for got := 0; ; {
		n, err := nc.Read(buf[got:])
		switch got += n; {
		case err == io.EOF && text == "":
			return
		case err != nil:
			tb.Fatalf("got %q, error %v, want %q", buf[:got], err, text)
		case text != "" && bytes.HasSuffix(buf[:got], []byte(text)):
			return
		}
	}
}

// openWebSocket opens a session over a WebSocket.
func openWebSocket(tb testing.TB, url, key string) *gorilla.Conn {
	tb.Helper()
	d := gorilla.Dialer{Subprotocols: []string{"everwire.1"}}
	ws, resp, err := d.Dial("ws"+strings.TrimPrefix(url, "http")+"/everwire/websocket", nil)
	if err != nil {
		tb.Fatal(err)
	}
	_ = resp.Body.Close()
	tb.Cleanup(func() { _ = ws.Close() })
	if err := ws.WriteMessage(gorilla.TextMessage, fmt.Appendf(nil, `[20,{"key":"%s","n":1}]`, key)); err != nil {
		tb.Fatal(err)
	}
	return ws
}

// callOver sends a call and waits for its ack.
func callOver(tb testing.TB, ws *gorilla.Conn, call []byte, ack string) {
	tb.Helper()
	if err := ws.WriteMessage(gorilla.TextMessage, call); err != nil {
		tb.Fatal(err)
	}
	if got := nextAck(tb, ws); got != ack {
		tb.Fatalf("ack: got %s, want %s", got, ack)
	}
}

// nextAck reads until an ack comes; confirms and the like come between.
func nextAck(tb testing.TB, ws *gorilla.Conn) string {
	tb.Helper()
	for {
		_, p, err := ws.ReadMessage()
		if err != nil {
			tb.Fatal(err)
		}
		if bytes.HasPrefix(p, []byte("[3,")) {
			return string(p)
		}
	}
}
