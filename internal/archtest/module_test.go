package archtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// modfile is what the rules read of go mod edit -json.
type modfile struct {
	Go      string
	Require []struct {
		Path     string
		Indirect bool
	}
	Tool, Ignore []struct{ Path string }
}

// moduleRule: the root go.mod asks for Go 1.25, requires gorilla/websocket and
// google/uuid and nothing else directly, names no tools (those have their own
// modfile, as they would raise the go line), and ignores what npm installs
// (some npm packages hold Go files, which ./... would build).
func moduleRule(m modfile) (bad []string) {
	if m.Go != "1.25" && m.Go != "1.25.0" {
		bad = append(bad, fmt.Sprintf("the go line is %q, want 1.25", m.Go))
	}
	var direct []string
	for _, r := range m.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	slices.Sort(direct)
	if want := []string{uuid, gorilla}; !slices.Equal(direct, want) {
		bad = append(bad, fmt.Sprintf("direct dependencies are %q, want %q", direct, want))
	}
	for _, t := range m.Tool {
		bad = append(bad, fmt.Sprintf("tool %s belongs into internal/tools/go.mod", t.Path))
	}
	if !slices.ContainsFunc(m.Ignore, func(i struct{ Path string }) bool { return i.Path == "node_modules" }) {
		bad = append(bad, "there is no line \"ignore node_modules\"")
	}
	return bad
}

func TestModule(t *testing.T) {
	var m modfile
	if err := json.Unmarshal([]byte(goCommand(t, "mod", "edit", "-json")), &m); err != nil {
		t.Fatal(err)
	}
	report(t, moduleRule(m))
}

func TestModuleRuleCanFail(t *testing.T) {
	const sound = `{"Go": "1.25", "Require": [{"Path": "github.com/gorilla/websocket"}, {"Path": "github.com/google/uuid"},
		{"Path": "example.org/deep", "Indirect": true}], "Ignore": [{"Path": "node_modules"}]}`
	tests := []struct {
		name, old, new string
		bad            int
	}{
		{"sound", "", "", 0},
		{"a raised go line", "1.25", "1.26", 1},
		{"one more direct dependency", `, "Indirect": true`, "", 1},
		{"one less", `"Path": "github.com/google/uuid"`, `"Path": "github.com/google/uuid", "Indirect": true`, 1},
		{"a tool", `"Go"`, `"Tool": [{"Path": "example.org/lint"}], "Go"`, 1},
		{"npm's Go files", `"node_modules"`, `"other"`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m modfile
			if err := json.Unmarshal([]byte(strings.Replace(sound, tt.old, tt.new, 1)), &m); err != nil {
				t.Fatal(err)
			}
			if bad := moduleRule(m); len(bad) != tt.bad {
				t.Errorf("got violations %q, want %d", bad, tt.bad)
			}
		})
	}
}
