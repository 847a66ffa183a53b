//go:build linux

package run

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/everwire/everwire/bench/internal/plot"
	"github.com/everwire/everwire/bench/internal/stat"
)

// report writes RESULTS.md, the plots and the raw values.
func (r *Runner) report() error {
	dir := filepath.Join(r.Dir, "results")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var b strings.Builder
	r.head(&b)
	r.versions(&b)
	r.ratios(&b)
	r.sockets(&b, dir)
	r.overHTTP(&b, dir)
	r.resumes(&b)
	r.grown(&b, dir)
	r.bytes(&b)
	r.link(&b)
	r.failures(&b)
	raw, err := json.MarshalIndent(r.tables, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "values.json"), append(raw, '\n'), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.Dir, "RESULTS.md"), []byte(b.String()), 0o666)
}

func (r *Runner) table(name string) *table {
	i := slices.IndexFunc(r.tables, func(t *table) bool { return t.Name == name })
	return r.tables[i]
}

func (r *Runner) head(b *strings.Builder) {
	fmt.Fprintf(b, "# Benchmark results\n\n")
	fmt.Fprintf(b, "Written by `%s`; what is measured, how, and where a peer does more or less than Everwire: [README.md](README.md). "+
		"All single values: [results/values.json](results/values.json).\n\n", r.Commandline)
	fmt.Fprintf(b, "* Machine: %s, %d cores, %s, Linux %s; clients and servers share it, everything goes over loopback.\n", cpuModel(), runtime.NumCPU(), memory(), kernel())
	fmt.Fprintf(b, "* Go %s. Figures are medians of %d rounds in which all peers took turns, ± half the distance between the lowest and the highest, in percent of the median. Differences below 15 %% are noise.\n",
		strings.TrimPrefix(runtime.Version(), "go"), r.Sizes.Rounds)
	fmt.Fprintf(b, "* %s deliveries were counted at the clients and compared byte for byte: %s.\n", thousands(r.count.Got), r.count.Faults())
	fmt.Fprintf(b, "* Other processes used %.0f %% of the machine while something was measured (median; at most %.0f %%).\n", 100*stat.Median(r.others), 100*slices.Max(append(r.others, 0)))
	fmt.Fprintf(b, "* The run took %s.\n\n", time.Since(r.began).Round(time.Second))
}

func (r *Runner) versions(b *strings.Builder) {
	fmt.Fprintf(b, "## Who was measured\n\n| name | version | what it is |\n|---|---|---|\n")
	for _, p := range r.peers {
		if p.Missing == "" && p.Version+p.About != "" {
			fmt.Fprintf(b, "| %s | %s | %s |\n", bold(p.Name), p.Version, p.About)
		}
	}
	b.WriteString("\n")
	for _, p := range r.peers {
		if p.Missing != "" {
			fmt.Fprintf(b, "**Left out: %s.** It could not be had: %s\n\n", p.Name, strings.ReplaceAll(p.Missing, "\n", "; "))
		}
	}
}

// A goal is a ratio that Everwire wants to reach, or a figure, where there is nobody beside it.
type goal struct {
	what, table, column, over string
	most                      float64 // 0: none, it is only told
}

