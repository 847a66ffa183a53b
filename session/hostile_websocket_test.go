package session_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
)

// wsTests are what a client does on a WebSocket before or after its hello, and how
// that ends: the error frame, and the close code.
var wsTests = []struct {
	name  string
	hello bool // after a good hello
	lines []string
	kind  int
	want  string // the error frame
	code  int    // of the close frame
}{
	{"event before the hello", false, []string{`[1,"say",1]`}, gorilla.TextMessage, `[22,4400,"hello"]`, 4400},
	{"welcome before the hello", false, []string{`[21,{}]`}, gorilla.TextMessage, `[22,4400,"hello"]`, 4400},
	{"fourth ping", false, []string{`[24,0]`, `[24,0]`, `[24,0]`, `[24,0]`}, gorilla.TextMessage, `[22,4400,"hello"]`, 4400},
	{"hello without a key", false, []string{`[20,{"n":1}]`}, gorilla.TextMessage, `[22,4400,"hello"]`, 4400},
	{"not JSON", false, []string{`hello`}, gorilla.TextMessage, `[22,4400,"frame"]`, 4400},
	{"not UTF-8", false, []string{"[1,\"\xff\"]"}, gorilla.TextMessage, `[22,4400,"utf8"]`, 1007},
	{"binary that is none", false, []string{"\x00\x01"}, gorilla.BinaryMessage, `[22,4400,"frame"]`, 4400},
	{"hello as binary", false, []string{`[20,{"key":"` + key22 + `","n":1}]` + "\n"}, gorilla.BinaryMessage, `[22,4400,"frame"]`, 4400},
	{"second hello", true, []string{`[20,{"key":"` + key22 + `","n":2}]`}, gorilla.TextMessage, `[22,4400,"hello"]`, 4400},
	{"gap", true, []string{`[27,5]`, `[1,"say",1]`}, gorilla.TextMessage, `[22,4400,"gap"]`, 4400},
	{"count", true, []string{`[24,5]`}, gorilla.TextMessage, `[22,4400,"count"]`, 4400},
	{"confirm", true, []string{`[26,5]`}, gorilla.TextMessage, `[22,4400,"confirm"]`, 4400},
	{"welcome", true, []string{`[21,{}]`}, gorilla.TextMessage, `[22,4400,"frame"]`, 4400},
	{"cut", true, []string{`[1,"say",1`}, gorilla.TextMessage, `[22,4400,"frame"]`, 4400},
	{"not UTF-8 in a session", true, []string{"[1,\"x\",\"\xed\xa0\x80\"]"}, gorilla.TextMessage, `[22,4400,"utf8"]`, 1007},
	{"bytes without a line feed", true, []string{`[5,"x"]`}, gorilla.BinaryMessage, `[22,4400,"frame"]`, 4400},
	{"event as binary", true, []string{`[1,"x"]` + "\nabc"}, gorilla.BinaryMessage, `[22,4400,"frame"]`, 4400},
	{"silence", false, nil, 0, `[22,4408,"timeout"]`, 4408},
	{"kind 0", true, []string{`[0]`}, gorilla.TextMessage, `[22,4400,"frame"]`, 4400},
}

