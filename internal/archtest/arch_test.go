// Package archtest holds the rules of the whole repository that a compiler
// does not: who may import whom, what every exported name needs, and what no
// file may contain. Each rule is a function from what was found to the list of
// its violations, and has a test that it can fail.
package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module  = "github.com/everwire/everwire"
	gorilla = "github.com/gorilla/websocket"
	uuid    = "github.com/google/uuid"

	transport = module + "/transport"
	session   = module + "/session"
)

// transports are the packages that implement transport.Transport.
var transports = []string{module + "/polling", module + "/longpoll", module + "/sse", module + "/websocket"}

// pkg is what the import rules read of go list -json.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string // of non-test files
	Deps       []string // what Imports lead to, themselves included
}

// packages knows a package by its import path.
type packages map[string]pkg

// own yields the packages of this module, sorted, so that reports are stable.
func (ps packages) own() []pkg {
	var own []pkg
	for path, p := range ps {
		if inModule(path) {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return own
}

func inModule(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func internal(path string) bool {
	return strings.HasPrefix(path, module+"/internal/")
}

// within tells whether path is the package root or lies under it.
func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func isTransport(path string) bool {
	return slices.ContainsFunc(transports, func(t string) bool { return within(path, t) })
}

// importRules maps each rule of DESIGN.md, section 2, to its check.
var importRules = map[string]func(packages) []string{
	"transport is the leaf":               leafRule,
	"transports know only transport":      transportRule,
	"session knows no concrete transport": sessionRule,
	"gorilla stays in websocket":          gorillaRule,
	"only the root knows all transports":  rootRule,
}

// leafRule: package transport imports the standard library only. What lies
// under it (transporttest) may also use transport and internal packages, as
// long as these lead to nothing else.
func leafRule(ps packages) (bad []string) {
	for _, p := range ps.own() {
		if !within(p.ImportPath, transport) {
			continue
		}
		for _, dep := range p.Deps {
			ok := ps[dep].Standard
			if p.ImportPath != transport {
				ok = ok || within(dep, transport) || internal(dep)
			}
			if !ok {
				bad = append(bad, fmt.Sprintf("%s depends on %s", p.ImportPath, dep))
			}
		}
	}
	return bad
}

// transportRule: a transport depends on transport, the standard library and
// internal packages; websocket on gorilla, too. Never on session, on the root
// package or on another transport, be it by way of a third package.
func transportRule(ps packages) (bad []string) {
	for _, p := range ps.own() {
		if !isTransport(p.ImportPath) {
			continue
		}
		self := transports[slices.IndexFunc(transports, func(t string) bool { return within(p.ImportPath, t) })]
		for _, dep := range p.Deps {
			switch {
			case ps[dep].Standard, within(dep, transport), internal(dep), within(dep, self):
			case dep == gorilla && self == module+"/websocket":
			default:
				bad = append(bad, fmt.Sprintf("%s depends on %s", p.ImportPath, dep))
			}
		}
	}
	return bad
}

// sessionRule: session depends on transport, google/uuid, the standard library
// and internal packages, and so on no concrete transport and not on gorilla.
func sessionRule(ps packages) (bad []string) {
	for _, p := range ps.own() {
		if !within(p.ImportPath, session) {
			continue
		}
		for _, dep := range p.Deps {
			switch {
			case ps[dep].Standard, within(dep, transport), within(dep, session), internal(dep), dep == uuid:
			default:
				bad = append(bad, fmt.Sprintf("%s depends on %s", p.ImportPath, dep))
			}
		}
	}
	return bad
}

// byHand is the example that shows what a chat over gorilla/websocket alone is.
const byHand = module + "/examples/walk"

// gorillaRule: what users get imports gorilla/websocket in package websocket
// and nowhere else. Test support may import it: packages under internal/ that
// nothing outside of internal/ depends on. So may the one example byHand.
func gorillaRule(ps packages) (bad []string) {
	for _, p := range ps.own() {
		support := internal(p.ImportPath) && !slices.ContainsFunc(ps.own(), func(q pkg) bool {
			return !internal(q.ImportPath) && slices.Contains(q.Deps, p.ImportPath)
		})
		allowed := support || p.ImportPath == module+"/websocket" || p.ImportPath == byHand
		if slices.Contains(p.Imports, gorilla) && !allowed {
			bad = append(bad, fmt.Sprintf("%s imports %s", p.ImportPath, gorilla))
		}
	}
	return bad
}

// rootRule: no package but the root imports all four transports.
func rootRule(ps packages) (bad []string) {
	for _, p := range ps.own() {
		missing := slices.ContainsFunc(transports, func(t string) bool { return !slices.Contains(p.Imports, t) })
		if !missing && p.ImportPath != module {
			bad = append(bad, fmt.Sprintf("%s imports all transports", p.ImportPath))
		}
	}
	return bad
}

// root is the module's root, as the go command starts tests in their package.
var root = filepath.Join("..", "..")

func TestImports(t *testing.T) {
	ps := make(packages)
	d := json.NewDecoder(strings.NewReader(goCommand(t, "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")))
	for {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ps[p.ImportPath] = p
	}
	for _, path := range append([]string{module, transport, session}, transports...) {
		if _, ok := ps[path]; !ok {
			t.Errorf("there is no package %s: the rules look at nothing", path)
		}
	}
	for name, rule := range importRules {
		t.Run(name, func(t *testing.T) { report(t, rule(ps)) })
	}
}

// goCommand runs the go command in the module's root.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		t.Fatalf("go %s: %v", args[0], err)
	}
	return string(out)
}

func report(t *testing.T, bad []string) {
	t.Helper()
	for _, b := range bad {
		t.Error(b)
	}
}

// world builds packages from their direct imports: paths without a dot in
// their first element are the standard library's. Cycles do no harm.
func world(imports map[string][]string) packages {
	ps := make(packages)
	for path, direct := range imports {
		seen := make(map[string]bool)
		for todo := slices.Clone(direct); len(todo) > 0; todo = todo[1:] {
			if dep := todo[0]; !seen[dep] {
				seen[dep] = true
				todo = append(todo, imports[dep]...)
			}
		}
		ps[path] = pkg{ImportPath: path, Imports: direct, Deps: slices.Sorted(maps.Keys(seen))}
		for dep := range seen {
			if first, _, _ := strings.Cut(dep, "/"); !strings.Contains(first, ".") {
				ps[dep] = pkg{ImportPath: dep, Standard: true}
			}
		}
	}
	return ps
}

// soundWorld is a world in which every rule holds.
func soundWorld() map[string][]string {
	return map[string][]string{
		module:                       append([]string{session, "net/http"}, transports...),
		transport:                    {"net/http"},
		transport + "/transporttest": {transport, module + "/internal/memhttp", "testing"},
		session:                      {transport, uuid, "sync"},
		module + "/polling":          {transport},
		module + "/longpoll":         {transport},
		module + "/sse":              {transport, module + "/internal/memhttp"},
		module + "/websocket":        {transport, gorilla},
		module + "/internal/memhttp": {"net"},
		module + "/examples/chat":    {module},
		byHand:                       {module, gorilla},
		gorilla:                      {"net/http"},
	}
}

func TestImportRulesCanFail(t *testing.T) {
	for name, rule := range importRules {
		if bad := rule(world(soundWorld())); len(bad) > 0 {
			t.Errorf("%s: got %q in the sound world", name, bad)
		}
	}
	tests := []struct{ rule, from, imports string }{
		{"transport is the leaf", transport, uuid},
		{"transport is the leaf", transport, session},
		{"transport is the leaf", transport, module + "/internal/memhttp"},
		{"transport is the leaf", transport + "/transporttest", gorilla},
		{"transport is the leaf", transport + "/transporttest", module + "/sse"},
		{"transport is the leaf", module + "/internal/memhttp", uuid},
		{"transports know only transport", module + "/polling", session},
		{"transports know only transport", module + "/polling", module},
		{"transports know only transport", module + "/polling", module + "/longpoll"},
		{"transports know only transport", module + "/websocket", module + "/sse"},
		{"transports know only transport", module + "/sse", gorilla},
		{"transports know only transport", module + "/internal/memhttp", session},
		{"session knows no concrete transport", session, module + "/polling"},
		{"session knows no concrete transport", session, gorilla},
		{"session knows no concrete transport", session, "example.org/other"},
		{"session knows no concrete transport", session, module + "/websocket"},
		{"gorilla stays in websocket", module + "/examples/chat", gorilla},
		{"gorilla stays in websocket", byHand + "/more", gorilla},
		{"gorilla stays in websocket", module, gorilla},
		{"only the root knows all transports", module + "/examples/chat", strings.Join(transports, " ")},
	}
	for _, tt := range tests {
		t.Run(tt.rule+"/"+tt.from+" imports "+tt.imports, func(t *testing.T) {
			imports := soundWorld()
			imports[tt.from] = append(imports[tt.from], strings.Fields(tt.imports)...)
			if bad := importRules[tt.rule](world(imports)); len(bad) == 0 {
				t.Error("got no violation, want one")
			}
		})
	}
}
