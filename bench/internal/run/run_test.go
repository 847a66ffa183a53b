//go:build linux

package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/everwire/everwire/bench/control"
	"github.com/everwire/everwire/bench/internal/load"
	"github.com/everwire/everwire/bench/internal/wire"
)

func TestProcessCPU(t *testing.T) {
	before, err := processCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	n, until := 0, time.Now().Add(20*time.Millisecond)
	for time.Now().Before(until) {
		n++
	}
	after, err := processCPU(os.Getpid())
	if d := after - before; err != nil || d <= 0 || d > time.Minute {
		t.Errorf("a busy process of %d turns used %v, error %v", n, d, err)
	}
	if _, err := processCPU(1 << 22); err == nil {
		t.Error("a process that is not there has a clock")
	}
}

// fill notes a value of every round, from the first.
func fill(t *table, row, column string, all ...float64) {
	for round, v := range all {
		t.set(round, row, column, v)
	}
}

func TestRatios(t *testing.T) {
	tab := newTable("t", 3)
	fill(tab, "a", "x", 1, 2, 9)
	fill(tab, "b", "x", 2, 2, 3)
	fill(tab, "c", "x", 1)
	if got, want := tab.ratios("a", "b", "x"), []float64{0.5, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := tab.ratios("a", "c", "x"), []float64{1}; !slices.Equal(got, want) {
		t.Errorf("rounds that are missing: got %v, want %v", got, want)
	}
	if got := tab.ratios("a", "nobody", "x"); len(got) != 0 {
		t.Errorf("no row: got %v", got)
	}
}

// A job that fails in a round has no figure of it, those of other rounds stay with their rounds, and what is told of them
// says how many they are.
func TestFailedRound(t *testing.T) {
	r := Runner{Log: t.Output(), began: time.Now(), peers: []*Peer{{Name: "everwire"}, {Name: "gorilla"}}}
	tab := newTable("websocket", 3)
	r.tables = []*table{tab}
	for round := range 3 {
		r.each(round, tab, "websocket", func(*Peer) bool { return true }, func(p *Peer) error {
			tab.add(p.Name, "W1", map[string]float64{"everwire": 10, "gorilla": 20}[p.Name]*float64(round+1))
			if p.Name == "gorilla" && round == 1 {
				return errors.New("it fell over")
			}
			return nil
		})
	}
	if got, want := tab.ratios("everwire", "gorilla", "W1"), []float64{0.5, 0.5}; !slices.Equal(got, want) {
		t.Errorf("got ratios %v, want %v", got, want)
	}
	if got, want := tab.cell("gorilla", "W1"), "40 ±50% (2 of 3 rounds)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := tab.cell("everwire", "W1"), "20 ±50%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var b strings.Builder
	r.line(&b, tab, goal{"a job", "websocket", "W1", "gorilla", 0.75})
	if want := "| a job | gorilla | 0.50 (2 of 3 rounds) | <= 0.75 | reached |"; !strings.Contains(b.String(), want) {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	raw, err := json.Marshal(tab)
	if want := `"gorilla":{"W1":[20,null,60]}`; err != nil || !strings.Contains(string(raw), want) {
		t.Errorf("got %s and error %v, want %s", raw, err, want)
	}
	if err := r.failed(); err == nil {
		t.Error("the run did not fail")
	}
	b.Reset()
	r.failures(&b)
	if want := "* gorilla, websocket, round 2: it fell over\n"; !strings.Contains(b.String(), want) {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// What was lost and what came twice is counted in a job that fails as in one that does not.
func TestFailedJobCounts(t *testing.T) {
	for _, tt := range []struct {
		name string
		sent []int // to the one session, behind the greeting
		late []int // when the job has all that it waits for
		want wire.Count
	}{
		{"all is well", []int{1, 2, 3}, nil, wire.Count{Got: 3}},
		{"one lost", []int{1, 3}, nil, wire.Count{Got: 2, Lost: 1}},
		{"one twice", []int{1, 1, 2, 3}, nil, wire.Count{Got: 3, Dup: 1}},
		{"the last twice", []int{1, 2, 3, 3}, nil, wire.Count{Got: 3, Dup: 1}},
		{"the last twice, late", []int{1, 2, 3}, []int{3}, wire.Count{Got: 3, Dup: 1}},
		{"two greetings", []int{0, 1, 2, 3}, nil, wire.Count{Got: 3, Dup: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			loop, err := load.NewLoop()
			if err != nil {
				t.Fatal(err)
			}
			defer loop.Close()
			var r Runner
			c := load.NewCrowd(loop, load.TCP{}, l.Addr().String())
			err = r.check(c, func() error {
				conns := make(chan net.Conn, 1)
				go func() { // ends when the session has come, or with l
					if conn, err := l.Accept(); err == nil {
						fmt.Fprintln(conn, control.Payload(0))
						conns <- conn
					}
				}()
				if err := c.Open(1, 1, patience); err != nil {
					return err
				}
				conn := <-conns
				t.Cleanup(func() { conn.Close() })
				send := func(all ...int) error {
					for _, n := range all {
						if _, err := fmt.Fprintln(conn, control.Payload(n)); err != nil {
							return err
						}
					}
					return nil
				}
				if err := c.Broadcast(3, 3, func(int) error { return send(tt.sent...) }, patience); err != nil {
					return err
				}
				return send(tt.late...)
			})
			if (err != nil) != !tt.want.Whole() || r.count != tt.want {
				t.Errorf("got error %v and %+v, want %+v", err, r.count, tt.want)
			}
		})
	}
}

func TestReport(t *testing.T) {
	dir := t.TempDir()
	r := Runner{Dir: dir, Log: t.Output(), Commandline: "make bench", began: time.Now(), Sizes: Sizes{
		Rounds: 3, Sessions: 1000, HTTP: 500, Growth: []int{100, 1000, 8000},
	}}
	r.peers = peers("bench")
	r.peers[len(r.peers)-1].Missing = "npm is not there"
	for _, name := range []string{"websocket", "sse", "longpoll", "resume", "growth", "bytes", "link"} {
		r.tables = append(r.tables, newTable(name, 3))
	}
	for i := range 3 {
		r.others = append(r.others, 0.01*float64(i))
		for _, p := range r.peers[:3] {
			r.table("websocket").set(i, p.Name, "W16", 10)
			r.table("websocket").set(i, p.Name, "W1", float64(10+len(p.Name)+i)) // tcp 13, everwire 18, gorilla 17
		}
		r.table("websocket").set(i, "everwire", "idle", 9)
		for _, p := range []string{"everwire", "gws", "socket.io"} {
			r.table("websocket").set(i, p, "opening", 90)
			r.table("websocket").set(i, p, "first", map[string]float64{"everwire": 100, "gws": 80, "socket.io": 800}[p])
		}
		for p, v := range map[string]float64{"everwire": 30, "nethttp": 40, "nethttp-keeps": 20} {
			r.table("longpoll").set(i, p, "idle", v)
		}
		for _, n := range []string{"100", "1000", "8000", "rooms"} {
			r.table("growth").set(i, "everwire", n, 4)
			r.table("growth").set(i, "tcp", n, 3)
		}
	}
	r.table("sse").end(1, "nethttp, sse", errors.New("it fell over"))
	r.count = wire.Count{Got: 1234567, Lost: 1}
	if err := r.report(); err != nil {
		t.Fatal(err)
	}
	got := read(t, dir, "RESULTS.md")
	for _, want := range []string{
		"`make bench`", "1,234,567 deliveries were counted at the clients and compared byte for byte: 1 lost, 0 twice or late, 0 damaged",
		"used 1 % of the machine", "**Left out: sockjs-node.** It could not be had: npm is not there",
		"| WebSocket broadcast to 1,000, one under way | gorilla | 1.06 | <= 0.75 | missed | 0.78 |",
		"| WebSocket broadcast to 1,000, sixteen under way | gorilla | 1.00 | <= 0.17 | missed |  |",
		"| opening of a WebSocket session, handshake to first event | gws | 1.00 | none |  |  |",
		"| the same | socket.io | 1.00 | <= 0.2 | missed |  |",
		"| first openings of a server that has just started | socket.io | 0.12 | none |  |  |",
		"| memory of a held long-poll | nethttp | 0.75 | <= 1 | reached | 0.50 |",
		"| opening | first openings |",
		"| WebSocket broadcast to 8,000, one under way | tcp | 1.33 | <= 1.15 | missed |  |",
		"| memory of an idle WebSocket session, KB |  | 9.00 | <= 8 | missed |  |",
		"| an event to each of 8,000 rooms of one | tcp | 1.33 | none |  |  |",
		"| tcp | 14 ±7% |", "* nethttp, sse, round 2: it fell over", "(results/websocket-w1.svg)", "(results/growth.svg)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("RESULTS.md has no %q", want)
		}
	}
	for _, file := range []string{"websocket-w1.svg", "growth.svg", "values.json"} {
		if read(t, dir, filepath.Join("results", file)) == "" {
			t.Errorf("%s is empty", file)
		}
	}
	if strings.Contains(got, "20"+time.Now().Format("06")) {
		t.Error("RESULTS.md tells a date")
	}
}

// Stretches that are too short for ticks of 10 ms are put together, not left out.
func TestShortStretchesAreNoted(t *testing.T) {
	var r Runner
	for range 7 {
		r.note(10*time.Millisecond, 80*time.Millisecond)
	}
	r.note(0, 400*time.Millisecond)
	want := []float64{0.125, 0.125, 10. / 480}
	if !slices.Equal(r.others, want) {
		t.Errorf("got %v, want %v", r.others, want)
	}
}

func read(t *testing.T, dir, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPeersHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range peers("bench") {
		if seen[p.Name] || p.About == "" || len(p.Command) == 0 || len(p.Protocols) == 0 {
			t.Errorf("%q: twice, or not told what it is, or no way to start it", p.Name)
		}
		seen[p.Name] = true
	}
	for _, g := range goals {
		if g.over != "" && !seen[g.over] {
			t.Errorf("a goal beside %q, which is no peer", g.over)
		}
	}
}
