package archtest

import (
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/everwire/everwire"
)

// link matches where a Markdown link or picture leads to.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// fence matches a block of code with its language.
var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// heading matches a title that can be linked to.
var heading = regexp.MustCompile(`(?m)^#+ (.+)$`)

// anchor returns the name by which a heading is linked to.
func anchor(title string) string {
	title = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(title, " ", "-")
}

// linkRule: what a Markdown file links to is there: the file, and the heading
// in it. Links that leave the repository are not looked at.
func linkRule(file, text string, get func(string) (string, error)) (bad []string) {
	text = fence.ReplaceAllString(text, "")
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		to, at, _ := strings.Cut(m[1], "#")
		target := file
		if to != "" {
			target = path.Join(path.Dir(file), to)
		}
		content, err := get(target)
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: links to %s: %v", file, m[1], err))
			continue
		}
		if at != "" && !hasAnchor(content, at) {
			bad = append(bad, fmt.Sprintf("%s: links to %s: there is no such heading", file, m[1]))
		}
	}
	return bad
}

func hasAnchor(text, name string) bool {
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		if anchor(h[1]) == name {
			return true
		}
	}
	return false
}

// markdown yields the Markdown files of the repository with their text.
func markdown(t *testing.T) map[string]string {
	t.Helper()
	ignored := gitIgnored(t)
	files := make(map[string]string)
	for _, p := range treeFiles(t) {
		if ignored[p] || !strings.HasSuffix(p, ".md") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, p))
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(p)] = string(b)
	}
	return files
}

func TestLinks(t *testing.T) {
	for file, text := range markdown(t) {
		report(t, linkRule(file, text, func(p string) (string, error) {
			full := filepath.Join(root, p)
			if info, err := os.Stat(full); err != nil || info.IsDir() {
				return "", err
			}
			b, err := os.ReadFile(full)
			return string(b), err
		}))
	}
}

func TestLinkRuleCanFail(t *testing.T) {
	get := func(p string) (string, error) {
		if p == "docs/there.md" {
			return "# A title: here\n```sh\n# no title\n```\n", nil
		}
		return "", os.ErrNotExist
	}
	for text, want := range map[string]int{
		"[a](there.md) [b](there.md#a-title-here) [c](https://example.com/x)": 0,
		"[a](gone.md)":                  1,
		"![a](../docs/gone.png)":        1,
		"[a](there.md#no-title)":        1,
		"[a](#nothing)":                 1,
		"```go\n[a](gone.md)\n```\nand": 0,
	} {
		if bad := linkRule("docs/here.md", text, get); len(bad) != want {
			t.Errorf("%q: got %q, want %d", text, bad, want)
		}
	}
}

// prelude goes before a block of Go that is no whole file: the imports that
// such blocks may use, and the names that they may take for given.
const prelude = `package block

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

type (
	_ = context.Context
	_ = json.RawMessage
	_ = net.Addr
	_ = slog.Logger
	_ = sync.Mutex
	_ = polling.Transport
	_ = longpoll.Transport
	_ = sse.Transport
	_ = websocket.Transport
	_ = transport.Transport
	_ = session.Server
)

var _, _, _, _, _, _, _ = errors.New, fmt.Sprint, log.Print, strings.Cut, signal.Notify, syscall.SIGTERM, time.Now

// What the blocks take for given.
type (
	User    struct{ Name string }
	Message struct{ Text string }
)

var (
	rt  *everwire.Server
	s   *everwire.Session
	mux *http.ServeMux
	ctx context.Context
)

func userByCookie(r *http.Request) (*User, error)  { return nil, nil }
func userByToken(token string) (*User, error)      { return nil, nil }

`

// blockSource makes a file of a block: a whole one stays as it is, declarations get
// the prelude, statements a function, too.
func blockSource(block string) string {
	switch {
	case regexp.MustCompile(`(?m)^package `).MatchString(block):
		return block
	case regexp.MustCompile(`(?m)^(func|type) `).MatchString(block):
		return prelude + block
	default:
		return prelude + "func _() {\n" + block + "}\n"
	}
}

// Every block of Go in the documentation compiles, and stands as gofmt has it.
func TestGoBlocks(t *testing.T) {
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	dir, n := t.TempDir(), 0
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"build", "-overlay=" + filepath.Join(dir, "overlay.json")}
	for file, text := range markdown(t) {
		for i, m := range fence.FindAllStringSubmatch(text, -1) {
			if m[1] != "go" {
				continue
			}
			if f, err := format.Source([]byte(m[2])); err != nil || string(f) != m[2] {
				t.Errorf("%s: not as gofmt has it (%v):\n%s", file, err, m[2])
			}
			name := fmt.Sprintf("%s_%d", strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(file), i+1)
			from := filepath.Join(dir, name+".go")
			if err := os.WriteFile(from, []byte(blockSource(m[2])), 0o666); err != nil {
				t.Fatal(err)
			}
			overlay.Replace[filepath.Join(abs, "internal", "archtest", "blocks", name, name+".go")] = from
			args = append(args, "./internal/archtest/blocks/"+name)
			n++
		}
	}
	if n < 10 {
		t.Fatalf("found %d blocks of Go: the pattern is wrong", n)
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), b, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go build of %d blocks: %v\n%s", n, err, out)
	}
}

// code matches a line of the table of codes in PROTOCOL.md.
var code = regexp.MustCompile("(?m)^\\| [0-9-]+ \\| (4[0-9]{3}) \\| `([a-z0-9]+)` \\|")

// codesRule: each code of the protocol stands with its word in one line of the
// page that explains them.
func codesRule(protocol, page string) (bad []string) {
	for _, m := range code.FindAllStringSubmatch(protocol, -1) {
		found := false
		for line := range strings.Lines(page) {
			found = found || strings.HasPrefix(line, "| "+m[1]) && strings.Contains(line, "`"+m[2]+"`")
		}
		if !found {
			bad = append(bad, fmt.Sprintf("docs/troubleshooting.md: nothing about %s %s", m[1], m[2]))
		}
	}
	return bad
}

func TestCodesAreExplained(t *testing.T) {
	files := markdown(t)
	if n := len(code.FindAllString(files["PROTOCOL.md"], -1)); n < 20 {
		t.Fatalf("found %d codes in PROTOCOL.md: the pattern is wrong", n)
	}
	report(t, codesRule(files["PROTOCOL.md"], files["docs/troubleshooting.md"]))
}

func TestCodesRuleCanFail(t *testing.T) {
	const protocol = "| 400 | 4400 | `frame` | malformed | once |\n| - | 4408 | `timeout` | late | retry |\n"
	if bad := codesRule(protocol, "| 4400 | `frame` | x |\n| 4408 | `timeout` | y |\n"); len(bad) != 0 {
		t.Errorf("got %q, want none", bad)
	}
	if bad := codesRule(protocol, "| 4400 | `utf8` | x |\n| 4408 | | y |\n"); len(bad) != 2 {
		t.Errorf("got %q, want 2", bad)
	}
}

// Each option of the server is explained in some page.
func TestOptionsAreExplained(t *testing.T) {
	var all strings.Builder
	for file, text := range markdown(t) {
		if strings.HasPrefix(file, "docs/") {
			all.WriteString(text)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[everwire.Options]()) {
		if !regexp.MustCompile(`\b` + f.Name + `\b`).MatchString(all.String()) {
			t.Errorf("docs/: nothing about Options.%s", f.Name)
		}
	}
}
