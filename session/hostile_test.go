package session_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
)

// An innocent is a session that lives beside a hostile client.
type innocent struct {
	*peer
	c *conn
}

// newInnocent opens one that nothing has happened to.
func newInnocent(t *testing.T, rt *session.Server) *innocent {
	t.Helper()
	session.Handle(rt, "alive", func(_ *session.Session, n int) (int, error) { return n, nil })
	p, c := open(t, rt, "websocket")
	p.session().Join("innocents")
	return &innocent{p, c}
}

// check makes a round trip and a broadcast. It must run in a bubble.
func (in *innocent) check(t *testing.T, after string) {
	t.Helper()
	_ = in.rt.To("innocents").Emit("news", nil)
	in.c.write(`[2,1,"alive",7]`)
	synctest.Wait()
	if got := strings.Join(in.c.read(), " "); !strings.Contains(got, `[1,"news"]`) || !strings.Contains(got, `[3,1,7]`) || strings.Contains(got, "end") {
		t.Fatalf("after %s the innocent session read %s", after, got)
	}
	if in.c.write(fmt.Sprintf(`[26,%d]`, in.got)) != "" {
		t.Fatalf("after %s the innocent session is at fault", after)
	}
}

// A refusal is a request and what it must be answered. ID in its body is the
// id of a session with n 1, KEY a key that is not known.
type refusal struct{ name, endpoint, body, want string }

const key22 = "AAAAAAAAAAAAAAAAAAAAAA"

