package everwire_test

import (
	"testing"

	"github.com/everwire/everwire/transport"
)

// frames are the kinds that matter most, as they stand on the wire.
var frames = map[string]string{
	"event": `[1,"said",{"user":"ann","text":"hello, everybody in the room"}]`,
	"call":  `[2,12345,"history",{"since":1000,"limit":50}]`,
	"ack":   `[3,12345,{"ok":true}]`,
	"bytes": `[5,"photo","AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiM="]`,
}

func BenchmarkDecode(b *testing.B) {
	for name, line := range frames {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			in := []byte(line)
			for b.Loop() {
				if _, err := transport.Decode(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecoder is BenchmarkDecode as a WebSocket does it.
func BenchmarkDecoder(b *testing.B) {
	for name, line := range frames {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			d, in := transport.Decoder{Reuse: true}, []byte(line)
			for b.Loop() {
				f, err := d.Line(in)
				if err != nil {
					b.Fatal(err)
				}
				f.Free()
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, line := range frames {
		b.Run(name, func(b *testing.B) {
			f, err := transport.Decode([]byte(line))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				g := transport.Frame{Kind: f.Kind, Num: f.Num, Name: f.Name, Data: f.Data} // a frame encodes itself once
				if len(g.Line()) != len(line) {
					b.Fatalf("got %s, want %s", g.Line(), line)
				}
			}
		})
	}
}