// A client that says more than its close in one message is told that this has come.
func TestWebSocketSaysMoreThanItsClose(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		srv := memhttp.Serve(withTransports(session.Options{}), memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"key":"`+key22+`","n":1}]`, `[9,4000,"bye"]`+"\n"+`[1,"say",1]`)
		_, _, _ = ws.ReadMessage() // the welcome
		_, p, _ := ws.ReadMessage()
		same(t, "last frame", string(p), `[26,1]`)
		_, _, err := ws.ReadMessage()
		same(t, "closed in order", gorilla.IsCloseError(err, 1000), true)
	})
}

func TestRefusedWebSockets(t *testing.T) {
	for _, tt := range wsTests {
		bubble(t, tt.name, func(t *testing.T) {
			rt := withTransports(session.Options{})
			in := newInnocent(t, rt)
			srv := memhttp.Serve(rt, memhttp.Options{})
			defer srv.Close()
			ws := dial(t, srv)
			defer ws.Close()
			if tt.hello {
				send(t, ws, gorilla.TextMessage, `[20,{"key":"`+key22+`","n":1}]`)
			}
			for _, line := range tt.lines {
				send(t, ws, tt.kind, line)
			}
			var last string
			for {
				_, p, err := ws.ReadMessage()
				var closed *gorilla.CloseError
				if errors.As(err, &closed) {
					same(t, "close code", closed.Code, tt.code)
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				last = string(p)
			}
			same(t, "last frame", last, tt.want)
			in.check(t, tt.name)
			if tt.hello {
				same(t, "sessions", rt.Len(), 2) // detached, not closed
			}
		})
	}
}

// What is wrong below the frames of the protocol ends that connection only.
func TestHostileWebSocketBytes(t *testing.T) {
	for name, wire := range map[string]string{
		"unmasked":              "\x81\x03abc",
		"reserved bits":         "\xf1\x83\x00\x00\x00\x00abc",
		"unknown opcode":        "\x83\x80\x00\x00\x00\x00",
		"fragmented ping":       "\x09\x80\x00\x00\x00\x00",
		"long ping":             "\x89\xfe\x00\x7e\x00\x00\x00\x00",
		"continuation first":    "\x80\x83\x00\x00\x00\x00abc",
		"message of 1 TB":       "\x81\xff\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"length negative":       "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",
		"cut in the head":       "\x81",
		"cut in the payload":    "\x81\xfe\x40\x00\x00\x00\x00\x00abc",
		"close of one byte":     "\x88\x81\x00\x00\x00\x00a",
		"close code 1005":       "\x88\x82\x00\x00\x00\x00\x03\xed",
		"fragments of nothing":  strings.Repeat("\x01\x80\x00\x00\x00\x00", 2),
		"HTTP":                  "GET / HTTP/1.1\r\n\r\n",
		"pings without reading": strings.Repeat("\x89\x84\x00\x00\x00\x00ping", 5_000),
	} {
		bubble(t, name, func(t *testing.T) {
			rt := withTransports(session.Options{})
			in := newInnocent(t, rt)
			srv := memhttp.Serve(rt, memhttp.Options{})
			defer srv.Close()
			ws := dial(t, srv)
			go func() { // ends with the connection
				_, _ = io.WriteString(ws.NetConn(), wire)
				if strings.HasPrefix(name, "cut") {
					ws.Close()
				}
			}()
			pass(40 * time.Second)
			_, _ = io.Copy(io.Discard, ws.NetConn()) // it has an end
			ws.Close()
			in.check(t, name)
			same(t, "sessions", rt.Len(), 1)
		})
	}
}

// A refused hello leaves the WebSocket as it was (R8), but not for ever.
func TestHellosOfAWebSocket(t *testing.T) {
	bubble(t, "again after unknown", func(t *testing.T) {
		rt := withTransports(session.Options{})
		srv := memhttp.Serve(rt, memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		send(t, ws, gorilla.TextMessage, `[20,{"id":"gone","n":1}]`, `[1,"dropped"]`, `[24,0,7]`, `[20,{"key":"`+key22+`","n":2}]`)
		for _, want := range []string{`[22,4404,"unknown"]`, `[25,0,7]`, `[21,{"v":1,`} {
			if _, p, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(p), want) {
				t.Fatalf("got %s, error %v, want %s", p, err, want)
			}
		}
	})
	bubble(t, "without end", func(t *testing.T) {
		srv := memhttp.Serve(withTransports(session.Options{}), memhttp.Options{})
		defer srv.Close()
		ws := dial(t, srv)
		defer ws.Close()
		unknown := 0
		for range 50 {
			if ws.WriteMessage(gorilla.TextMessage, []byte(`[20,{"id":"gone","n":1}]`)) != nil {
				break
			}
			_, p, err := ws.ReadMessage()
			if err != nil || string(p) == `[22,4400,"hello"]` {
				break
			}
			unknown++
		}
		if unknown >= 50 {
			t.Errorf("%d hellos were answered", unknown)
		}
	})
}

// The pings of a WebSocket may come from anybody on the way: it is the answers to
// those of the protocol that keep a connection (PROTOCOL.md sections 9.5 and 11.1).
func TestControlFramesAreNoSignOfLife(t *testing.T) {
	for _, answers := range []bool{false, true} {
		bubble(t, fmt.Sprint("answers ", answers), func(t *testing.T) {
			rt := withTransports(session.Options{})
			srv := memhttp.Serve(rt, memhttp.Options{})
			defer srv.Close()
			ws := dial(t, srv)
			defer ws.Close()
			began := time.Now()
			send(t, ws, gorilla.TextMessage, `[20,{"v":1,"key":"`+key22+`","n":1}]`)
			stop := make(chan struct{})
			go func() { // ends with the test
				for opcode := gorilla.PingMessage; ; opcode ^= gorilla.PingMessage ^ gorilla.PongMessage {
					select {
					case <-stop:
						return
					case <-time.After(5 * time.Second):
						_ = ws.WriteControl(opcode, nil, time.Now().Add(time.Second))
					}
				}
			}()
			defer close(stop)
			var got []string
			for time.Since(began) < time.Minute {
				_, line, err := ws.ReadMessage()
				var closed *gorilla.CloseError
				if errors.As(err, &closed) {
					got = append(got, fmt.Sprint(time.Since(began), " closed ", closed.Code))
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, fmt.Sprintf("%v %.7s", time.Since(began), line)); answers && string(line) == "[24,0]" {
					send(t, ws, gorilla.TextMessage, "[25,0]")
				}
			}
			want := []string{`0s [21,{"v`, "25s [24,0]", "45s [22,440", "45s closed 4408"}
			if answers {
				want = []string{`0s [21,{"v`, "25s [24,0]", "50s [24,0]", "1m15s [24,0]"}
			}
			same(t, "read", got, want)
		})
	}
}

func dial(t *testing.T, srv *memhttp.Server) *gorilla.Conn {
	t.Helper()
	d := gorilla.Dialer{
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) { return srv.Dial(ctx, network, addr) },
		Subprotocols:   []string{"everwire.1"},
	}
	ws, resp, err := d.Dial("ws://"+memhttp.Host+"/everwire/websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return ws
}

func send(t *testing.T, ws *gorilla.Conn, kind int, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if err := ws.WriteMessage(kind, []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
}

// Handshakes that are none are answered at once and in full.
func TestRefusedHandshakes(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{"no upgrade", "", "4406 transport"},
		{"other upgrade", "Connection: Upgrade\r\nUpgrade: h2c\r\n", "4406 transport"},
		{"hixie-76", "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key1: 4 @1\r\nSec-WebSocket-Key2: 1\r\n", "4400 hello"},
		{"version 8", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: everwire.1\r\n", "4400 hello"},
		{"no key", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: everwire.1\r\n", "4400 hello"},
		{"no subprotocol", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "4400 hello"},
		{"other subprotocol", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat, everwire.2\r\n", "4400 hello"},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			srv := memhttp.Serve(withTransports(session.Options{}), memhttp.Options{})
			defer srv.Close()
			nc, err := srv.Dial(t.Context(), "tcp", "")
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			start := time.Now()
			fmt.Fprintf(nc, "GET /everwire/websocket HTTP/1.1\r\nHost: %s\r\n%s\r\n", memhttp.Host, tt.head)
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			same(t, "answer", word(t, resp.StatusCode, string(body)), tt.want)
			same(t, "took", time.Since(start), 0)
			checkHead(t, resp)
		})
	}
}
