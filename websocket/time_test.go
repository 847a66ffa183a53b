package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
	"github.com/everwire/everwire/websocket"
)

const timeoutLine = `[22,4408,"timeout"]`

func expectAfter(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("after %v, want %v", got, want)
	}
}

func TestNoHelloInTime(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T, c *bare)
		at   time.Duration
	}{
		{"silence", func(*testing.T, *bare) {}, 10 * time.Second},
		{"pings", func(t *testing.T, c *bare) {
			for range 3 {
				time.Sleep(3 * time.Second)
				c.text(t, `[24,0]`)
				c.expectLines(t, `[25,0]`)
			}
		}, 10 * time.Second},
		{"half of a message, byte by byte", func(t *testing.T, c *bare) {
			msg := frame(fin|opText, []byte(hello(1, "")))
			for i := range 9 {
				time.Sleep(time.Second)
				if _, err := c.Write(msg[i : i+1]); err != nil {
					t.Fatal(err)
				}
			}
		}, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
				start := time.Now()
				tt.run(t, c)
				c.expectEnd(t, timeoutLine, 4408, "timeout")
				expectAfter(t, start, tt.at)
			})
		})
	}
}

func TestRefusedHelloStartsTheTimeAnew(t *testing.T) {
	bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
		start := time.Now()
		c.text(t, `[24,0]`, `[24,0,7]`, `[24,0]`)
		c.expectLines(t, `[25,0]`, `[25,0,7]`, `[25,0]`)
		time.Sleep(6 * time.Second)
		d.Refuse(transport.ErrUnknown)
		c.text(t, hello(1, ""), `[1,"lost"]`, `[26,5]`)
		c.expectLines(t, `[22,4404,"unknown"]`)
		c.text(t, `[24,0]`, `[24,0]`, `[24,0]`)
		c.expectLines(t, `[25,0]`, `[25,0]`, `[25,0]`)
		c.expectEnd(t, timeoutLine, 4408, "timeout")
		expectAfter(t, start, 16*time.Second)
	})
}

func TestTooManyBeforeAHello(t *testing.T) {
	t.Run("pings", func(t *testing.T) {
		bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
			c.text(t, `[24,0]`, `[24,0]`, `[24,0]`, `[24,0]`)
			c.expectLines(t, `[25,0]`, `[25,0]`, `[25,0]`)
			c.expectEnd(t, `[22,4400,"hello"]`, 4400, "hello")
		})
	})
	t.Run("kinds to come", func(t *testing.T) {
		bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
			c.text(t, `[30,"x"]`, `[300]`, hello(1, `,"r":7`)) // r is for sends
			c.expectLines(t, `[21,{"n":1,"seq":1}]`)
		})
		bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
			c.text(t, `[10,"x"]`) // it would count
			c.expectEnd(t, `[22,4400,"hello"]`, 4400, "hello")
		})
	})
	t.Run("hellos", func(t *testing.T) {
		bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
			for i := range 8 {
				d.Refuse(transport.ErrStale)
				c.text(t, hello(i+1, ""))
				c.expectLines(t, `[22,4409,"stale"]`)
			}
			c.text(t, hello(9, ""))
			c.expectEnd(t, `[22,4400,"hello"]`, 4400, "hello")
		})
	})
}

func TestPeerThatReadsNothingIsCutAfterTheWriteTimeout(t *testing.T) {
	for _, jammed := range []bool{false, true} {
		t.Run(fmt.Sprintf("jammed %v", jammed), func(t *testing.T) {
			bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
				c.text(t, hello(1, ""))
				synctest.Wait()
				if jammed { // nor are its own frames taken: the reader waits in Deliver
					d.Jam()
					c.text(t, `[1,"up"]`)
				}
				time.Sleep(time.Minute) // idle is no fault
				start := time.Now()
				d.Emit(events(5, 60_000)...)
				time.Sleep(10*time.Second - time.Nanosecond)
				synctest.Wait()
				if n := d.Links()[0].Closed(); n != 0 {
					t.Fatalf("closed before the write timeout")
				}
				time.Sleep(1 * time.Nanosecond)
				synctest.Wait()
				if n := d.Links()[0].Closed(); n != 1 {
					t.Errorf("closed %d times after %v, want once", n, time.Since(start))
				}
			})
		})
	}
}

