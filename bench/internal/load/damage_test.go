//go:build linux

package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everwire/everwire/bench/control"
	"github.com/everwire/everwire/bench/internal/wire"
)

// One damaged event of one session among many fails the job, whatever is wrong with it.
func TestBroadcastFindsDamage(t *testing.T) {
	p := control.Payload(30)
	tests := []struct {
		name    string
		instead string // of the line with event 30, for session 5
		bad     int
		dup     int
	}{
		{"as it should be", p + "\n", 0, 0},
		{"another letter", p[:60] + "X" + p[61:] + "\n", 1, 0},
		{"the last letter is another", p[:len(p)-1] + "X\n", 1, 0},
		{"cut", p[:len(p)-1] + "\n", 1, 0},
		{"only the number", p[:12] + "\n", 1, 0},
		{"too long", p + "x\n", 1, 0},
		{"no mark", "x" + p[1:] + "\n", 1, 0},
		{"an empty line more", p + "\n\n", 1, 0},
		{"a line more", p + "\nnonsense\n", 1, 0},
		{"two in one line", p + control.Payload(31) + "\n", 1, 0},
		{"a second greeting", p + "\n" + control.Payload(0) + "\n", 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeOf(t, func(conn, n int) string {
				if conn == 5 && n == 30 {
					return tt.instead
				}
				return control.Payload(n) + "\n"
			})
			c := newTestCrowd(t, TCP{}, f.l.Addr().String())
			if err := c.Open(10, 4, limit); err != nil {
				t.Fatal(err)
			}
			err := c.Broadcast(100, 16, f.broadcast, limit)
			sum := c.Count()
			if fails := tt.bad+tt.dup > 0; (err != nil) != fails || errors.Is(err, ErrSlow) || errors.Is(err, wire.ErrDamaged) != (tt.bad > 0) {
				t.Errorf("got error %v", err)
			}
			if sum.Bad != tt.bad || sum.Dup != tt.dup {
				t.Errorf("got %s, want %d twice, %d damaged", sum.Faults(), tt.dup, tt.bad)
			}
		})
	}
}

// The repeat of the last event comes when all have everything. It shows if one waits for it.
func TestWaitFindsARepeatOfTheLast(t *testing.T) {
	f := newFake(t, func(conn, n int) []int { return []int{n} })
	c := newTestCrowd(t, TCP{}, f.l.Addr().String())
	if err := c.Open(3, 3, limit); err != nil {
		t.Fatal(err)
	}
	if err := c.Broadcast(10, 1, f.broadcast, limit); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f.conns[1], control.Payload(10)+"\n"); err != nil {
		t.Fatal(err)
	}
	err := c.Wait(20 * time.Millisecond)
	if sum := c.Count(); err == nil || sum.Dup != 1 {
		t.Errorf("got error %v and %s", err, sum.Faults())
	}
}

