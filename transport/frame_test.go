package transport_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/everwire/everwire/transport"
)

// TestFree: what a frame says stays as it is until it is freed, however many
// others are made and freed meanwhile, and for good if it is kept.
func TestFree(t *testing.T) {
	long := strings.Repeat("x", 200)
	made := func(make func(transport.Kind, uint64, string, []byte) *transport.Frame) func(int, string) *transport.Frame {
		return func(i int, text string) *transport.Frame {
			payload := fmt.Appendf(nil, `{"i":%d,"text":%q}`, i, text)
			f := make(transport.KindCall, uint64(i+1), fmt.Sprint("name", i), payload)
			clear(payload) // it was copied
			return f
		}
	}
	d := transport.Decoder{Reuse: true}
	for name, frame := range map[string]func(i int, text string) *transport.Frame{
		"owned":  made(transport.NewOwned),
		"shared": made(transport.NewFrame),
		"literal": func(i int, text string) *transport.Frame {
			return &transport.Frame{Kind: 2, Num: uint64(i + 1), Name: fmt.Sprint("name", i), Data: fmt.Appendf(nil, `{"i":%d,"text":%q}`, i, text)}
		},
		"received": func(i int, text string) *transport.Frame {
			line := fmt.Appendf(nil, `[2,%d,"name%d",{"i":%d,"text":%q}]`, i+1, i, i, text)
			f, err := d.Line(line)
			if err != nil {
				t.Fatal(err)
			}
			clear(line)
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			type held struct {
				f       *transport.Frame
				i       int
				text    string
				payload []byte
			}
			check := func(h held) {
				t.Helper()
				data := fmt.Sprintf(`{"i":%d,"text":%q}`, h.i, h.text)
				line := fmt.Sprintf(`[2,%d,"name%d",%s]`, h.i+1, h.i, data)
				if f := h.f; f != nil && (f.Kind != 2 || f.Num != uint64(h.i+1) || f.Name != fmt.Sprint("name", h.i) || string(f.Data) != data || string(f.Line()) != line || f.Token != 0 || f.Text != "") {
					t.Fatalf("frame %d became %+v with the line %s", h.i, f, f.Line())
				}
				if string(h.payload) != data {
					t.Fatalf("the payload of frame %d became %s", h.i, h.payload)
				}
			}
			var all []held
			for i := range 300 {
				text := "short"
				if i%5 == 4 {
					text = long
				}
				h := held{f: frame(i, text), i: i, text: text}
				h.payload = h.f.Payload()
				switch i % 3 {
				case 0: // one that is freed, but its payload is not
					check(h)
					h.f.Free()
					if name != "shared" && name != "literal" {
						h.f = nil
					}
				case 1: // one that is kept, and so not freed
					h.f.Keep()
					h.f.Free()
				}
				all = append(all, h)
				for _, h := range all {
					check(h)
				}
			}
		})
	}
}

// TestNoPayload: a frame has none, or an empty one, whatever was in its room.
func TestNoPayload(t *testing.T) {
	d := transport.Decoder{Reuse: true}
	for range 3 {
		for _, line := range []string{`[1,"a",1]`, `[1,"a"]`, `[3,7,{"b":2}]`, `[3,7]`} {
			want, err := transport.Decode([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			f, err := d.Line([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			same(t, want, []byte(line), d.Line)
			if f.Payload() == nil != (want.Data == nil) {
				t.Errorf("%s: payload %#v, want %#v", line, f.Payload(), want.Data)
			}
			f.Free()
		}
	}
}