var refusals = []refusal{
	{"empty", "polling", "", "4400 hello"},
	{"line feed", "polling", "\n", "4400 hello"},
	{"no line feed at the end", "polling", `[20,{"id":"ID","n":9}]`, "4400 frame"},
	{"cut in a frame", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"say"`, "4400 frame"},
	{"cut behind a whole frame", "send", `[20,{"id":"ID","r":9}]` + "\n" + `[1,"say",1]` + "\n" + `[1,"say",2]`, "4400 frame"},
	{"binary", "longpoll", "\x00\x01\x02\n", "4400 frame"},
	{"not UTF-8", "polling", "[20,{\"id\":\"ID\",\"n\":9}]\n[1,\"\xff\"]\n", "4400 utf8"},
	{"not UTF-8 in the hello", "polling", "[20,{\"id\":\"\xc0\x80\",\"n\":9}]\n", "4400 utf8"},
	{"UTF-16", "polling", "\xff\xfe[\x002\x00", "4400 frame"},
	{"BOM", "polling", "\ufeff[20,{\"id\":\"ID\",\"n\":9}]\n", "4400 frame"},
	{"html", "polling", "<html></html>\n", "4400 frame"},
	{"form", "polling", "id=ID&n=9\n", "4400 frame"},
	{"event first", "polling", `[1,"say",1]` + "\n", "4400 hello"},
	{"ping first", "send", `[24,0]` + "\n", "4400 hello"},
	{"two hellos", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[20,{"id":"ID","n":10}]` + "\n", "4400 hello"},
	{"welcome", "polling", `[20,{"id":"ID","n":9}]` + "\n[21,{}]\n", "4400 frame"},
	{"error frame", "send", `[20,{"id":"ID","r":9}]` + "\n" + `[22,4400,"x"]` + "\n", "4400 frame"},
	{"bad frame behind good ones", "polling", `[20,{"id":"ID","n":9,"seq":1}]` + "\n" + `[1,"say",1]` + "\n[1,2]\n", "4400 frame"},
	{"too deep", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"x",` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "]\n", "4400 frame"},
	{"hello too deep", "polling", `[20,` + strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70) + "]\n", "4400 frame"},
	{"name too long", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"` + strings.Repeat("é", 129) + `"]` + "\n", "4400 frame"},
	{"number too large", "polling", `[20,{"id":"ID","n":9}]` + "\n[26,9007199254740992]\n", "4400 frame"},
	{"hello too large", "polling", `[20,{"id":"ID","n":9,"x":"` + strings.Repeat("x", 9000) + "\"}]\n", "4413 size"},
	{"auth too large", "polling", `[20,{"key":"` + key22 + `","n":9,"auth":"` + strings.Repeat("x", 4097) + "\"}]\n", "4413 size"},
	{"frame too large", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"x","` + strings.Repeat("x", 65536) + "\"]\n", "4413 size"},
	{"body too large", "send", `[20,{"id":"ID","r":9}]` + "\n" + strings.Repeat(`[1,"x","`+strings.Repeat("x", 60_000)+"\"]\n", 5), "4413 size"},
	{"too many frames", "send", `[20,{"id":"ID","r":9}]` + "\n" + strings.Repeat("[8]\n", 1025), "4413 size"},
	{"line feeds without end", "polling", strings.Repeat("\n", 300_000), "4413 size"},
	{"no such id", "polling", `[20,{"id":"no","n":1}]` + "\n", "4404 unknown"},
	{"no such id of the right form", "send", `[20,{"id":"AAAAAAAAAAAAAAAAAAAAAA","r":1}]` + "\n", "4404 unknown"},
	{"the key as id", "polling", `[20,{"id":"KEY","n":9}]` + "\n", "4404 unknown"},
	{"n of before", "polling", `[20,{"id":"ID","n":1}]` + "\n", "4409 stale"},
	{"got too high", "polling", `[20,{"id":"ID","n":9,"got":5000}]` + "\n", "4400 confirm"},
	{"got too high in a send", "send", `[20,{"id":"ID","r":9,"got":5000}]` + "\n", "4400 confirm"},
	{"pong too high", "send", `[20,{"id":"ID","r":9}]` + "\n[25,5000]\n", "4400 confirm"},
	{"no r", "send", `[20,{"id":"ID"}]` + "\n", "4400 hello"},
	{"no n", "longpoll", `[20,{"id":"ID"}]` + "\n", "4400 hello"},
	{"opening by send", "send", `[20,{"key":"` + key22 + `","n":1,"r":1}]` + "\n", "4400 hello"},
	{"key and id", "polling", `[20,{"id":"ID","key":"` + key22 + `","n":1}]` + "\n", "4400 hello"},
	{"short key", "polling", `[20,{"key":"abc","n":1}]` + "\n", "4400 hello"},
	{"opening that confirms", "polling", `[20,{"key":"` + key22 + `","n":1,"got":1}]` + "\n", "4400 confirm"},
}

func TestRefusedBodies(t *testing.T) {
	for _, tt := range append(refusals, helloVectors(t)...) {
		bubble(t, tt.endpoint+"/"+tt.name, func(t *testing.T) {
			rt := withTransports(session.Options{})
			app := watch(rt)
			in := newInnocent(t, rt)
			victim, c := open(t, rt, "websocket")
			app.tells(t, "connect", "connect")
			body := strings.NewReplacer("ID", victim.id, "KEY", victim.key).Replace(tt.body)
			for _, flat := range []bool{false, true} {
				if flat {
					body = strings.Replace(body, `[20,{"`, `[20,{"flat":1,"`, 1)
				}
				resp, got := serve(t, rt, request(tt.endpoint, "POST", body).WithContext(t.Context()))
				same(t, "answer", got, tt.want)
				checkHead(t, resp)
			}
			app.tells(t) // nothing of it was taken
			c.reads()    // and the session's own connection goes on
			same(t, "sessions", rt.Len(), 2)
			in.check(t, tt.name)
		})
	}
}

// helloVectors returns the hellos that every server refuses, as requests.
func helloVectors(t *testing.T) (all []refusal) {
	t.Helper()
	raw, err := os.ReadFile("../transport/testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		HelloError []struct {
			Name, Text, At, Word, Head, Fill, Tail string
			Times                                  int
			Code                                   int
		} `json:"hello_error"`
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors.HelloError {
		if v.At == "websocket" || v.At == "sse" {
			continue
		}
		text := v.Text
		if text == "" {
			text = v.Head + strings.Repeat(v.Fill, v.Times) + v.Tail
		}
		all = append(all, refusal{"vector " + v.Name, v.At, text + "\n", fmt.Sprint(v.Code, " ", v.Word)})
	}
	if len(all) < 30 {
		t.Fatalf("got %d vectors for HTTP endpoints", len(all))
	}
	return all
}

func TestRefusedStreams(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"no n", "t=TICKET", "4400 hello"},
		{"n 0", "t=TICKET&n=0", "4400 hello"},
		{"n negative", "t=TICKET&n=-1", "4400 hello"},
		{"n a fraction", "t=TICKET&n=9.0", "4400 hello"},
		{"n with a sign", "t=TICKET&n=%2B9", "4400 hello"},
		{"n too large", "t=TICKET&n=9007199254740992", "4400 hello"},
		{"got malformed", "t=TICKET&n=9&got=x", "4400 hello"},
		{"got too high", "t=TICKET&n=9&got=99", "4400 confirm"},
		{"n of before", "t=TICKET&n=1", "4409 stale"},
		{"no such ticket", "t=AAAAAAAAAAAAAAAAAAAAAA&n=9", "4409 stale"},
		{"empty ticket", "t=&n=9", "4400 hello"},
		{"long ticket", "t=" + strings.Repeat("A", 65) + "&n=9", "4400 hello"},
		{"id for a ticket", "t=ID&n=9", "4409 stale"},
		{"key for a ticket", "t=KEY&n=9", "4409 stale"},
		{"id in the URL", "id=ID&t=x&n=9", "4409 stale"},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := withTransports(session.Options{})
			in := newInnocent(t, rt)
			p := newPeer(t, rt)
			h := p.hello("polling")
			h.Renew = true
			if _, err := p.try(h); err != nil {
				t.Fatal(err)
			}
			query := strings.NewReplacer("TICKET", p.ticket, "ID", p.id, "KEY", p.key).Replace(tt.query)
			resp, got := serve(t, rt, request("sse?"+query, "GET", ""))
			same(t, "answer", got, tt.want)
			checkHead(t, resp)
			same(t, "the ticket is still good", p.refused(p.hello("sse")), "")
			in.check(t, tt.name)
		})
	}
}

