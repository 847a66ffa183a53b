package session_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// members opens n sessions, which join the rooms that are named for them.
func members(t *testing.T, rt *session.Server, rooms ...string) []*conn {
	t.Helper()
	var cs []*conn
	for _, names := range rooms {
		p, c := open(t, rt, "websocket")
		for _, name := range strings.Fields(names) {
			p.session().Join(name)
		}
		cs = append(cs, c)
	}
	return cs
}

func TestWhoGetsABroadcast(t *testing.T) {
	// Four sessions: 0 in a, 1 in a and b, 2 in b, 3 in none.
	for _, tt := range []struct {
		name string
		emit func(rt *session.Server, s []*session.Session) error
		want string // who gets it
	}{
		{"one room", func(rt *session.Server, s []*session.Session) error { return rt.To("a").Emit("e", nil) }, "01"},
		{"two rooms, once each", func(rt *session.Server, s []*session.Session) error { return rt.To("a", "b").Emit("e", nil) }, "012"},
		{"a room twice", func(rt *session.Server, s []*session.Session) error { return rt.To("a", "a").Emit("e", nil) }, "01"},
		{"rooms one by one", func(rt *session.Server, s []*session.Session) error { return rt.To("a").To("b").Emit("e", nil) }, "012"},
		{"no such room", func(rt *session.Server, s []*session.Session) error { return rt.To("c").Emit("e", nil) }, ""},
		{"no rooms", func(rt *session.Server, s []*session.Session) error { return rt.To().Emit("e", nil) }, ""},
		{"everybody", func(rt *session.Server, s []*session.Session) error { return rt.Emit("e", nil) }, "0123"},
		{"everybody but", func(rt *session.Server, s []*session.Session) error { return rt.Except(s[0], s[3]).Emit("e", nil) }, "12"},
		{"everybody but, and a room", func(rt *session.Server, s []*session.Session) error { return rt.Except(s[0]).To("a").Emit("e", nil) }, "123"},
		{"a room but one", func(rt *session.Server, s []*session.Session) error {
			return rt.To("a", "b").Except(s[1]).Emit("e", nil)
		}, "02"},
		{"from a session", func(rt *session.Server, s []*session.Session) error { return s[1].To("a", "b").Emit("e", nil) }, "02"},
		{"from a session that is not in it", func(rt *session.Server, s []*session.Session) error { return s[3].To("a").Emit("e", nil) }, "01"},
		{"from a session but another", func(rt *session.Server, s []*session.Session) error {
			return s[0].To("a", "b").Except(s[2]).Emit("e", nil)
		}, "1"},
		{"volatile", func(rt *session.Server, s []*session.Session) error { return rt.To("a").Volatile("e", nil) }, "01"},
		{"volatile to everybody", func(rt *session.Server, s []*session.Session) error { return rt.Volatile("e", nil) }, "0123"},
		{"nobody", func(*session.Server, []*session.Session) error { return session.Broadcast{}.Emit("e", nil) }, ""},
		{"after one has left", func(rt *session.Server, s []*session.Session) error {
			s[0].Leave("a")
			return rt.To("a").Emit("e", nil)
		}, "1"},
		{"after one has ended", func(rt *session.Server, s []*session.Session) error {
			s[0].Close(4000, "")
			return rt.To("a").Emit("e", nil)
		}, "1"},
		{"a kept one", func(rt *session.Server, s []*session.Session) error {
			a := rt.To("a")
			_, _ = a.To("b"), a.Except(s[0]) // they change their copies
			return a.Emit("e", nil)
		}, "01"},
		{"one of two that a kept one has become", func(rt *session.Server, s []*session.Session) error {
			kept := rt.To("c").To("c").To("c").Except(s[0]).Except(s[0]).Except(s[0])
			b := kept.To("b").Except(s[1])
			_ = kept.To("a").Except(s[2])
			return b.Emit("e", nil)
		}, "2"},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := newServer(session.Options{})
			cs := members(t, rt, "a", "a b", "b", "")
			var ss []*session.Session
			for _, c := range cs {
				ss = append(ss, c.p.session())
			}
			if err := tt.emit(rt, ss); err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, c := range cs {
				for _, line := range c.read() {
					if strings.Contains(line, `"e"`) {
						got += fmt.Sprint(i)
					}
				}
			}
			same(t, "reached", got, tt.want)
		})
	}
}

