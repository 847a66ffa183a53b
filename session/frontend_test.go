package session_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// A chatter is a front-end for a foreign wire: lines of text over any
// connection. The client says "I am NAME", is told "hello NAME", and then both
// say "EVENT PAYLOAD", or "EVENT? PAYLOAD" for an event that wants an ack, which
// is "= PAYLOAD". There are no numbers on the wire: what has been written counts
// as confirmed.
type chatter struct {
	rt   *session.Server
	next uint64 // number of the next counted frame from the client
	asks uint64 // calls of the client so far
}

// serve carries one session over a connection until either ends.
func (c *chatter) serve(nc net.Conn) {
	defer nc.Close()
	in := bufio.NewScanner(nc)
	if !in.Scan() || !strings.HasPrefix(in.Text(), "I am ") {
		fmt.Fprintln(nc, "who are you?")
		return
	}
	name := strings.TrimPrefix(in.Text(), "I am ")
	r := (&http.Request{Method: "CHAT", Header: http.Header{"Name": {name}}, RemoteAddr: "chat"}).WithContext(context.Background())
	hello := transport.Hello{Version: 1, Key: "chat-" + name, Attach: 1, Seq: 1, Transport: "chat", Stream: true}
	link, _, err := c.rt.Attach(r, hello, transport.Batch{Seq: 1})
	if err != nil {
		fmt.Fprintln(nc, "go away:", err)
		return
	}
	fmt.Fprintln(nc, "hello", name)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go c.write(ctx, nc, link) // ends with the link or the reader
	for c.next = 1; in.Scan() && c.deliver(ctx, link, in.Text()) == nil; c.next++ {
	}
	_ = link.Deliver(ctx, transport.Batch{Seq: c.next, Frames: []*transport.Frame{{Kind: transport.KindClose, Num: 4000, Name: "hung up"}}})
	link.Close(nil)
}

func (c *chatter) deliver(ctx context.Context, link transport.Link, line string) error {
	name, payload, _ := strings.Cut(line, " ")
	f := &transport.Frame{Kind: transport.KindEvent, Name: name, Data: []byte(payload)}
	if ask, ok := strings.CutSuffix(name, "?"); ok {
		c.asks++
		f.Kind, f.Name, f.Num = transport.KindCall, ask, c.asks
	}
	return link.Deliver(ctx, transport.Batch{Seq: c.next, Frames: []*transport.Frame{f}})
}

// writeKey is where the form of a frame on this wire is kept, made once for all.
type writeKey struct{}

func (c *chatter) write(ctx context.Context, nc net.Conn, link transport.Link) {
	for {
		b, err := link.Next(ctx, nil)
		if err != nil {
			fmt.Fprintln(nc, "bye")
			nc.Close()
			return
		}
		for _, f := range b.Frames {
			line := f.Cached(writeKey{}, func(f *transport.Frame) any { return chatLine(f) }).(string)
			if _, err := fmt.Fprint(nc, line); err != nil {
				return
			}
		}
		if link.Confirm(b.After()-1) != nil {
			return
		}
	}
}

func chatLine(f *transport.Frame) string {
	switch f.Kind {
	case transport.KindEvent, transport.KindVolatile:
		return fmt.Sprintf("%s %s\n", f.Name, f.Data)
	case transport.KindAck:
		return fmt.Sprintf("= %s\n", f.Data)
	case transport.KindRefusal:
		return fmt.Sprintf("= sorry: %s\n", f.Text)
	}
	return "" // pings and the like are not of this wire
}

func TestFrontEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := newServer(session.Options{})
		app := new(app)
		rt.OnConnect(func(s *session.Session) error { s.Join("lobby"); return nil })
		rt.OnDisconnect(func(s *session.Session, reason error) {
			app.note("%s over %s: %s", s.Request().Header.Get("Name"), s.Transport(), end(reason))
		})
		session.On(rt, "say", func(s *session.Session, text string) error { return s.To("lobby").Emit("said", text) })
		session.Handle(rt, "count", func(*session.Session, any) (int, error) { return rt.Len(), nil })

		_, native := open(t, rt, "websocket")
		synctest.Wait() // it is in the lobby
		ours, theirs := net.Pipe()
		go (&chatter{rt: rt}).serve(theirs) // ends with the connection
		in := bufio.NewScanner(ours)
		for _, step := range []struct{ say, want string }{
			{"I am ann", "hello ann"},
			{`count? null`, "= 2"},
			{`nobody? 1`, "= sorry: no handler for this event"},
		} {
			fmt.Fprintln(ours, step.say)
			if !in.Scan() || in.Text() != step.want {
				t.Fatalf("%s: got %q, want %q", step.say, in.Text(), step.want)
			}
		}
		fmt.Fprintln(ours, `say "hi from a foreign wire"`)
		synctest.Wait()
		native.reads(`[1,"said","hi from a foreign wire"]`)
		native.write(`[1,"say","hi from ours"]`, `[1,"say","and again"]`)
		for _, want := range []string{`said "hi from ours"`, `said "and again"`} {
			if !in.Scan() || in.Text() != want {
				t.Fatalf("got %q, want %q", in.Text(), want)
			}
		}
		// What was written counts as confirmed, so the queue never fills.
		for i := range 200 {
			_ = rt.To("lobby").Emit("said", strings.Repeat("x", 20_000))
			if !in.Scan() {
				t.Fatalf("the connection ended after %d events: %v", i, in.Err())
			}
			synctest.Wait()
			native.read()
			native.write(fmt.Sprintf(`[26,%d]`, native.p.got))
		}
		ours.Close()
		time.Sleep(time.Second)
		app.tells(t, "ann over chat: 4000 hung up")
		same(t, "sessions", rt.Len(), 1)
	})
}
