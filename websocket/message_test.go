package websocket_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(data)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"

func TestBadMessages(t *testing.T) {
	big := strings.Repeat("x", 65<<10)
	tests := []struct {
		name   string
		first  byte
		data   string
		line   string
		code   uint16
		reason string
	}{
		{"text that is not UTF-8", fin | opText, "[1,\"\xff\"]", `[22,4400,"utf8"]`, 1007, "utf8"},
		{"text that is a surrogate", fin | opText, "[1,\"\xed\xa0\x80\"]", `[22,4400,"utf8"]`, 1007, "utf8"},
		{"no frame", fin | opText, `{"a":1}`, `[22,4400,"frame"]`, 4400, "frame"},
		{"white space only", fin | opText, ` `, `[22,4400,"frame"]`, 4400, "frame"},
		{"a second hello", fin | opText, hello(2, ""), `[22,4400,"hello"]`, 4400, "hello"},
		{"over the limit", fin | opText, `[1,"a","` + big + `"]`, `[22,4413,"size"]`, 1009, "size"},
		{"binary over the limit", fin | opBinary, "[5,\"a\"]\n" + big, `[22,4413,"size"]`, 1009, "size"},
		{"too many lines", fin | opText, strings.Repeat("[8]\n", 1025), `[22,4413,"size"]`, 1009, "size"},
		{"decompression bomb", fin | rsv1 | opText, string(deflate(make([]byte, 8<<20))), `[22,4413,"size"]`, 1009, "size"},
		{"compressed over the limit by one", fin | rsv1 | opText, string(deflate([]byte(`[1,"a","` + strings.Repeat("x", 65536-9) + `"]`))), `[22,4413,"size"]`, 1009, "size"},
		{"broken compression", fin | rsv1 | opText, "\xff\xff\xff\xff", `[22,4400,"frame"]`, 4400, "frame"},
		{"binary without a line feed", fin | opBinary, `[5,"a"]`, `[22,4400,"frame"]`, 4400, "frame"},
		{"binary of a kind without bytes", fin | opBinary, "[1,\"a\"]\n", `[22,4400,"frame"]`, 4400, "frame"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, &websocket.Transport{Compression: true}, offer, func(t *testing.T, c *bare, d *transporttest.Door) {
				c.text(t, hello(1, ""))
				c.expectLines(t, `[21,{"n":1,"seq":1}]`)
				go func() { _ = c.send(tt.first, []byte(tt.data)) }() // ends with the connection
				c.expectEnd(t, tt.line, tt.code, tt.reason)
				synctest.Wait()
				if got := d.Taken(); len(got) != 0 {
					t.Errorf("taken %v, want nothing", got)
				}
			})
		})
	}
}

// TestStatedLengthBeyondTheLimit: a frame that only says that it is huge is
// refused, and its length costs no memory.
func TestStatedLengthBeyondTheLimit(t *testing.T) {
	for _, head := range []string{
		"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04",
		"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04",
	} {
		bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
			_, _ = io.WriteString(c, head)
			c.expectEnd(t, `[22,4413,"size"]`, 1009, "size")
		})
	}
}

