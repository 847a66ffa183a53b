package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// frameSize is what an event counts for besides its texts.
const frameSize = 16

// fill emits until the next emit of 1,000 bytes does not fit.
func fill(t *testing.T, s *session.Session) (n int) {
	t.Helper()
	for {
		switch err := s.Emit("e", strings.Repeat("x", 1000), session.DropWhenFull); {
		case err == nil:
			n++
		case errors.Is(err, session.ErrQueueFull):
			return n
		default:
			t.Fatal(err)
		}
	}
}

func TestFullQueue(t *testing.T) {
	small := session.Options{FrameBytes: 4 << 10, BodyBytes: 8 << 10, QueueBytes: 16 << 10}
	bubble(t, "closes the session", func(t *testing.T) {
		rt := newServer(small)
		app := watch(rt)
		p, c := open(t, rt, "websocket")
		s := p.session()
		s.Join("room")
		fill(t, s)
		err := s.Emit("e", strings.Repeat("x", 1000))
		same(t, "errors.Is", errors.Is(err, transport.ErrOverflow), true)
		c.reads("end 4410 overflow")
		app.tells(t, "connect", "disconnect 4410 overflow")
		same(t, "next emit", end(s.Emit("e", nil)), "4410 overflow")
		same(t, "rooms", len(s.Rooms()), 0)
		same(t, "refused", p.refused(p.hello("websocket")), "4410 overflow")
	})
	bubble(t, "leaves in batches of BodyBytes", func(t *testing.T) {
		p, c := open(t, newServer(small), "websocket")
		line := `[1,"e","` + strings.Repeat("x", 1024-len(`[1,"e",""]`)) + `"]`
		for range 10 {
			same(t, "error", p.session().Emit("e", strings.Repeat("x", 1024-len(`[1,"e",""]`))), nil)
		}
		b, err := c.link.Next(transport.Done, nil)
		same(t, "error", err, nil)
		same(t, "line", string(b.Frames[0].Line()), line)
		same(t, "frames", len(b.Frames), (8<<10)/(len(line)+len("\n")))
		same(t, "more", b.More, true)
	})
	bubble(t, "closes the session that a call does not fit into", func(t *testing.T) {
		rt := newServer(small)
		p, c := open(t, rt, "websocket")
		s := p.session()
		fill(t, s)
		same(t, "error", errors.Is(s.Call(t.Context(), "e", strings.Repeat("x", 1000), nil), transport.ErrOverflow), true)
		c.reads("end 4410 overflow")
		same(t, "sessions", rt.Len(), 0)
	})
	bubble(t, "drops what says so", func(t *testing.T) {
		p, c := open(t, newServer(small), "websocket")
		s := p.session()
		n := fill(t, s)
		same(t, "held", n, (16<<10)/(1000+2+1+frameSize))
		same(t, "dropped", errors.Is(s.Emit("e", strings.Repeat("x", 1000), session.DropWhenFull), session.ErrQueueFull), true)
		same(t, "read", len(c.read()), n)
		c.write(fmt.Sprintf(`[26,%d]`, n))
		emit(t, s, 1, 1)
		c.reads(`[1,"said",1]`) // no mark: what was dropped had no number
	})
	bubble(t, "if empty, takes a frame of any legal size", func(t *testing.T) {
		rt := newServer(session.Options{FrameBytes: 4 << 10, BodyBytes: 4 << 10, QueueBytes: 4 << 10})
		p, c := open(t, rt, "websocket")
		largest := strings.Repeat("x", 4<<10-len(`[1,"e",""]`))
		for i := range 3 {
			same(t, "error", p.session().Emit("e", largest), nil)
			same(t, "second", errors.Is(p.session().Emit("e", nil, session.DropWhenFull), session.ErrQueueFull), true)
			c.reads(`[1,"e","` + largest + `"]`)
			c.write(fmt.Sprintf(`[26,%d]`, i+1))
		}
	})
	bubble(t, "closes the session that an ack does not fit into", func(t *testing.T) {
		rt := newServer(small)
		watch(rt)
		session.Handle(rt, "big", func(*session.Session, any) (string, error) { return strings.Repeat("x", 1000), nil })
		p, c := open(t, rt, "websocket")
		fill(t, p.session())
		c.write(`[2,1,"big"]`)
		synctest.Wait()
		c.reads("end 4410 overflow")
	})
	bubble(t, "of one member leaves a broadcast to the others", func(t *testing.T) {
		rt := newServer(small)
		app := watch(rt)
		slow, _ := open(t, rt, "websocket")
		quick, c := open(t, rt, "websocket")
		synctest.Wait()
		for _, p := range []*peer{slow, quick} {
			p.session().Join("room")
		}
		fill(t, slow.session())
		big := strings.Repeat("x", 1000)
		err := rt.To("room").Emit("e", big, session.DropWhenFull)
		same(t, "error", fmt.Sprint(errors.Is(err, session.ErrQueueFull), " ", err), "true everwire: 1 of 2 sessions left out: "+session.ErrQueueFull.Error())
		same(t, "sessions", rt.Len(), 2)
		same(t, "without the option", end(rt.To("room").Emit("e", big)), "")
		same(t, "sessions", rt.Len(), 1)
		app.tells(t, "connect", "connect", "disconnect 4410 overflow")
		same(t, "events of the other", len(c.read()), 2)
	})
	bubble(t, "inbound: a request takes what fits, with a pause", func(t *testing.T) {
		rt := newServer(small)
		hold := make(chan bool)
		session.On(rt, "hold", func(*session.Session, json.RawMessage) error { <-hold; return nil })
		p, _ := open(t, rt, "polling")
		line := fmt.Sprintf(`[1,"hold","%s"]`, strings.Repeat("x", 1000))
		w := p.send(manyLines(30, line)...)
		same(t, "got", w.Got, (16<<10)/(1002+4+frameSize))
		same(t, "pause", w.Pause, 200)
		close(hold)
		synctest.Wait()
		p.up = w.Got + 1
		same(t, "got when there is room", p.send(line).Got, w.Got+1)
	})
	bubble(t, "inbound: if none waits, takes a frame of any legal size", func(t *testing.T) {
		rt := newServer(session.Options{FrameBytes: 4 << 10, BodyBytes: 4 << 10, QueueBytes: 4 << 10})
		session.On(rt, "e", func(s *session.Session, _ string) error { <-s.Context().Done(); return nil })
		p, c := open(t, rt, "websocket")
		synctest.Wait() // it is connected
		largest := `[1,"e","` + strings.Repeat("x", 4<<10-len(`[1,"e",""]`)) + `"]`
		same(t, "first", c.link.Deliver(transport.Done, up(largest)), nil)
		synctest.Wait() // its handler runs
		b := up(largest, largest)
		b.Seq = 2
		same(t, "third", c.link.Deliver(transport.Done, b), context.Canceled)
		same(t, "got", p.send().Got, 2)
		p.session().Close(transport.CodeNormal, "")
		c.write(`[26,1]`)
	})
	bubble(t, "inbound: 1,024 events wait", func(t *testing.T) {
		rt := newServer(session.Options{})
		session.On(rt, "e", func(s *session.Session, _ string) error { <-s.Context().Done(); return nil })
		p, c := open(t, rt, "websocket", `[1,"e"]`)
		synctest.Wait() // its handler runs
		b := up(manyLines(1100, `[1,"e"]`)...)
		b.Seq = 2
		same(t, "error", c.link.Deliver(transport.Done, b), context.Canceled)
		same(t, "got", p.send().Got, 1+1024)
		p.session().Close(transport.CodeNormal, "")
		c.write(`[26,1]`)
	})
	bubble(t, "inbound: a delivery that may not wait takes what fits", func(t *testing.T) {
		rt := newServer(small)
		session.On(rt, "hold", func(s *session.Session, _ json.RawMessage) error { <-s.Context().Done(); return nil })
		p, c := open(t, rt, "websocket")
		lines := manyLines(30, fmt.Sprintf(`[1,"hold","%s"]`, strings.Repeat("x", 1000)))
		same(t, "error", c.link.Deliver(transport.Done, up(lines...)), context.Canceled)
		same(t, "got", p.send().Got, (16<<10)/(1002+4+frameSize))
		p.session().Close(transport.CodeNormal, "")
		c.write(`[26,1]`)
	})
	bubble(t, "inbound: acks go past it", func(t *testing.T) {
		rt := newServer(small)
		answered := make(chan error, 1)
		session.On(rt, "hold", func(s *session.Session, _ json.RawMessage) error {
			answered <- s.Call(t.Context(), "ask", nil, nil)
			return nil
		})
		_, c := open(t, rt, "websocket", `[1,"hold"]`)
		synctest.Wait()
		c.reads(`[2,1,"ask"]`)
		c.write(append(manyLines(15, fmt.Sprintf(`[1,"x","%s"]`, strings.Repeat("x", 1000))), `[3,1]`)...)
		same(t, "answer", end(<-answered), "")
	})
}