func TestSlowReaderWithinTheWriteTimeoutGetsEverything(t *testing.T) {
	bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
		d.BatchFrames = 1 // the write timeout is one for each batch
		c.text(t, hello(1, ""))
		all := events(20, 60_000)
		d.Emit(all...)
		c.line(t)
		for i, f := range all {
			time.Sleep(2 * time.Second)
			if got := c.line(t); got != string(f.Line()) {
				t.Fatalf("event %d: got %.20s, want %.20s", i, got, f.Line())
			}
		}
	})
}

var inOrder = &transport.CloseError{Code: transport.CodeNormal, Reason: "closed"}

// TestEndsThatCannotBeTold: whatever an app says of an end, the close frame is one
// (RFC 6455 sections 5.5 and 7.4).
func TestEndsThatCannotBeTold(t *testing.T) {
	long := strings.Repeat("x", 123)
	for _, tt := range []struct {
		name   string
		end    transport.CloseError
		code   uint16
		reason string
	}{
		{"long", transport.CloseError{Code: 4403, Reason: long + "y"}, 4403, long},
		{"no UTF-8", transport.CloseError{Code: 4403, Reason: "caf\xe9"}, 4403, "caf\uFFFD"},
		{"code too high", transport.CloseError{Code: 5001, Reason: "no"}, 4403, "no"},
	} {
		for _, refused := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, ", refused ", refused), func(t *testing.T) {
				bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
					if refused {
						d.Refuse(&tt.end)
					}
					c.text(t, hello(1, ""))
					if !refused {
						c.line(t) // the welcome
						d.End(&tt.end)
					}
					c.expectEnd(t, fmt.Sprintf(`[22,%d,"%s"]`, tt.code, tt.reason), tt.code, tt.reason)
				})
			})
		}
	}
}

func TestCloseGrace(t *testing.T) {
	attached := func(t *testing.T, c *bare) {
		c.text(t, hello(1, ""))
		c.expectLines(t, `[21,{"n":1,"seq":1}]`)
	}
	tests := []struct {
		name string
		run  func(t *testing.T, c *bare, d *transporttest.Door)
		want time.Duration
	}{
		{"the peer never answers the end of the session", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			d.End(inOrder)
			c.expectEnd(t, "", 1000, "closed")
		}, 5 * time.Second},
		{"the peer never answers an error", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			c.text(t, `[`)
			c.expectEnd(t, `[22,4400,"frame"]`, 4400, "frame")
		}, 5 * time.Second},
		{"the peer goes on sending after an error", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			c.text(t, `[`, `[1,"x"]`, `[1,"x"]`)
			c.expectEnd(t, `[22,4400,"frame"]`, 4400, "frame")
			if n := len(d.Taken()); n != 0 {
				t.Errorf("taken %d frames behind the fault, want none", n)
			}
		}, 5 * time.Second},
		{"the peer answers the end of the session", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			d.End(inOrder)
			c.expectEnd(t, "", 1000, "closed")
			_, _ = c.Write(closeFrame)
		}, 0},
		{"the peer answers an error", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			c.text(t, `[`)
			c.expectEnd(t, `[22,4400,"frame"]`, 4400, "frame")
			_, _ = c.Write(closeFrame)
		}, 0},
		{"the peer closes in the bytes that have the fault", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			_, _ = c.Write(append(frame(fin|opText, []byte(`[`)), closeFrame...))
			c.expectEnd(t, `[22,4400,"frame"]`, 4400, "frame")
		}, 0},
		{"the peer answers an error behind a message that was cut by it", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			next := frame(fin|opText, []byte(`[1,"x"]`))
			_, _ = c.Write(append(frame(fin|opText, []byte(`[`)), next[:5]...))
			c.expectEnd(t, `[22,4400,"frame"]`, 4400, "frame")
			_, _ = c.Write(append(next[5:], closeFrame...))
		}, 0},
		{"the peer closes", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			_, _ = c.Write(closeFrame)
			c.expectEnd(t, "", 1000, "")
		}, 0},
		{"the peer closes before its hello", func(t *testing.T, c *bare, d *transporttest.Door) {
			_, _ = c.Write(closeFrame)
			c.expectEnd(t, "", 1000, "")
		}, 0},
		{"the peer breaks the WebSocket protocol", func(t *testing.T, c *bare, d *transporttest.Door) {
			attached(t, c)
			_ = c.send(fin|3, nil)
			c.expectEnd(t, "", 1002, "unknown opcode")
		}, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
				tt.run(t, c, d)
				start := time.Now()
				c.expectHangup(t)
				expectAfter(t, start, tt.want)
			})
		})
	}
}