func TestGoodMessages(t *testing.T) {
	max := strings.Repeat("x", 65536-len(`[1,"",""]`)-1)
	tests := []struct {
		name string
		send func(t *testing.T, c *bare)
		want string // names of the events taken
	}{
		{"one", func(t *testing.T, c *bare) { c.text(t, `[1,"a"]`) }, "a"},
		{"several lines", func(t *testing.T, c *bare) { c.text(t, "[1,\"a\"]\n[1,\"b\"]", "[1,\"c\"]\n\n[1,\"d\"]\n") }, "a b c d"},
		{"an empty message", func(t *testing.T, c *bare) { c.text(t, "", "\n", `[1,"a"]`) }, "a"},
		{"unknown kinds", func(t *testing.T, c *bare) { c.text(t, `[99]`, `[1,"a"]`) }, "a"},
		{"the largest frame", func(t *testing.T, c *bare) { c.text(t, `[1,"a","`+max+`"]`) }, "a"},
		{"fragments with a ping between them", func(t *testing.T, c *bare) {
			_ = c.send(opText, []byte(`[1,`))
			_ = c.send(fin|opPing, []byte("between"))
			_ = c.send(0, []byte(`"`))
			_ = c.send(0, nil)
			_ = c.send(fin, []byte("a\"]\n[1,\"b\"]"))
			first, payload, err := c.read()
			if err != nil || first != fin|opPong || string(payload) != "between" {
				t.Errorf("got %x %q, %v, want the pong", first, payload, err)
			}
		}, "a b"},
		{"a character cut by fragments", func(t *testing.T, c *bare) {
			_ = c.send(opText, []byte("[1,\"\xc3"))
			_ = c.send(fin, []byte("\xa4\"]"))
		}, "ä"},
		{"compressed", func(t *testing.T, c *bare) {
			_ = c.send(fin|rsv1|opText, deflate([]byte(`[1,"a"]`)))
			_ = c.send(fin|opText, []byte(`[1,"b"]`))
		}, "a b"},
		{"compressed fragments", func(t *testing.T, c *bare) {
			z := deflate([]byte(`[1,"a"]`))
			_ = c.send(rsv1|opText, z[:3])
			_ = c.send(fin, z[3:])
		}, "a"},
		{"binary", func(t *testing.T, c *bare) { _ = c.send(fin|opBinary, []byte("[5,\"a\"]\n\n\x00\xff")) }, "a"},
		{"marks", func(t *testing.T, c *bare) {
			c.text(t, `[27,1]`, `[1,"a"]`, "[27,2]\n[1,\"b\"]", `[27,2]`, `[1,"twice"]`, `[1,"c"]`)
		}, "a b c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, &websocket.Transport{Compression: true}, offer, func(t *testing.T, c *bare, d *transporttest.Door) {
				c.text(t, hello(1, ""))
				c.expectLines(t, `[21,{"n":1,"seq":1}]`)
				tt.send(t, c)
				synctest.Wait()
				var names []string
				for _, f := range d.Taken() {
					names = append(names, f.Name)
				}
				if got := strings.Join(names, " "); got != tt.want {
					t.Errorf("taken %q, want %q", got, tt.want)
				}
				c.text(t, `[24,9]`)
				if got := c.line(t); !strings.HasPrefix(got, `[25,`) {
					t.Errorf("got %s, want a pong: the connection goes on", got)
				}
			})
		})
	}
}

// TestLengths: the head of a message is as short as its length allows.
func TestLengths(t *testing.T) {
	bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
		c.text(t, hello(1, ""))
		c.line(t) // the welcome
		for _, n := range []int{125, 126, 127, 0xfffe, 0xffff, 0x10000} {
			d.Emit(&transport.Frame{Kind: transport.KindEvent, Name: "e", Data: []byte(`"` + strings.Repeat("x", n-len(`[1,"e",""]`)) + `"`)})
			if got := len(c.line(t)); got != n {
				t.Errorf("got %d bytes, want %d", got, n)
			}
		}
	})
}

// TestHelloInTheSameMessage: what stands behind a hello in its message is taken
// by the session, what stands before it is not.
func TestHelloInTheSameMessage(t *testing.T) {
	bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
		c.text(t, "[24,0,5]\n"+hello(1, `,"seq":1`)+"\n[1,\"a\"]\n[1,\"b\"]")
		c.expectLines(t, `[25,0,5]`, `[21,{"n":1,"seq":1}]`)
		synctest.Wait()
		if n := len(d.Taken()); n != 2 {
			t.Errorf("taken %d frames, want 2", n)
		}
	})
}

// TestHelloAboveTheLimitOfAFrame: a hello has a limit of its own, as in a body. The
// frames of the session have that of a frame from there on.
func TestHelloAboveTheLimitOfAFrame(t *testing.T) {
	const limit = 100
	token := `,"token":"` + strings.Repeat("x", limit) + `"`
	fits := `[1,"a","` + strings.Repeat("x", limit-len(`[1,"a",""]`)) + `"]`
	synctest.Test(t, func(t *testing.T) {
		d := transporttest.NewDoor(t)
		d.Bounds.FrameBytes = limit
		s := serve(&websocket.Transport{}, d)
		defer s.Close()
		dial := func() *bare {
			nc, err := s.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			return shake(t, nc, "/websocket")
		}
		c := dial()
		defer c.Close()
		c.text(t, hello(1, token), fits)
		c.expectLines(t, `[21,{"n":1,"seq":1}]`)
		synctest.Wait()
		if n := len(d.Taken()); n != 1 {
			t.Errorf("taken %d frames, want 1", n)
		}
		c.text(t, fits+" ")
		c.expectEnd(t, `[22,4413,"size"]`, 1009, "size")
		c = dial()
		defer c.Close()
		c.text(t, hello(2, `,"token":"`+strings.Repeat("x", 8<<10)+`"`))
		c.expectEnd(t, `[22,4413,"size"]`, 1009, "size")
	})
}

