package everwire_test

import (
	"encoding/json"
	"testing"

	"github.com/everwire/everwire"
)

// TestAllocationsOfAnEcho: what a call and its ack cost the server, all of it,
// over a real WebSocket. Its client allocates only where it confirms.
func TestAllocationsOfAnEcho(t *testing.T) {
	if raceDetector() {
		t.Skip("the race detector makes pools forget")
	}
	type message struct{ Text string }
	for _, tt := range []struct {
		name   string
		handle func(*everwire.Server)
		want   float64
	}{
		{"raw", func(rt *everwire.Server) {
			everwire.Handle(rt, "echo", func(_ *everwire.Session, m json.RawMessage) (json.RawMessage, error) { return m, nil })
		}, 1},
		{"JSON both ways", func(rt *everwire.Server) {
			everwire.Handle(rt, "echo", func(_ *everwire.Session, m message) (message, error) { return m, nil })
		}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newReceiver(t, "websocket")
			tt.handle(c.f.rt)
			const text = `[2,7,"echo",{"Text":"hello"}]`
			call, ack := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...), []byte(`[3,7,{"Text":"hello"}]`)
			echo := func() {
				if _, err := c.nc.Write(call); err != nil {
					t.Fatal(err)
				}
				c.until(t, ack)
			}
			// So many that it does not matter that the first 64 acks are new frames, and how
			// the client confirms.
			const runs = 1000
			if n := testing.AllocsPerRun(runs, echo); n > tt.want {
				t.Errorf("an echo allocates %v times, want %v at most", n, tt.want)
			}
		})
	}
}
