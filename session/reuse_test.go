package session_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// TestPayloadsAreTheApps: what a handler was given it may keep, though the frame
// that it came in carries the next event.
func TestPayloadsAreTheApps(t *testing.T) {
	type both struct {
		Raw  json.RawMessage
		Text string
		Any  any
	}
	bubble(t, "", func(t *testing.T) {
		rt := newServer(session.Options{})
		var raws []json.RawMessage
		var boths []both
		session.On(rt, "raw", func(_ *session.Session, p json.RawMessage) error {
			raws = append(raws, p)
			return nil
		})
		session.Handle(rt, "both", func(_ *session.Session, p both) (json.RawMessage, error) {
			boths = append(boths, p)
			return p.Raw, nil
		})
		_, c := open(t, rt, "websocket")
		synctest.Wait()
		d := transport.Decoder{Reuse: true}
		for i := range 200 {
			b := transport.Batch{Seq: c.up}
			for _, line := range []string{fmt.Sprintf(`[1,"raw",%d]`, i), fmt.Sprintf(`[2,%d,"both",{"Raw":[%d],"Text":"t%d","Any":["a%d"]}]`, i+1, i, i, i)} {
				f, err := d.Line([]byte(line))
				if err != nil {
					t.Fatal(err)
				}
				b.Frames = append(b.Frames, f)
			}
			c.up = b.After()
			if _, err := c.link.(transport.Runner).Take(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			c.link.(transport.Runner).Run(func() {})
		}
		for i := range 200 {
			same(t, "raw", string(raws[i]), fmt.Sprint(i))
			got, err := json.Marshal(boths[i])
			same(t, "both", string(got), fmt.Sprintf(`{"Raw":[%d],"Text":"t%d","Any":["a%d"]}`, i, i, i))
			same(t, "error", err, nil)
		}
		same(t, "frames", len(raws)+len(boths), 400)
	})
}

// borrowed returns the lines that a link lends.
func (c *conn) borrowed() (lines []string) {
	c.p.t.Helper()
	l := c.link.(transport.Lender)
	b, err := l.Borrow(nil)
	if err != nil {
		return []string{"end " + end(err)}
	}
	defer l.Return()
	for _, f := range b.Frames {
		lines = append(lines, string(f.Line()))
	}
	return lines
}

// TestFramesOfOthers: a frame that has left its session by Next, is repeated, or
// has more than one owner stays what it is, though its first client confirms it.
func TestFramesOfOthers(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		rt := newServer(session.Options{})
		emit := func(s *session.Session, text string) {
			t.Helper()
			if err := s.Emit("e", text); err != nil {
				t.Fatal(err)
			}
		}
		p, c := open(t, rt, "websocket")
		other, d := open(t, rt, "websocket")
		synctest.Wait()
		// churn has frames that are free made into others.
		got := uint64(0)
		churn := func() {
			t.Helper()
			for i := range 40 {
				emit(other.session(), fmt.Sprint("churn", i))
			}
			same(t, "churn", len(d.borrowed()), 40)
			got += 40
			same(t, "confirm", d.link.Confirm(got), nil)
			for i := range 10 {
				emit(other.session(), fmt.Sprint("wait", i))
			}
			got += 10
			d.borrowed()
		}

		emit(p.session(), "a")
		same(t, "lent", c.borrowed(), []string{`[1,"e","a"]`})
		same(t, "nothing", c.borrowed(), []string{"end context canceled"})
		churn()
		again := p.attach("websocket")
		same(t, "replaced", c.borrowed(), []string{"end 4409 replaced"})
		same(t, "again", again.borrowed(), []string{`[1,"e","a"]`})

		emit(p.session(), "b")
		b, err := again.link.Next(transport.Done, nil) // who keeps it
		same(t, "error", err, nil)
		same(t, "confirm", again.link.Confirm(2), nil)
		churn()
		same(t, "kept", string(b.Frames[0].Line()), `[1,"e","b"]`)

		p.session().Join("room")
		other.session().Join("room")
		same(t, "broadcast", rt.To("room").Emit("e", "all"), nil)
		same(t, "mine", again.borrowed(), []string{`[1,"e","all"]`})
		same(t, "confirm", again.link.Confirm(3), nil)
		for i := range 40 {
			emit(p.session(), fmt.Sprint("churn", i))
		}
		same(t, "theirs", d.borrowed(), []string{`[1,"e","all"]`})
	})
}