// TestCompressedOnlyIfOffered: frames above 1 KiB are compressed for a client
// that offered it, and for no other.
func TestCompressedOnlyIfOffered(t *testing.T) {
	for _, tt := range []struct {
		name, extra string
		want        byte
	}{
		{"offered", offer, fin | rsv1 | opText},
		{"not offered", "", fin | opText},
		{"another extension offered", "Sec-WebSocket-Extensions: x-permessage-deflate-not\r\n", fin | opText},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, &websocket.Transport{Compression: true}, tt.extra, func(t *testing.T, c *bare, d *transporttest.Door) {
				c.text(t, hello(1, ""))
				c.line(t)
				d.Emit(events(2, 5000)...)
				for _, f := range events(2, 5000) {
					first, payload, err := c.read()
					if first&rsv1 != 0 {
						if bytes.HasSuffix(payload, []byte{0, 0, 0xff, 0xff}) {
							t.Error("the message ends in 00 00 ff ff, which RFC 7692 section 7.2.1 takes off")
						}
						payload, _ = io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))))
					}
					if err != nil || first != tt.want || !bytes.Equal(payload, f.Line()) {
						t.Errorf("got %x, %d bytes, %v, want %x and the event", first, len(payload), err, tt.want)
					}
				}
			})
		})
	}
}

func TestHandshakes(t *testing.T) {
	const key, version, protocol = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Protocol: everwire.1\r\n"
	const upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
	const badHello, noTransport = "[22,4400,\"hello\"]\n", "[22,4406,\"transport\"]\n"
	tests := []struct {
		name, request string
		status        int
		body          string
		header        string // name: value
	}{
		{"good", "GET /websocket HTTP/1.1\r\n" + upgrade + key + version + protocol, 101, "", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		{"one of several subprotocols", "GET /websocket HTTP/1.1\r\n" + upgrade + key + version + "Sec-WebSocket-Protocol: x, everwire.1\r\n", 101, "", "Sec-WebSocket-Protocol: everwire.1"},
		{"POST", "POST /websocket HTTP/1.1\r\nContent-Length: 0\r\n" + upgrade + key + version + protocol, 405, "[22,4405,\"method\"]\n", "Allow: GET, OPTIONS"},
		{"no upgrade", "GET /websocket HTTP/1.1\r\n" + key + version + protocol, 406, noTransport, ""},
		{"a proxy took Connection away", "GET /websocket HTTP/1.1\r\nUpgrade: websocket\r\n" + key + version + protocol, 406, noTransport, ""},
		{"a proxy took Upgrade away", "GET /websocket HTTP/1.1\r\nConnection: Upgrade\r\n" + key + version + protocol, 406, noTransport, ""},
		{"no subprotocol", "GET /websocket HTTP/1.1\r\n" + upgrade + key + version, 400, badHello, "Sec-WebSocket-Version: 13"},
		{"in the second field", "GET /websocket HTTP/1.1\r\n" + upgrade + key + version + "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: y ,everwire.1\r\n", 101, "", "Sec-WebSocket-Protocol: everwire.1"},
		{"another subprotocol", "GET /websocket HTTP/1.1\r\n" + upgrade + key + version + "Sec-WebSocket-Protocol: everwire.2\r\n", 400, badHello, "Sec-WebSocket-Version: 13"},
		{"version 8", "GET /websocket HTTP/1.1\r\n" + upgrade + key + protocol + "Sec-WebSocket-Version: 8\r\n", 400, badHello, "Sec-WebSocket-Version: 13"},
		{"no version", "GET /websocket HTTP/1.1\r\n" + upgrade + key + protocol, 400, badHello, "Sec-WebSocket-Version: 13"},
		{"no key", "GET /websocket HTTP/1.1\r\n" + upgrade + version + protocol, 400, badHello, "Sec-WebSocket-Version: 13"},
		{"a short key", "GET /websocket HTTP/1.1\r\n" + upgrade + version + protocol + "Sec-WebSocket-Key: AQID\r\n", 400, badHello, "Sec-WebSocket-Version: 13"},
		{"draft 75", "GET /websocket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nWebSocket-Protocol: everwire.1\r\n", 400, badHello, "Sec-WebSocket-Version: 13"},
		// It sends 8 bytes behind its head and waits for 16: it must not wait long.
		{"draft 76", "GET /websocket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n" + protocol, 400, badHello, "Connection: close"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(&websocket.Transport{}, transporttest.NewDoor(t))
				defer s.Close()
				nc, err := s.Dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				tail := ""
				if tt.name == "draft 76" {
					tail = "^n:ds[4U"
				}
				_, _ = io.WriteString(nc, tt.request+"Host: "+memhttp.Host+"\r\n\r\n"+tail)
				resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
				if err != nil {
					t.Fatal(err)
				}
				body := ""
				if resp.StatusCode != http.StatusSwitchingProtocols {
					b, _ := io.ReadAll(resp.Body)
					body = string(b)
				}
				if resp.StatusCode != tt.status || body != tt.body {
					t.Errorf("got %d %q, want %d %q", resp.StatusCode, body, tt.status, tt.body)
				}
				name, want, _ := strings.Cut(tt.header, ": ")
				if got := resp.Header.Get(name); name != "" && got != want && !(name == "Connection" && resp.Close) {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			})
		})
	}
}