// newEchoes returns the address of a server of lines that answers what it is told to.
func newEchoes(t *testing.T, answer func(line string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	serve := func(c net.Conn) {
		defer c.Close()
		_, _ = io.WriteString(c, control.Payload(0)+"\n")
		for in := bufio.NewScanner(c); in.Scan(); {
			_, _ = io.WriteString(c, answer(in.Text()))
		}
	}
	wg.Go(func() { // ends when l is closed
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serve(c) }) // ends with the loop of the crowd
		}
	})
	t.Cleanup(func() { // behind the one of the crowd, which is made later
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// An answer must be what was said, to the byte, raw and typed.
func TestEchoFindsDamage(t *testing.T) {
	typed := func(n int) string { return fmt.Sprintf(`{"id":%d,"text":"%s"}`, n, control.Payload(n)[:64]) }
	for _, tt := range []struct {
		name   string
		answer func(line string) string
		want   string
	}{
		{"the same", func(s string) string { return s }, ""},
		{"a byte is another", func(s string) string { return s[:len(s)-3] + "X" + s[len(s)-2:] }, "damaged"},
		{"cut", func(s string) string { return s[:len(s)-1] }, "damaged"},
		{"more", func(s string) string { return s + " " }, "damaged"},
		{"twice", func(s string) string { return s + "\n" + s }, "twice"},
		{"empty", func(string) string { return "" }, "damaged"},
	} {
		for what, text := range map[string]func(int) string{"raw": control.Payload, "typed": typed} {
			t.Run(tt.name+", "+what, func(t *testing.T) {
				addr := newEchoes(t, func(s string) string {
					if strings.Contains(s, "#0000000005:") {
						s = tt.answer(s)
					}
					return s + "\n"
				})
				c := newTestCrowd(t, TCP{}, addr)
				if err := c.Open(3, 3, limit); err != nil {
					t.Fatal(err)
				}
				err := c.Echo(9, what == "typed", text, limit)
				if tt.want == "" {
					if sum := c.Count(); err != nil || sum.Got != 27 || !sum.Whole() {
						t.Errorf("got error %v, %d echoes, %s", err, sum.Got, sum.Faults())
					}
				} else if err == nil || !strings.Contains(err.Error(), tt.want) || c.Count().Whole() {
					t.Errorf("got error %v, want %q", err, tt.want)
				}
			})
		}
	}
}

// In every protocol, no byte of an event and none of an answer can change without that it shows.
func TestEveryByteCounts(t *testing.T) {
	message := func(p interface {
		message(*Session, []byte) error
	}) func(*Session, []byte) {
		return func(s *Session, b []byte) {
			if err := p.message(s, b); err != nil {
				s.fail(err)
			}
		}
	}
	for _, tt := range []struct {
		name     string
		protocol Protocol
		take     func(*Session, []byte)
		event    string // around its payload
	}{
		{"tcp", TCP{}, (*Session).texts, "%s"},
		{"websocket", Socket{}, message(Socket{}), "%s"},
		{"stream", Stream{}, (*Session).line, "data: %s"},
		{"everwire", Everwire{"websocket"}, message(Everwire{"websocket"}), `[1,"e","%s"]`},
		{"socket.io", SocketIO{}, message(SocketIO{}), `42["e","%s"]`},
		{"sockjs", SockJS{Transport: "websocket"}, message(SockJS{Transport: "websocket"}), `a["%s"]`},
		{"centrifuge", Centrifuge{}, message(Centrifuge{}), `{"push":{"channel":"all","pub":{"data":"%s"}}}`},
		{"centrifuge-0.15", Centrifuge{Old: true}, message(Centrifuge{Old: true}), `{"result":{"channel":"all","data":{"data":"%s"}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			event := fmt.Sprintf(tt.event, control.Payload(1))
			from := strings.Index(event, "#")
			take := func(b string, want string) (whole bool) {
				c := &Crowd{protocol: tt.protocol, done: make(map[int]int)}
				s := &Session{crowd: c, want: want, greet: true}
				c.Sessions = []*Session{s}
				echoed := want == ""
				if want != "" {
					c.echo = func(*Session) { echoed = true }
				}
				tt.take(s, []byte(b))
				if _, ok := tt.protocol.(Centrifuge); ok && s.Count.Got == 0 { // shows by the gap, as replies may hold none
					return false
				}
				return echoed && s.Err == nil && s.Count.Whole()
			}
			if !take(event, "") {
				t.Errorf("a whole event is refused: %s", event)
			}
			for i := range control.Size {
				at := from + i
				if b := event[:at] + string(event[at]^1) + event[at+1:]; take(b, "") {
					t.Errorf("byte %d of the payload: %s is an event", i, b)
				}
				if b := event[:at] + event[at+1:]; take(b, "") {
					t.Errorf("byte %d of the payload is left out: %s is an event", i, b)
				}
			}
			for _, typed := range []bool{false, true} {
				text := control.Payload(1)
				if typed {
					text = fmt.Sprintf(`{"id":1,"text":"%s"}`, control.Payload(1)[:64])
				}
				answer := tt.protocol.answer(1, text, typed)
				if answer == "" { // events only
					continue
				}
				if !take(answer, answer) {
					t.Errorf("a whole answer is refused: %s", answer)
				}
				for at := range answer {
					if b := answer[:at] + string(answer[at]^1) + answer[at+1:]; take(b, answer) {
						t.Errorf("byte %d of the answer: %s is one", at, b)
					}
				}
			}
		})
	}
}

// What a session has after it came back may stand before the offset of its subscription, or behind it.
func TestCentrifugeOffset(t *testing.T) {
	for line, want := range map[string]string{
		`{"id":1,"connect":{"client":"c","subs":{"all":{"epoch":"e"}}}}`:                                             "0",
		`{"id":1,"connect":{"subs":{"all":{"epoch":"e","offset":12}}}}`:                                              "12",
		`{"id":1,"connect":{"subs":{"all":{"epoch":"e","publications":[{"offset":11},{"offset":12}],"offset":10}}}}`: "12",
		`{"id":1,"connect":{"subs":{"all":{"offset":12,"epoch":"e","publications":[{"offset":11}]}}}}`:               "12",
	} {
		s := &Session{crowd: &Crowd{}}
		if (Centrifuge{}).line(s, []byte(line)); s.epoch != "e" || s.offset != want {
			t.Errorf("got epoch %q and offset %q of %s, want %q", s.epoch, s.offset, line, want)
		}
	}
}