func TestMembership(t *testing.T) {
	bubble(t, "join and leave", func(t *testing.T) {
		p, c := open(t, newServer(session.Options{}), "websocket")
		s := p.session()
		for _, room := range []string{"b", "a", "b", ""} {
			s.Join(room)
		}
		same(t, "rooms", s.Rooms(), []string{"", "a", "b"})
		s.Leave("b")
		s.Leave("b")
		s.Leave("never joined")
		same(t, "rooms", s.Rooms(), []string{"", "a"})
		c.close()
		p.attach("polling")
		same(t, "rooms of a moved session", s.Rooms(), []string{"", "a"})
		p.send(`[9,4000,"bye"]`)
		same(t, "rooms at the end", s.Rooms(), []string(nil))
		s.Join("a")
		same(t, "rooms behind it", s.Rooms(), []string(nil))
	})
	bubble(t, "sessions", func(t *testing.T) {
		rt := newServer(session.Options{})
		cs := members(t, rt, "", "", "")
		var seen []string
		for s := range rt.Sessions() {
			seen = append(seen, s.ID())
			s.Close(4000, "") // may change what is iterated over
			cs[0].p.t.Helper()
		}
		for _, c := range cs {
			same(t, "seen", slices.Contains(seen, c.p.id), true)
			same(t, "by id", rt.Session(c.p.id).ID(), c.p.id)
		}
		for range rt.Sessions() {
			break
		}
		same(t, "len", rt.Len(), 3)
		cs[1].p.send(`[26,1]`)
		same(t, "len", rt.Len(), 2)
		same(t, "by id of one that ended", rt.Session(cs[1].p.id) == nil, true)
		same(t, "by no id", rt.Session("") == nil, true)
	})
	bubble(t, "everybody comes and goes at once", func(t *testing.T) {
		rt := newServer(session.Options{QueueBytes: 4 << 20, OpeningsPerSecond: 1000})
		var wg sync.WaitGroup
		for i := range 40 {
			p := newPeer(t, rt)
			wg.Go(func() {
				p.attach("websocket")
				s := p.session()
				for j := range 25 {
					room := fmt.Sprint((i + j) % 7)
					s.Join(room)
					_ = rt.To(room, "0").Emit("e", j)
					_ = s.To("1").Volatile("v", j)
					s.Leave(room)
				}
				p.send(`[9,4000,"bye"]`)
			})
		}
		wg.Wait()
		synctest.Wait()
		same(t, "sessions", rt.Len(), 0)
	})
}

// TestComingAndGoing: whoever joins, leaves and ends, in whatever order, a
// broadcast reaches those who are there.
func TestComingAndGoing(t *testing.T) {
	rt := newServer(session.Options{})
	type member struct {
		*session.Session
		c  *conn
		in map[string]bool
	}
	var left []member
	for range 40 {
		p, c := open(t, rt, "websocket")
		left = append(left, member{p.session(), c, map[string]bool{}})
	}
	names := []string{"a", "b", "c"}
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 2000 {
		i, name := random.IntN(len(left)), names[random.IntN(len(names))]
		switch m := left[i]; {
		case step%100 == 99 && len(left) > 25:
			m.c.write(`[9,4000,"bye"]`)
			left = slices.Delete(left, i, i+1)
		case m.in[name]:
			m.Leave(name)
			delete(m.in, name)
		default:
			m.Join(name)
			m.in[name] = true
		}
		if step%10 > 0 {
			continue
		}
		for _, name := range names {
			_ = rt.To(name).Emit(name, nil)
		}
		_ = rt.Emit("all", nil)
		for i, m := range left {
			var want []string
			for _, name := range append(slices.Sorted(maps.Keys(m.in)), "all") {
				want = append(want, fmt.Sprintf("[1,%q]", name))
			}
			same(t, fmt.Sprintf("step %d, session %d", step, i), m.c.read(), want)
		}
	}
}

// All members of a room see its broadcasts in the same order, whoever emits
// them and to whatever rooms beside it.
func TestOrderInARoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := newServer(session.Options{QueueBytes: 16 << 20})
		cs := members(t, rt, "a b c", "b a c", "c a b", "a b c", "b c a")
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 200 {
					var err error
					switch g % 4 {
					case 0:
						err = rt.To("a").Emit("e", []int{g, i})
					case 1:
						err = rt.To("c", "b", "a").Emit("e", []int{g, i})
					case 2:
						err = rt.To("b", "c").To("a").Emit("e", []int{g, i})
					case 3:
						err = rt.To("a", "nobody").Emit("e", []int{g, i})
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		want := cs[0].read()
		same(t, "events", len(want), 1600)
		for i, c := range cs[1:] {
			if !slices.Equal(c.read(), want) {
				t.Errorf("member %d saw another order", i+1)
			}
		}
	})
}

// Broadcasts to rooms that overlap do not wait for each other in a ring: the
// rooms are locked in one order, whatever the order of their names.
func TestOverlappingRoomsDoNotDeadlock(t *testing.T) {
	rt := newServer(session.Options{QueueBytes: 64 << 20})
	for _, c := range members(t, rt, "a b c d", "a b c d") {
		c.link.(transport.Notifier).Notify(func(bool) { runtime.Gosched() })
	}
	var wg sync.WaitGroup
	for _, names := range [][]string{{"a", "b", "c", "d"}, {"d", "c", "b", "a"}, {"b", "d", "a", "c"}, {"c", "a", "d", "b"}} {
		wg.Go(func() {
			for range 3000 {
				if err := rt.To(names...).Volatile("e", nil); err != nil {
					t.Errorf("Volatile to %v: %v", names, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A broadcast that fails does so for all, before anybody has got it.
func TestBroadcastErrors(t *testing.T) {
	rt := newServer(session.Options{})
	c := members(t, rt, "a")[0]
	for _, b := range []session.Broadcast{rt.To("a"), rt.Except()} {
		if err := b.Emit("e", make(chan int)); err == nil || errors.Is(err, session.ErrQueueFull) {
			t.Errorf("got %v, want the error of the payload", err)
		}
	}
	c.reads()
}