// TestAcksThatWait: a client may call as often as it may wait for answers, however
// small the queue, and more; but what waits for one that confirms nothing is
// bounded: an ack takes some 300 bytes and counts for 20.
func TestAcksThatWait(t *testing.T) {
	asked := func(opts session.Options) *session.Server {
		rt := newServer(opts)
		session.Handle(rt, "ask", func(*session.Session, json.RawMessage) (any, error) { return nil, nil })
		return rt
	}
	bubble(t, "1,000 at once", func(t *testing.T) {
		p, c := open(t, asked(session.Options{FrameBytes: 1 << 10, BodyBytes: 32 << 10, QueueBytes: 32 << 10}), "websocket")
		lines := make([]string, 1000)
		for i := range lines {
			lines[i] = fmt.Sprintf(`[2,%d,"ask"]`, i+1)
		}
		p.send(lines...)
		synctest.Wait()
		same(t, "answers", strings.Count(strings.Join(c.read(), ""), "[3,"), 1000)
	})
	bubble(t, "4,096 at the most", func(t *testing.T) {
		_, c := open(t, asked(session.Options{FramesPerSecond: 1 << 30}), "websocket")
		synctest.Wait() // OnConnect is over: the handlers run here
		r := c.link.(transport.Runner)
		n := 0
		for ; n < 1<<16; n++ {
			b := transport.Batch{Seq: uint64(n + 1), Frames: frames(t, fmt.Sprintf(`[2,%d,"ask"]`, n+1))}
			if _, err := r.Take(t.Context(), b); err != nil {
				same(t, "fault", end(err), "4410 overflow")
				break
			}
			r.Run(func() {})
		}
		same(t, "calls", n, 4096+1) // the answer to the last one did not fit
	})
}

