package websocket_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

// TestFramesShareAMessage: what waits for a client that takes several frames in a
// message shares text messages, in its order, up to the limit of a frame and 64
// KiB; what is binary or compressed has one of its own.
func TestFramesShareAMessage(t *testing.T) {
	event := func(name string, size int) *transport.Frame {
		return &transport.Frame{Kind: transport.KindEvent, Name: name, Data: []byte(`"` + strings.Repeat("x", size) + `"`)}
	}
	// frame is an event of so many bytes on the wire.
	frame := func(bytes int) *transport.Frame { return event("e", bytes-len(`[1,"e",""]`)) }
	a, b, c := event("a", 1), event("b", 1), event("c", 1)
	bin := &transport.Frame{Kind: transport.KindEventBytes, Name: "bin", Data: []byte{1, '\n', 2}}
	const lines, binaryToo = `,"lines":1`, `,"bin":1,"lines":1`
	for _, tt := range []struct {
		name     string
		hello    string
		compress bool
		limit    int // of a frame
		frames   []*transport.Frame
		want     []string // the frames of each message by their index; "z" is compressed, "b" binary
	}{
		{name: "asked for", hello: lines, frames: []*transport.Frame{a, b, c}, want: []string{"0 1 2"}},
		{name: "not asked for", frames: []*transport.Frame{a, b, c}, want: []string{"0", "1", "2"}},
		{name: "one", hello: lines, frames: []*transport.Frame{a}, want: []string{"0"}},
		{name: "bytes as text", hello: lines, frames: []*transport.Frame{a, bin, c}, want: []string{"0 1 2"}},
		{name: "bytes in between", hello: binaryToo, frames: []*transport.Frame{a, b, bin, c, a}, want: []string{"0 1", "b2", "3 4"}},
		{name: "bytes around", hello: binaryToo, frames: []*transport.Frame{bin, a, bin}, want: []string{"b0", "1", "b2"}},
		{name: "just 64 KiB", hello: lines, limit: 1 << 20, frames: []*transport.Frame{frame(32 << 10), frame(32<<10 - 1), a}, want: []string{"0 1", "2"}},
		{name: "a byte above", hello: lines, limit: 1 << 20, frames: []*transport.Frame{frame(32 << 10), frame(32 << 10), a}, want: []string{"0", "1 2"}},
		{name: "just the limit", hello: lines, limit: 100, frames: []*transport.Frame{frame(40), frame(59), a}, want: []string{"0 1", "2"}},
		{name: "a byte above the limit", hello: lines, limit: 100, frames: []*transport.Frame{frame(40), frame(60), a}, want: []string{"0", "1 2"}},
		{name: "one as long as it may be", hello: lines, limit: 100, frames: []*transport.Frame{a, frame(100), b, c}, want: []string{"0", "1", "2 3"}},
		{name: "compressed", hello: lines, compress: true, frames: []*transport.Frame{a, b, frame(1 << 10), b, frame(1<<10 - 1)}, want: []string{"0 1", "z2", "3 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			extra := ""
			if tt.compress {
				extra = offer
			}
			bubble(t, &websocket.Transport{Compression: tt.compress}, extra, func(t *testing.T, c *bare, d *transporttest.Door) {
				if tt.limit > 0 {
					synctest.Wait() // the server awaits the hello
					d.Bounds.FrameBytes = tt.limit
				}
				d.Emit(tt.frames...)
				c.text(t, hello(1, tt.hello))
				c.expectLines(t, `[21,{"n":1,"seq":1}]`)
				for _, want := range tt.want {
					first, payload, err := c.read()
					if err != nil {
						t.Fatal(err)
					}
					got := string(payload)
					switch want[0] {
					case 'z':
						if first != fin|rsv1|opText {
							t.Errorf("%s: got %x, want a compressed message", want, first)
						}
						continue
					case 'b':
						if data, _ := bin.Message(); first != fin|opBinary || got != string(data) {
							t.Errorf("%s: got %x %q, want the binary message %q", want, first, got, data)
						}
						continue
					}
					var text []string
					for _, i := range strings.Fields(want) {
						n, _ := strconv.Atoi(i)
						text = append(text, string(tt.frames[n].Line()))
					}
					if first != fin|opText || got != strings.Join(text, "\n") {
						t.Errorf("got %x %.80q of %d bytes, want the frames %s in a message", first, got, len(got), want)
					}
				}
			})
		})
	}
}
