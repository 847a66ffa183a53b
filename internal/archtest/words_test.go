package archtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// forbidden matches what belongs to the machine where a file was made: paths
// of its work tree and home, and the hosts of package registries, which users
// set for themselves. The words are in pieces so that this file holds none.
var forbidden = regexp.MustCompile(`(?:^|[^\w.-])/(?:wo` + `rk|ro` + `ot)/` +
	`|\b(?:proxy|sum)\.gol` + `ang\.org\b` +
	`|\bregistry\.(?:npm` + `js\.org|yar` + `npkg\.com)\b` +
	`|\b(?:deb|security)\.deb` + `ian\.org\b`)

// wordsRule: no text file contains a forbidden word. A file with a zero byte
// is no text.
func wordsRule(path string, content []byte) (bad []string) {
	if bytes.IndexByte(content, 0) >= 0 {
		return nil
	}
	for i, line := range strings.Split(string(content), "\n") {
		if m := forbidden.FindString(line); m != "" {
			bad = append(bad, fmt.Sprintf("%s:%d: forbidden: %q", path, i+1, m))
		}
	}
	return bad
}

func TestWords(t *testing.T) {
	ignored := gitIgnored(t)
	for _, path := range treeFiles(t) {
		if ignored[path] {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		report(t, wordsRule(path, content))
	}
}

// gitIgnored returns the files that git ignores, which nobody will commit.
// Where git or its repository is missing, as in a download of the sources,
// there are none.
func gitIgnored(t *testing.T) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Log("git ls-files:", err)
	}
	ignored := make(map[string]bool)
	for path := range strings.SplitSeq(string(out), "\x00") {
		ignored[path] = true
	}
	return ignored
}

func TestWordsRuleCanFail(t *testing.T) {
	tests := []struct {
		content string
		bad     int
	}{
		{"see /wo" + "rk/main/x.go", 1},
		{"/ro" + "ot/.cache\nand '/ro" + "ot/go'", 2},
		{"GOPROXY=https://proxy.gol" + "ang.org,direct", 1},
		{`"resolved": "https://registry.npm` + `js.org/x/-/x.tgz"`, 1},
		{"https://deb.deb" + "ian.org/debian", 1},
		{"net/work/x, https://example.org/root/x, ./root/x, /works/x, /root", 0},
		{"https://pkg.go.dev/x and https://go.dev/issue/1", 0},
		{"\x00binary /wo" + "rk/x", 0},
	}
	for _, tt := range tests {
		if bad := wordsRule("f", []byte(tt.content)); len(bad) != tt.bad {
			t.Errorf("%q: got violations %q, want %d", tt.content, bad, tt.bad)
		}
	}
}