// A confirm costs what it confirms. It cost what was left, too, under the lock of
// the session: 12 us with 65,000 frames.
func TestConfirmsOfLongQueue(t *testing.T) {
	for _, n := range []int{10, 1000, 100_000} {
		if moved := session.MovedByConfirms(n); moved > 2*n+2000 {
			t.Errorf("of %d frames: %d were moved", n, moved)
		}
	}
}

func TestSizeOfEmits(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{FrameBytes: 100}), "websocket")
		s := p.session()
		fits := strings.Repeat("x", 100-len(`[1,"e",""]`))
		same(t, "fits", end(s.Emit("e", fits)), "")
		for name, err := range map[string]error{
			"event":     s.Emit("e", fits+"x"),
			"volatile":  s.Volatile("e", strings.Repeat("x", 100)),
			"call":      s.Call(t.Context(), "e", fits, nil),
			"bytes":     s.Emit("e", make([]byte, 75)),
			"broadcast": s.To("room").Emit("e", fits+"x"),
		} {
			same(t, name, errors.Is(err, transport.ErrSize), true)
		}
		for name, err := range map[string]error{
			"no name":   s.Emit("", nil),
			"long name": s.Volatile(strings.Repeat("é", 129), nil),
			"not UTF-8": s.Call(t.Context(), "\xff", nil, nil),
		} {
			same(t, name, errors.Is(err, transport.ErrName), true)
		}
		for name, payload := range map[string]any{
			"channel":  make(chan int),
			"raw cut":  json.RawMessage(`{"a":`),
			"raw UTF":  json.RawMessage("\"\xff\""),
			"raw deep": json.RawMessage(strings.Repeat("[", 64) + strings.Repeat("]", 64)),
		} {
			if err := s.Emit("e", payload); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		same(t, "raw with line feeds", end(s.Emit("e", json.RawMessage("{\n\t\"a\": 1\r\n}"))), "")
		c.reads(`[1,"e","`+fits+`"]`, `[1,"e",{"a":1}]`) // none of them took a number
	})
}

