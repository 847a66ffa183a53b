package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRunAllStopsAtFirstFailure(t *testing.T) {
	var ran []string
	step := func(name string, n counts, err error) section {
		return section{name, "", time.Minute, func(c *checker, _ context.Context) (string, error) {
			ran = append(ran, name)
			c.total.add(n)
			return "", err
		}}
	}
	boom := errors.New("boom")
	tests := []struct {
		name     string
		sections []section
		ran      []string
		last     string
		fails    bool
	}{
		{"all pass", []section{step("a", counts{passed: 3}, nil), step("b", counts{skipped: 1}, nil)},
			[]string{"a", "b"}, "3 passed, 0 failed, 1 skipped", false},
		{"a test fails", []section{step("a", counts{2, 1, 0}, boom), step("b", counts{}, nil)},
			[]string{"a"}, "2 passed, 1 failed", true},
		{"a check fails after tests", []section{step("a", counts{passed: 2}, nil), step("b", counts{}, boom)},
			[]string{"a", "b"}, "check failed in b: boom", true},
		{"a section is skipped", []section{step("a", counts{}, skipped("no tool")), step("b", counts{passed: 1}, nil)},
			[]string{"a", "b"}, "1 passed, 0 failed", false},
		{"nothing counted", []section{step("a", counts{}, nil)}, []string{"a"}, "all", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ran = nil
			var out strings.Builder
			c := &checker{out: &out}
			err := c.runAll(t.Context(), tt.sections)
			if (err != nil) != tt.fails {
				t.Errorf("got error %v, want one: %v", err, tt.fails)
			}
			if !slices.Equal(ran, tt.ran) {
				t.Errorf("got sections %q run, want %q", ran, tt.ran)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, tt.last) {
				t.Errorf("got last line %q, want %q", last, tt.last)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	got, err := choose(sections(), []string{"race", "vet"})
	if err != nil || len(got) != 2 || got[0].name != "vet" || got[1].name != "race" {
		t.Errorf("got %v, %v, want vet and race", got, err)
	}
	if _, err := choose(sections(), []string{"vets"}); err == nil {
		t.Error("an unknown section: got no error")
	}
}

func TestExec(t *testing.T) {
	c := &checker{}
	var lines []string
	keep := func(l string) { lines = append(lines, l) }
	if err := c.exec(t.Context(), "", keep, "sh", "-c", "cat; echo one; echo two >&2; printf three"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"one", "two", "three"}; !slices.Equal(lines, want) {
		t.Errorf("got lines %q, want %q", lines, want)
	}
	if err := c.exec(t.Context(), "", keep, "sh", "-c", "exit 3"); err == nil {
		t.Error("exit 3: got no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := c.exec(ctx, "", func(string) { cancel() }, "sh", "-c", "echo ready; sleep 1000 & wait")
	if err == nil {
		t.Error("canceled: got no error")
	}
}

func TestTestLog(t *testing.T) {
	tests := []struct {
		name   string
		events string
		want   counts
		prints []string
		hides  []string
	}{
		{"passing tests are silent and subtests count once", `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA/x/y"}
{"Action":"skip","Package":"p","Test":"TestA/z"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}`, counts{2, 0, 1}, []string{"ok  \tp"}, []string{"noise", "PASS"}},
		{"a failing subtest counts once and shows its output", `
{"Action":"output","Package":"p","Test":"TestA/x","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA/x"}
{"Action":"pass","Package":"p","Test":"TestA/y"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}`, counts{1, 1, 0}, []string{"got 1, want 2", "FAIL\tp"}, nil},
		{"a test that fails beside its passing subtests", `
{"Action":"pass","Package":"p","Test":"TestA/x"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`, counts{1, 1, 0}, nil, nil},
		{"a leak after the tests", `
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"leaked goroutine\n"}
{"Action":"fail","Package":"p"}`, counts{1, 1, 0}, []string{"leaked goroutine"}, nil},
		{"a package that does not build", `
{"Action":"build-output","ImportPath":"p","Output":"p.go:1: syntax error\n"}
{"Action":"build-fail","ImportPath":"p"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}`, counts{0, 1, 0}, []string{"p.go:1: syntax error", "[build failed]"}, nil},
		{"a test that never ended", `
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}`, counts{0, 1, 0}, []string{"panic: test timed out"}, nil},
		{"an error of the go command", "go: cannot find main module", counts{}, []string{"go: cannot find main module"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			log := newTestLog(func(l string) { out.WriteString(l + "\n") })
			eachLine(strings.NewReader(strings.TrimSpace(tt.events)), log.line)
			if log.counts != tt.want {
				t.Errorf("got %v, want %v", log.counts, tt.want)
			}
			for _, s := range tt.prints {
				if !strings.Contains(out.String(), s) {
					t.Errorf("got output %q, want it to hold %q", out.String(), s)
				}
			}
			for _, s := range tt.hides {
				if strings.Contains(out.String(), s) {
					t.Errorf("got output %q, want it without %q", out.String(), s)
				}
			}
		})
	}
}

func TestCountLine(t *testing.T) {
	var got counts
	for _, l := range []string{
		"# tests 9", "# pass 5", "# fail 1", "# cancelled 1", "# skipped 1", "# todo 1", // TAP
		"ℹ pass 10", "ℹ fail 0", // spec
		"7 passed, 2 failed", "e2e: 3 passed, 0 failed, 4 skipped",
		"  # pass 100", "case 3 passed, 0 failed so far",
	} {
		got.countLine(l)
	}
	if want := (counts{25, 4, 6}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDatabaseUnreachable(t *testing.T) {
	const fetching = "govulncheck: fetching vulnerabilities: "
	tests := []struct {
		name string
		code int
		line string
		want bool
	}{
		{"no such host", 1, fetching + `Get "https://db.example/index/modules.json.gz": dial tcp: lookup db.example: no such host`, true},
		{"connection refused", 1, fetching + `Get "https://db.example/index/modules.json.gz": dial tcp 127.0.0.1:9: connect: connection refused`, true},
		{"vulnerabilities found", 3, fetching + `Get "x"`, false},
		{"an answer with an error status", 1, fetching + "HTTP GET https://db.example/index/modules.json.gz returned unexpected status: 500 Internal Server Error", false},
		{"code that does not load", 1, "govulncheck: loading packages: ", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := databaseUnreachable(tt.code, []string{tt.line}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFuzzTime(t *testing.T) {
	tests := []struct {
		asked   string
		targets int
		want    time.Duration
	}{
		{"", 0, 5 * time.Second},
		{"", 18, 5 * time.Second},
		{"", 36, 2500 * time.Millisecond},
		{"", 1000, time.Second},
		{"1m", 1000, time.Minute},
	}
	for _, tt := range tests {
		if got, err := fuzzTime(tt.asked, tt.targets); got != tt.want || err != nil {
			t.Errorf("fuzzTime(%q, %d): got %v, %v, want %v", tt.asked, tt.targets, got, err, tt.want)
		}
	}
	if _, err := fuzzTime("5", 1); err == nil {
		t.Error("FUZZTIME=5: got no error")
	}
}

func TestDeadlineRace(t *testing.T) {
	race := []string{"fuzz: elapsed: 5s, execs: 9 (0/sec)", "--- FAIL: FuzzX (5.10s)", "    context deadline exceeded", "=== NAME  ", "FAIL", "exit status 1"}
	finding := []string{"--- FAIL: FuzzX (0.10s)", "    --- FAIL: FuzzX (0.00s)", "        x_test.go:9: context deadline exceeded",
		"    Failing input written to testdata/fuzz/FuzzX/1", "FAIL"}
	if !deadlineRace(race) {
		t.Error("the race at the end of -fuzztime is not seen")
	}
	if deadlineRace(finding) {
		t.Error("a finding is taken for the race")
	}
}

func TestIsFuzzName(t *testing.T) {
	for name, want := range map[string]bool{
		"Fuzz": true, "FuzzFrame": true, "Fuzz_frame": true, "Fuzz1": true,
		"Fuzzy": false, "ok  \tp\t0.1s": false, "Fuzz is on": false, "": false,
	} {
		if got := isFuzzName(name); got != want {
			t.Errorf("isFuzzName(%q): got %v, want %v", name, got, want)
		}
	}
}

func TestScan(t *testing.T) {
	root := t.TempDir()
	for _, f := range []string{"go.mod", "a.go", "bench/go.mod", "bench/b.go",
		"client-js/node_modules/z/go.mod", "client-js/node_modules/z/z.go", "a/testdata/t.go", ".x/x.go", "_y/y.go"} {
		path := filepath.Join(root, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	c, err := newChecker(nil, root)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.modules) != 2 || len(c.goFiles) != 2 {
		t.Errorf("got modules %q and files %q, want two of each", c.modules, c.goFiles)
	}
}
