package websocket_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

// vectors are the groups of transport/testdata/frames.json that show on a
// WebSocket.
type vectors struct {
	DecodeOK    []struct{ Text string } `json:"decode_ok"`
	DecodeError []struct{ Text string } `json:"decode_error"`
	HelloOK     []struct{ Text string } `json:"hello_ok"`
	Codes       []struct {
		Code transport.Code
		Word string
		WS   *uint16
	}
}

func load(t testing.TB) (v vectors) {
	t.Helper()
	raw, err := os.ReadFile("../transport/testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.DecodeOK) == 0 || len(v.DecodeError) == 0 || len(v.HelloOK) == 0 || len(v.Codes) == 0 {
		t.Fatal("testdata/frames.json lacks a group")
	}
	return v
}

func TestVectorsCodes(t *testing.T) {
	for _, v := range load(t).Codes {
		if v.WS == nil {
			continue
		}
		t.Run(v.Word, func(t *testing.T) {
			bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
				c.text(t, hello(1, ""))
				c.expectLines(t, `[21,{"n":1,"seq":1}]`)
				d.End(&transport.CloseError{Code: v.Code, Reason: v.Word})
				c.expectEnd(t, fmt.Sprintf("[22,%d,%q]", v.Code, v.Word), *v.WS, v.Word)
			})
		})
	}
}

// rig is one connection for a fuzz target, without a bubble.
func rig(t *testing.T, tr *websocket.Transport) (*bare, *transporttest.Door, func()) {
	t.Helper()
	d := transporttest.NewDoor(t)
	s := serve(tr, d)
	nc, err := s.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second))
	c := shake(t, nc, "/websocket", offer)
	return c, d, func() {
		_ = nc.Close()
		for _, l := range d.Links() {
			d.Await("the link to be closed", func() bool { return l.Closed() > 0 })
			if n := l.Closed(); n != 1 {
				t.Errorf("link closed %d times, want once", n)
			}
		}
		_ = s.Close()
	}
}

// survives reads until the pong of token 99 or the end of the connection, which
// has to be one that the protocol has.
func survives(t *testing.T, c *bare) {
	t.Helper()
	for {
		first, payload, err := c.read()
		var ne net.Error
		switch {
		case errors.As(err, &ne) && ne.Timeout():
			t.Fatal("neither a pong nor an end")
		case err != nil:
			return // cut by RFC 6455: not a frame of a client
		case first&0x0f == opClose:
			code := 1005
			if len(payload) >= 2 {
				code = int(payload[0])<<8 | int(payload[1])
			}
			if code != 1007 && code != 1009 && code != 4400 {
				t.Errorf("close frame %d %q, want a fault of the client", code, payload[2:])
			}
			return
		case first == fin|opText:
			f, err := transport.Decode(payload)
			if err != nil {
				t.Fatalf("the server sent %q: %v", payload, err)
			}
			if f.Kind == transport.KindPong && f.Token == 99 {
				return
			}
		}
	}
}

// FuzzMessage sends one message before the hello, or behind it.
func FuzzMessage(f *testing.F) {
	v := load(f)
	for i, text := range append(append(v.DecodeOK[:40:40], v.DecodeError[:40]...), v.HelloOK...) {
		f.Add([]byte(text.Text), i%3 == 0, i%2 == 0)
	}
	f.Add([]byte("[5,\"a\"]\n\x00\xff"), true, true)
	f.Fuzz(func(t *testing.T, msg []byte, binary, attached bool) {
		c, _, end := rig(t, &websocket.Transport{})
		defer end()
		if attached {
			c.text(t, hello(1, ""))
		}
		op := byte(opText)
		if binary {
			op = opBinary
		}
		go func() { // ends with the connection
			_ = c.send(fin|op, msg)
			_ = c.send(fin|opText, []byte(`[24,0,99]`))
		}()
		survives(t, c)
	})
}

// FuzzBytes sends raw bytes behind the handshake and the hello.
func FuzzBytes(f *testing.F) {
	f.Add(frame(fin|opText, []byte(`[1,"a"]`)))
	f.Add(append(frame(opText, []byte(`[1,`)), frame(fin, []byte(`"a"]`))...))
	f.Add(frame(fin|rsv1|opText, deflate([]byte(`[1,"a"]`))))
	f.Add(frame(fin|rsv1|opText, []byte("\xff\xff\xff\xff")))
	f.Add(frame(fin|opPing, []byte("x")))
	f.Add(closeFrame)
	f.Add([]byte("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, _, end := rig(t, &websocket.Transport{Compression: true})
		defer end()
		c.text(t, hello(1, ""))
		go func() { // ends with the connection
			_, _ = c.Write(raw)
			_ = c.send(fin|opText, []byte(`[24,0,99]`))
			// A frame that is not whole would wait for the rest for ever.
			_, _ = c.Write(make([]byte, 64))
			_ = c.Close()
		}()
		for {
			if _, err := c.r.Discard(1); err != nil {
				return
			}
		}
	})
}