// TestControlFlood: a peer that sends pings and reads no pongs costs a bounded
// buffer and then its connection.
func TestControlFlood(t *testing.T) {
	bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
		c.text(t, hello(1, ""))
		sent, ping := 0, frame(fin|opPing, make([]byte, 125))
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		for ; sent < 1e6; sent += len(ping) {
			if _, err := c.Write(ping); err != nil {
				if errors.Is(err, io.ErrClosedPipe) {
					break
				}
				t.Fatalf("behind %d bytes: %v", sent, err)
			}
		}
		// The pipe holds 64 KiB each way, the connection 8 KiB and what is being written.
		if sent > 512<<10 {
			t.Errorf("took %d bytes of pings, want an end before", sent)
		}
		synctest.Wait()
		if n := d.Links()[0].Closed(); n != 1 {
			t.Errorf("link closed %d times, want once", n)
		}
	})
}

// TestControlFloodAfterTheEnd: a peer that goes on with pings after an error,
// and reads nothing, must not bring the process down.
func TestControlFloodAfterTheEnd(t *testing.T) {
	bubble(t, &websocket.Transport{}, "", func(t *testing.T, c *bare, d *transporttest.Door) {
		c.text(t, hello(1, ""))
		d.Emit(events(3, 60_000)...)
		synctest.Wait() // the pipe is full: nothing more can be written
		for range 64 {  // 8,128 bytes of pongs: the next one is too much
			_ = c.send(fin|opPing, make([]byte, 125))
		}
		c.text(t, `[`)
		for range 200 {
			_ = c.send(fin|opPing, make([]byte, 125))
		}
		synctest.Wait()
		if n := d.Links()[0].Closed(); n != 1 {
			t.Errorf("link closed %d times, want once", n)
		}
		time.Sleep(5 * time.Second) // the grace for a close frame
		synctest.Wait()
		if _, err := c.Write([]byte{0}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a write behind the grace: got %v, want %v", err, io.ErrClosedPipe)
		}
	})
}

// crossing is a door whose links let something happen while their end is on its
// way to the writer.
type crossing struct {
	*transporttest.Door
	meanwhile func()
}

func (d *crossing) Attach(r *http.Request, h transport.Hello, up transport.Batch) (transport.Link, transport.Welcome, error) {
	l, w, err := d.Door.Attach(r, h, up)
	if err != nil {
		return nil, w, err
	}
	return &crossingLink{l.(*transporttest.Link), d}, w, nil
}

type crossingLink struct {
	*transporttest.Link
	door *crossing
}

func (l *crossingLink) Next(ctx context.Context, into []*transport.Frame) (transport.Batch, error) {
	b, err := l.Link.Next(ctx, into)
	if ce := (*transport.CloseError)(nil); errors.As(err, &ce) {
		l.door.meanwhile()
	}
	return b, err
}

// TestCloseFramesThatCross: a close frame of the peer that comes while ours is
// being made is answered by ours; a second one would be a fault of the protocol
// (RFC 6455 section 5.5.1).
func TestCloseFramesThatCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &crossing{Door: transporttest.NewDoor(t)}
		s := serve(&websocket.Transport{}, d)
		defer s.Close()
		nc, err := s.Dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		c := shake(t, nc, "/websocket")
		c.text(t, hello(1, ""))
		c.line(t)
		d.meanwhile = func() {
			if _, err := c.Write(closeFrame); err != nil {
				t.Error(err)
			}
			synctest.Wait() // it has been answered, or will not be
		}
		d.End(transport.ErrExpired)
		first, _, err := c.read()
		if first == fin|opText {
			first, _, err = c.read()
		}
		if err != nil || first != fin|opClose {
			t.Fatalf("got %x, %v, want a close frame", first, err)
		}
		c.expectHangup(t)
	})
}