func TestVolatile(t *testing.T) {
	bubble(t, "keeps its place among the others", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		s := p.session()
		emit(t, s, 1, 1)
		_ = s.Volatile("v", 1)
		emit(t, s, 2, 2)
		_ = s.Volatile("v", []byte{1})
		c.reads(`[1,"said",1]`, `[28,"v",1]`, `[1,"said",2]`, `[29,"v","AQ=="]`)
	})
	bubble(t, "is not repeated", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		emit(t, p.session(), 1, 1)
		_ = p.session().Volatile("v", 1)
		c.read()
		p.got = 0
		p.attach("websocket").reads(`[1,"said",1]`)
	})
	bubble(t, "is dropped where a stream has ended", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		s := p.session()
		_ = s.Volatile("v", 1) // not written before the end
		c.close()
		_ = s.Volatile("v", 2)
		d := p.attach("longpoll")
		_ = s.Volatile("v", 3)
		d.reads(`[28,"v",3]`)
	})
	bubble(t, "waits for the next poll of a client that polls", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "longpoll")
		s := p.session()
		_ = s.Volatile("v", -1) // the answer is being written
		c.close()
		d := p.attach("polling")
		d.reads(`[28,"v",-1]`)
		d.close()
		for i := range 100 {
			_ = s.Volatile("v", i)
		}
		d = p.attach("polling")
		got := d.read()
		same(t, "kept", len(got), 64)
		same(t, "the newest", got[63], `[28,"v",99]`)
		d.close()
		p.attach("websocket").reads() // they were there once
	})
	bubble(t, "the oldest give way to a client that does not keep up", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		for i := range 1000 {
			_ = p.session().Volatile("v", i)
		}
		got := c.read()
		same(t, "kept", len(got), 64)
		same(t, "last", got[63], `[28,"v",999]`)
		for range 10 {
			_ = p.session().Volatile("v", strings.Repeat("x", 20_000))
		}
		same(t, "kept of large ones", len(c.read()), 3)
	})
	bubble(t, "comes up in its place", func(t *testing.T) {
		rt := newServer(session.Options{})
		app := watch(rt)
		_, c := open(t, rt, "websocket")
		c.write(`[1,"say",1]`, `[28,"say",2]`, `[1,"say",3]`)
		app.tells(t, "connect", "say 1", "say 2", "say 3")
	})
	bubble(t, "a flood of pings is bounded, and the newest answered", func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		pings := make([]string, 5000)
		for i := range pings {
			pings[i] = fmt.Sprintf(`[24,0,%d]`, i+1)
		}
		c.write(pings...)
		got := c.read()
		same(t, "pongs", len(got), 64)
		same(t, "the last", got[63], `[25,0,5000]`)
	})
}

// More than one body's worth waits: each Next takes a bounded batch.
func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "longpoll")
		s := p.session()
		for range 5 {
			_ = s.Emit("e", strings.Repeat("x", 20_000))
		}
		b, err := c.link.Next(t.Context(), nil)
		if err != nil || len(b.Frames) != 3 || !b.More || b.Seq != 1 {
			t.Fatalf("got %d frames, more %v, seq %d, error %v, want the 3 that fit into 64 KiB", len(b.Frames), b.More, b.Seq, err)
		}
		b, err = c.link.Next(t.Context(), b.Frames)
		if err != nil || len(b.Frames) != 2 || b.More || b.Seq != 4 {
			t.Fatalf("got %d frames, more %v, seq %d, error %v, want the last two", len(b.Frames), b.More, b.Seq, err)
		}
		for range 2000 {
			_ = s.Emit("e", nil)
		}
		b, _ = c.link.Next(t.Context(), nil)
		same(t, "small frames in a batch", len(b.Frames), 1024)
	})
	bubble(t, "with others among them", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "longpoll")
		for range 1000 {
			_ = p.session().Emit("e", nil)
		}
		for range 64 {
			_ = p.session().Volatile("v", nil)
		}
		for _, want := range []int{1024, 40} {
			b, err := c.link.Next(t.Context(), nil)
			same(t, "frames", len(b.Frames), want)
			same(t, "more", b.More, want == 1024)
			same(t, "error", err, nil)
		}
	})
}

// A token of the rate can come between the look at it and the wait for it: a
// delivery that waited for something else then would wait for ever.
func TestTokenThatCameMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := open(t, newServer(session.Options{}), "websocket")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		synctest.Wait() // no handler is at work, whose end would wake it
		f := &transport.Frame{Kind: transport.KindEvent, Name: "e"}
		begun := time.Now()
		err := session.WaitForRoom(ctx, c.link, transport.Batch{Seq: 1, Frames: []*transport.Frame{f}})
		if waited := time.Since(begun); err != nil || waited != 0 {
			t.Errorf("waited %v, error %v, want neither", waited, err)
		}
	})
}

// The bucket may fill up between the refusal of a frame and the look at how long
// to wait for the next one. It did, about once in a thousand waits, and then the
// connection waited for room in an inbox that was empty, for ever. Virtual time
// stands still in between, so this test is not in a bubble.
func TestRateThatRecoversMeanwhileHangsNobody(t *testing.T) {
	rt := newServer(session.Options{FramesPerSecond: 20_000})
	handled := make(chan bool, 1)
	session.On(rt, "x", func(*session.Session, json.RawMessage) error { handled <- true; return nil })
	_, c := open(t, rt, "websocket")
	done := make(chan string, 1)
	go func() { // ends with the session at the latest
		for range 32_000 { // one at a time: the inbox is empty whenever the rate is reached
			if fault := c.write(`[1,"x"]`); fault != "" {
				done <- fault
				return
			}
			<-handled
		}
		done <- ""
	}()
	select {
	case fault := <-done:
		same(t, "fault", fault, "")
	case <-time.After(10 * time.Second):
		t.Error("32,000 frames at 20,000 a second are not taken after 10 s")
		_ = rt.Shutdown(transport.Done) // ends the wait
		<-done
	}
}