var goals = []goal{
	{"WebSocket broadcast to 1,000, one under way", "websocket", "W1", "gorilla", 0.75},
	{"WebSocket broadcast to 1,000, one under way", "websocket", "W1", "tcp", 1.1},
	{"WebSocket broadcast to 1,000, sixteen under way", "websocket", "W16", "gorilla", 0.17},
	{"WebSocket broadcast to 1,000, sixteen under way", "websocket", "W16", "centrifuge-0.15", 0.35},
	{"echo with ack, raw payload", "websocket", "echo", "gorilla", 1},
	{"echo with ack, raw payload", "websocket", "echo", "gorilla-loop", 0},
	{"echo with ack, raw payload", "websocket", "echo", "gws", 0},
	{"echo with ack, 99th percentile of the latency", "websocket", "echo p99", "gorilla", 1},
	{"echo with ack, 99th percentile of the latency", "websocket", "echo p99", "gorilla-loop", 0},
	{"echo with ack, 99th percentile of the latency", "websocket", "echo p99", "gws", 0},
	{"echo with ack, typed (JSON both ways)", "websocket", "typed", "gorilla", 1},
	{"echo with ack, typed (JSON both ways)", "websocket", "typed", "gorilla-loop", 0},
	{"echo with ack, typed (JSON both ways)", "websocket", "typed", "gws", 0},
	{"echo with ack, typed (JSON both ways)", "websocket", "typed", "socket.io", 0.4},
	{"echo with ack, typed (JSON both ways)", "websocket", "typed", "centrifuge-0.15", 0.4},
	{"echo with ack, typed (JSON both ways)", "websocket", "typed", "centrifuge", 0},
	{"opening of a WebSocket session, handshake to first event", "websocket", "opening", "gorilla", 0.8},
	{"opening of a WebSocket session, handshake to first event", "websocket", "opening", "gws", 0},
	{"opening of a WebSocket session, handshake to first event", "websocket", "opening", "socket.io", 0.2},
	{"first openings of a server that has just started", "websocket", "first", "socket.io", 0},
	{"opening of an SSE session", "sse", "opening", "nethttp", 0},
	{"opening of a long-poll session", "longpoll", "opening", "nethttp", 0},
	{"memory of an idle WebSocket session, KB", "websocket", "idle", "", 8},
	{"SSE broadcast to 500, one under way", "sse", "W1", "nethttp", 0.8},
	{"SSE broadcast to 500, sixteen under way", "sse", "W16", "nethttp", 0.25},
	{"memory of an idle SSE session, KB", "sse", "idle", "", 8},
	{"long-poll broadcast to 500, one under way", "longpoll", "W1", "nethttp", 1},
	{"long-poll broadcast to 500, sixteen under way", "longpoll", "W16", "nethttp", 0.8},
	{"memory of a held long-poll", "longpoll", "idle", "nethttp", 1},
}

// byHand are peers, for comparison, that do something like the job of a table with no library around it.
var byHand = map[string]string{"websocket": "tcp", "longpoll": "nethttp-keeps"}

func (r *Runner) ratios(b *strings.Builder) {
	b.WriteString("## In short: Everwire as a multiple of a peer\n\n" +
		"Less is better; the medians of the ratios of each round. *By hand* is for comparison and no bound: the same ratio of bare TCP, which has no handshake, frames or queues, where the job goes over a WebSocket, " +
		"and of nethttp-keeps, a handler that keeps and repeats, where it is a long-poll. It is left out where sixteen are under way, as bare TCP merges nothing. " +
		"The goals for openings came from the first ones of a server; they are held against later ones, which is harder beside a peer on Node.\n\n" +
		"| job | beside | ratio, or figure | goal | | by hand |\n|---|---|---|---|---|---|\n")
	last := ""
	for _, g := range goals {
		what := g.what
		if what == last {
			g.what = "the same"
		}
		if r.line(b, r.table(g.table), g) {
			last = what
		}
	}
	for _, n := range r.Sizes.Growth {
		r.line(b, r.table("growth"), goal{fmt.Sprintf("WebSocket broadcast to %s, one under way", thousands(n)), "growth", strconv.Itoa(n), "tcp", 1.15})
	}
	r.line(b, r.table("growth"), goal{fmt.Sprintf("an event to each of %s rooms of one", thousands(slices.Max(r.Sizes.Growth))), "growth", "rooms", "tcp", 0})
	b.WriteString("\n")
}

// line writes how far Everwire is from a goal, and reports whether that was measured.
func (r *Runner) line(b *strings.Builder, t *table, g goal) bool {
	v := t.Values["everwire"][g.column].got()
	if g.over != "" {
		v = t.ratios("everwire", g.over, g.column)
	}
	if len(v) == 0 {
		return false
	}
	most, verdict, compared := "none", "", ""
	if g.most > 0 {
		most, verdict = fmt.Sprintf("<= %v", g.most), "reached"
		if stat.Median(v) > g.most {
			verdict = "missed"
		}
	}
	if hand := byHand[g.table]; g.over != "" && g.over != hand && g.column != "W16" {
		if q := t.ratios(hand, g.over, g.column); len(q) > 0 {
			compared = fmt.Sprintf("%.2f%s", stat.Median(q), t.some(len(q)))
		}
	}
	fmt.Fprintf(b, "| %s | %s | %.2f%s | %s | %s | %s |\n", g.what, g.over, stat.Median(v), t.some(len(v)), most, verdict, compared)
	return true
}

// A column of a table of the report.
type column struct{ key, title string }