// A body that does not come in time, or not whole, takes nothing.
func TestBodiesThatDoNotCome(t *testing.T) {
	for _, tt := range []struct {
		name, sent string
		hangUp     bool
		want       string        // answered with, "" for nothing
		after      time.Duration // the server hangs up
	}{
		{"never", "", false, "", 10 * time.Second},
		{"stops in the middle", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"say",1]` + "\n", false, "", 10 * time.Second},
		{"ends in the middle", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"say",1]` + "\n", true, "", 0},
	} {
		for _, endpoint := range []string{"polling", "longpoll", "send"} {
			bubble(t, tt.name+"/"+endpoint, func(t *testing.T) {
				rt := withTransports(session.Options{})
				app := watch(rt)
				in := newInnocent(t, rt)
				victim, c := open(t, rt, "websocket")
				app.tells(t, "connect", "connect")
				srv := memhttp.Serve(rt, memhttp.Options{})
				defer srv.Close()
				nc, err := srv.Dial(t.Context(), "tcp", "")
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				start := time.Now()
				fmt.Fprintf(nc, "POST /everwire/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5000\r\n\r\n%s",
					endpoint, memhttp.Host, strings.ReplaceAll(tt.sent, "ID", victim.id))
				if tt.hangUp {
					nc.Close()
				} else {
					answer, _ := io.ReadAll(nc)
					same(t, "answer", string(answer), tt.want)
					same(t, "after", time.Since(start), tt.after)
				}
				app.tells(t)
				c.reads()
				in.check(t, tt.name)
			})
		}
	}
}

// wsTest is what a client does on a WebSocket before or after its hello, and how
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
			time.Sleep(40 * time.Second)
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
