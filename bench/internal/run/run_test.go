//go:build linux

package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func TestRatio(t *testing.T) {
	tab := newTable("t")
	for i, v := range []float64{1, 2, 9} {
		tab.add("a", "x", v)
		tab.add("b", "x", []float64{2, 2, 3}[i])
	}
	tab.add("c", "x", 1)
	if got := tab.ratio("a", "b", "x"); got != 1 { // 0.5, 1, 3
		t.Errorf("got %v, want 1", got)
	}
	if got := tab.ratio("a", "c", "x"); got == got {
		t.Errorf("rounds that are missing: got %v, want NaN", got)
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
		r.tables = append(r.tables, newTable(name))
	}
	for i := range 3 {
		r.others = append(r.others, 0.01*float64(i))
		for _, p := range r.peers[:3] {
			r.table("websocket").add(p.Name, "W1", float64(10+len(p.Name)+i)) // tcp 13, everwire 18, gorilla 17
		}
		r.table("websocket").add("everwire", "idle", 9)
		for _, n := range []string{"100", "1000", "8000", "rooms"} {
			r.table("growth").add("everwire", n, 4)
			r.table("growth").add("tcp", n, 3)
		}
	}
	r.table("sse").Errors["nethttp, sse"] = "it fell over"
	r.count = wire.Count{Got: 1234567, Lost: 1}
	if err := r.report(); err != nil {
		t.Fatal(err)
	}
	got := read(t, dir, "RESULTS.md")
	for _, want := range []string{
		"`make bench`", "1,234,567 deliveries were counted at the clients and compared byte for byte: 1 lost, 0 twice or late, 0 damaged",
		"used 1 % of the machine", "**Left out: sockjs-node.** It could not be had: npm is not there",
		"| WebSocket broadcast to 1,000, one under way | gorilla | 1.06 | <= 0.75 | missed | 0.78 |",
		"| WebSocket broadcast to 8,000, one under way | tcp | 1.33 | <= 1.15 | missed |  |",
		"| memory of an idle WebSocket session, KB |  | 9.00 | <= 8 | missed |  |",
		"| an event to each of 8,000 rooms of one | tcp | 1.33 | none | | |",
		"| tcp | 14 ±7% |", "* nethttp, sse: it fell over", "(results/websocket-w1.svg)", "(results/growth.svg)",
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