// rows writes a table with a line for each row that has any of the columns.
func rows(b *strings.Builder, t *table, first string, cols []column) {
	fmt.Fprintf(b, "| %s |", first)
	for _, c := range cols {
		fmt.Fprintf(b, " %s |", c.title)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(cols)))
	for _, row := range t.Rows {
		fmt.Fprintf(b, "| %s |", bold(row))
		for _, c := range cols {
			fmt.Fprintf(b, " %s |", t.cell(row, c.key))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func bold(row string) string {
	if strings.HasPrefix(row, "everwire") {
		return "**" + row + "**"
	}
	return row
}

// cell is a median and its spread, and of how many rounds where some have no value.
func (t *table) cell(row, column string) string {
	v := t.Values[row][column].got()
	if len(v) == 0 {
		return "-"
	}
	s := plot.Number(stat.Median(v))
	if len(v) > 1 {
		s += fmt.Sprintf(" ±%.0f%%", 100*stat.Spread(v))
	}
	return s + t.some(len(v))
}

func (r *Runner) sockets(b *strings.Builder, dir string) {
	t := r.table("websocket")
	if len(t.Rows) == 0 {
		return
	}
	n := thousands(r.Sizes.Sessions)
	fmt.Fprintf(b, "## WebSocket\n\nServer CPU time in microseconds, memory in KB. Broadcast to %s sessions with one event under way (W1) and with sixteen (W16), "+
		"each delivery; echo with %d sessions, each round trip, of a raw payload and of one that the server decodes and encodes as JSON; "+
		"p99 is latency on this machine with both cores busy; opening, from the handshake to the first event, 64 at a time: of %s sessions when %s have opened before, and of the first %s of a server that has just started; "+
		"growth of memory for an idle session that has had events.\n\n", n, talkers, thousands(r.Sizes.Openings), thousands(r.Sizes.Warm), thousands(r.Sizes.Openings))
	rows(b, t, "", []column{{"W1", "W1"}, {"W16", "W16"}, {"echo", "echo"}, {"echo p99", "echo p99"}, {"typed", "typed echo"}, {"typed p99", "typed p99"}, {"opening", "opening"}, {"first", "first openings"}, {"idle", "idle KB"}})
	r.bars(b, dir, t, "websocket-w1", "W1", "Broadcast over WebSocket, one event under way", "server CPU per delivery, microseconds; less is better")
	r.bars(b, dir, t, "websocket-w16", "W16", "Broadcast over WebSocket, sixteen events under way", "server CPU per delivery, microseconds; less is better")
	r.bars(b, dir, t, "websocket-idle", "idle", "Memory of an idle WebSocket session", "KB; less is better")
}

func (r *Runner) overHTTP(b *strings.Builder, dir string) {
	for _, h := range []struct{ name, title, in, what string }{
		{"sse", "SSE", "SSE", "Opening is everything up to the first event: for Everwire a POST that opens the session and the GET of the stream."},
		{"longpoll", "Long-poll", "long-poll", "Each delivery is an answer and the next request. Opening is everything up to the first event and the next poll."},
	} {
		t := r.table(h.name)
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintf(b, "## %s\n\nAs above, broadcasts to %s sessions. %s\n\n", h.title, thousands(r.Sizes.HTTP), h.what)
		rows(b, t, "", []column{{"W1", "W1"}, {"W16", "W16"}, {"opening", "opening"}, {"first", "first openings"}, {"idle", "idle KB"}})
		r.bars(b, dir, t, h.name+"-w1", "W1", "Broadcast over "+h.in+", one event under way", "server CPU per delivery, microseconds; less is better")
	}
}

// bars draws a column, the smallest first, and refers to the picture.
func (r *Runner) bars(b *strings.Builder, dir string, t *table, file, col, title, unit string) {
	var all []plot.Bar
	for _, row := range t.Rows {
		if v := t.Values[row][col].got(); len(v) > 0 {
			all = append(all, plot.Bar{Label: row, Value: stat.Median(v), Low: slices.Min(v), High: slices.Max(v), Accent: row == "everwire"})
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(x, y plot.Bar) int {
		if x.Value < y.Value {
			return -1
		}
		return 1
	})
	r.picture(b, dir, file, title, plot.Bars(title, unit, all))
}

func (r *Runner) picture(b *strings.Builder, dir, file, title, svg string) {
	if err := os.WriteFile(filepath.Join(dir, file+".svg"), []byte(svg), 0o666); err != nil {
		fmt.Fprintln(r.Log, err)
		return
	}
	fmt.Fprintf(b, "![%s](results/%s.svg)\n\n", title, file)
}

func (r *Runner) resumes(b *strings.Builder) {
	t := r.table("resume")
	if len(t.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## Coming back\n\n%s sessions lose their connections, miss %d events and all come back at once, for the third time: server CPU time for each in microseconds, "+
		"and milliseconds until all have everything, each event once. The other peers keep nothing for those who come back.\n\n", thousands(r.Sizes.Sessions), r.Sizes.Missed)
	rows(b, t, "", []column{{"cpu", "CPU per session"}, {"wall", "all are back"}})
}

func (r *Runner) grown(b *strings.Builder, dir string) {
	t := r.table("growth")
	if len(t.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## Growth\n\nWebSocket broadcast with one event under way to a room that grows, microseconds of server CPU per delivery; "+
		"an event to each of as many rooms of one member; memory of an idle session. The kernel itself, which bare TCP shows, gets dearer with every open connection.\n\n")
	var cols []column
	var x []float64
	for _, n := range r.Sizes.Growth {
		cols = append(cols, column{strconv.Itoa(n), thousands(n)})
		x = append(x, float64(n))
	}
	last := r.Sizes.Growth[len(r.Sizes.Growth)-1]
	cols = append(cols, column{"rooms", thousands(last) + " rooms of 1"}, column{"idle 1000", "idle KB at 1,000"})
	if last != 1000 {
		cols = append(cols, column{fmt.Sprintf("idle %d", last), "idle KB at " + thousands(last)})
	}
	rows(b, t, "", cols)
	b.WriteString("A session of Everwire has a room of its own here, which those in the table of WebSocket have not, and its idle KB hold that.\n\n")
	var lines []plot.Line
	for _, row := range t.Rows {
		l := plot.Line{Label: row, Accent: row == "everwire"}
		for _, n := range r.Sizes.Growth {
			if v := t.median(row, strconv.Itoa(n)); !math.IsNaN(v) {
				l.Y = append(l.Y, v)
			}
		}
		if len(l.Y) == len(x) {
			lines = append(lines, l)
		}
	}
	if len(lines) > 0 {
		title := "Broadcast over WebSocket to a growing room"
		r.picture(b, dir, "growth", title, plot.Lines(title, "server CPU per delivery, microseconds; less is better", "members", x, lines))
	}
}

func (r *Runner) bytes(b *strings.Builder) {
	t := r.table("bytes")
	if len(t.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## Bytes\n\nBytes of one session as its client reads (down) and writes (up) them, with the heads of HTTP and the frames of WebSocket, without TCP and IP: "+
		"of an opening, of an event with a text of %d characters when one is under way at a time, of an idle minute (watched for %v). The requests have no cookies and only the headers that are needed; "+
		"a browser adds some 500 bytes to each.\n\n", payload, r.Sizes.Idle)
	rows(b, t, "", []column{{"opening down", "opening, down"}, {"opening up", "up"}, {"event down", "event, down"}, {"event up", "up"}, {"idle down", "idle minute, down"}, {"idle up", "up"}})
}

func (r *Runner) link(b *strings.Builder) {
	t := r.table("link")
	if len(t.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "## Over a slow link\n\nA link with a round trip of %d ms, made by the fault proxy: milliseconds from the first SYN to the first event, and the same in round trips, TCP's handshake included, TLS not. "+
		"A resumed session gets what it missed; where there is no figure, there is none to get.\n\n", roundTrip.Milliseconds())
	rows(b, t, "", []column{{"new ms", "new session, ms"}, {"new", "round trips"}, {"resume ms", "resumed, ms"}, {"resume", "round trips"}})
}

func (r *Runner) failures(b *strings.Builder) {
	if r.failed() == nil {
		return
	}
	b.WriteString("## What failed\n\nA job that failed has no figure in that round.\n\n")
	for _, t := range r.tables {
		for _, err := range t.Errors {
			fmt.Fprintf(b, "* %s\n", strings.ReplaceAll(err, "\n", "; "))
		}
	}
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// value returns what stands behind a key in a file of /proc.
func value(file, key string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(raw)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

func cpuModel() string { return value("/proc/cpuinfo", "model name") }

func memory() string {
	kb, _ := strconv.Atoi(strings.TrimSuffix(value("/proc/meminfo", "MemTotal"), " kB"))
	return fmt.Sprintf("%d GB", (kb+1<<19)>>20)
}

func kernel() string {
	raw, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	v, _, _ := strings.Cut(strings.TrimSpace(string(raw)), "-")
	return v
}
