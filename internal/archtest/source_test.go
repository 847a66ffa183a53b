package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// source is one parsed Go file; path is relative to the module's root.
type source struct {
	path string
	set  *token.FileSet
	file *ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) bad(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.path, s.set.Position(n.Pos()).Line, fmt.Sprintf(format, args...))
}

// importName returns the name by which the file knows the package, or "".
func (s source) importName(path string) string {
	for _, i := range s.file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil || p != path {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}

// is tells whether e is the name of the package's, as in time.Sleep.
func (s source) is(e ast.Expr, pkg, name string) bool {
	local := s.importName(pkg)
	if local == "." {
		id, ok := e.(*ast.Ident)
		return ok && id.Name == name
	}
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == local
}

// sourceRules apply to every Go file of the repository, tests included.
var sourceRules = map[string]func(source) []string{
	"no sleeping tests":                 sleepRule,
	"ResponseController, no assertions": assertionRule,
	"exported names are documented":     docRule,
}

// sleepRule: a test file that names time.Sleep has to import testing/synctest,
// where sleeping costs no time and ends at an exact moment.
func sleepRule(s source) (bad []string) {
	if !s.isTest() || s.importName("testing/synctest") != "" {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && s.is(e, "time", "Sleep") {
			bad = append(bad, s.bad(n, "time.Sleep in a test outside of a synctest bubble"))
			return false
		}
		return true
	})
	return bad
}

// assertionRule: no type assertion and no case of a type switch asks for
// http.Flusher or http.Hijacker, as middleware that wraps a writer hides them;
// http.ResponseController unwraps.
func assertionRule(s source) (bad []string) {
	check := func(e ast.Expr) {
		for _, name := range []string{"Flusher", "Hijacker"} {
			if s.is(e, "net/http", name) {
				bad = append(bad, s.bad(e, "assertion to http.%s: use http.NewResponseController", name))
			}
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			check(n.Type)
		case *ast.TypeSwitchStmt:
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					check(e)
				}
			}
		}
		return true
	})
	return bad
}

// docRule: in a package that others can import, every exported identifier has
// a doc comment: functions, methods of exported types, types, their exported
// fields and interface methods, constants and variables. One comment may speak
// for a group in parentheses, and for the lines that follow it without a gap;
// that of a type for the fields that it names.
func docRule(s source) (bad []string) {
	if s.isTest() || s.file.Name.Name == "main" || strings.Contains("/"+filepath.ToSlash(s.path), "/internal/") {
		return nil
	}
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d))) {
				bad = append(bad, s.bad(d, "%s has no doc comment", d.Name.Name))
			}
		case *ast.GenDecl:
			bad = append(bad, s.undocumentedSpecs(d)...)
		}
	}
	return bad
}

// receiver returns the name of a method's receiver type.
func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func (s source) undocumentedSpecs(d *ast.GenDecl) (bad []string) {
	last := -1 // the line where the last documented spec of the group ended
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			if d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				bad = append(bad, s.bad(spec, "%s has no doc comment", spec.Name.Name))
			}
			bad = append(bad, s.undocumentedFields(spec, d.Doc.Text()+spec.Doc.Text())...)
		case *ast.ValueSpec:
			if d.Doc == nil {
				bad = append(bad, s.undocumented(spec, spec.Names, spec.Doc, spec.Comment, &last)...)
			}
		}
	}
	return bad
}

// undocumentedFields also accepts a field or a method that the doc comment of
// its type speaks of by name.
func (s source) undocumentedFields(t *ast.TypeSpec, doc string) (bad []string) {
	var fields *ast.FieldList
	switch t := t.Type.(type) {
	case *ast.StructType:
		fields = t.Fields
	case *ast.InterfaceType:
		fields = t.Methods
	default:
		return nil
	}
	words := strings.FieldsFunc(doc, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	last := -1
	for _, f := range fields.List {
		names := slices.DeleteFunc(slices.Clone(f.Names), func(n *ast.Ident) bool { return slices.Contains(words, n.Name) })
		for _, b := range s.undocumented(f, names, f.Doc, f.Comment, &last) {
			bad = append(bad, b+" (in "+t.Name.Name+")")
		}
	}
	return bad
}

// undocumented reports the exported names of a line that has no comment and
// does not follow a documented one without a gap; last is where that one ended.
func (s source) undocumented(n ast.Node, names []*ast.Ident, doc, line *ast.CommentGroup, last *int) (bad []string) {
	start, end := s.set.Position(n.Pos()).Line, s.set.Position(n.End()).Line
	if doc != nil || line != nil || start == *last+1 {
		*last = end
		return nil
	}
	for _, name := range names {
		if name.IsExported() {
			bad = append(bad, s.bad(name, "%s has no doc comment", name.Name))
		}
	}
	return bad
}

// packageDocRule: every package that others can import says in a comment of
// one of its files what it is.
func packageDocRule(files []source) (bad []string) {
	documented := make(map[string]bool)
	var dirs []string
	for _, s := range files {
		dir := filepath.Dir(s.path)
		if s.isTest() || s.file.Name.Name == "main" || strings.Contains("/"+filepath.ToSlash(s.path), "/internal/") {
			continue
		}
		if _, seen := documented[dir]; !seen {
			dirs = append(dirs, dir)
		}
		documented[dir] = documented[dir] || s.file.Doc != nil
	}
	for _, dir := range dirs {
		if !documented[dir] {
			bad = append(bad, fmt.Sprintf("%s: the package has no doc comment", dir))
		}
	}
	return bad
}

func TestSources(t *testing.T) {
	var files []source
	for _, path := range treeFiles(t) {
		if !strings.HasSuffix(path, ".go") || strings.Contains(path, "/testdata/") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, parse(t, path, string(src)))
	}
	if len(files) == 0 {
		t.Fatal("found no Go files")
	}
	for name, rule := range sourceRules {
		t.Run(name, func(t *testing.T) {
			for _, s := range files {
				report(t, rule(s))
			}
		})
	}
	t.Run("packages are documented", func(t *testing.T) { report(t, packageDocRule(files)) })
}

func parse(t *testing.T, path, src string) source {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return source{path, set, file}
}

// treeFiles lists the files of the repository, relative to its root, without
// what git and npm keep there.
func treeFiles(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			paths = append(paths, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestSourceRulesCanFail(t *testing.T) {
	tests := []struct {
		name, rule, path, src string
		bad                   int
	}{
		{"sleep", "no sleeping tests", "p/a_test.go", `package p; import "time"; func f() { time.Sleep(1) }`, 1},
		{"sleep as a value", "no sleeping tests", "p/a_test.go", `package p; import "time"; var wait = time.Sleep`, 1},
		{"sleep under another name", "no sleeping tests", "p/a_test.go", `package p; import clock "time"; func f() { clock.Sleep(1) }`, 1},
		{"sleep without a name", "no sleeping tests", "p/a_test.go", `package p; import . "time"; func f() { Sleep(1) }`, 1},
		{"sleep in a bubble", "no sleeping tests", "p/a_test.go", `package p; import ("testing/synctest"; "time"); func f() { time.Sleep(1); synctest.Wait() }`, 0},
		{"sleep outside of tests", "no sleeping tests", "p/a.go", `package p; import "time"; func f() { time.Sleep(1) }`, 0},
		{"another Sleep", "no sleeping tests", "p/a_test.go", `package p; func f(time interface{ Sleep(int) }) { time.Sleep(1) }`, 0},

		{"flusher", "ResponseController, no assertions", "p/a.go", `package p; import "net/http"; func f(w any) { w.(http.Flusher).Flush() }`, 1},
		{"hijacker in a test", "ResponseController, no assertions", "p/a_test.go", `package p; import "net/http"; func f(w any) { _, ok := w.(http.Hijacker); _ = ok }`, 1},
		{"type switch", "ResponseController, no assertions", "p/a.go", `package p; import "net/http"; func f(w any) { switch w.(type) { case int, http.Flusher: } }`, 1},
		{"response controller", "ResponseController, no assertions", "p/a.go", `package p; import "net/http"; func f(w http.ResponseWriter) { http.NewResponseController(w).Flush() }`, 0},
		{"an implementation", "ResponseController, no assertions", "p/a.go", `package p; import "net/http"; type w struct{}; var _ http.Flusher = w{}; func (w) Flush() {}`, 0},

		{"function", "exported names are documented", "p/a.go", "package p\nfunc F() {}", 1},
		{"method", "exported names are documented", "p/a.go", "package p\ntype t[E any] struct{}\n// T is.\ntype T[E any] struct{}\nfunc (*T[E]) F() {}\nfunc (t[E]) F() {}", 1},
		{"type", "exported names are documented", "p/a.go", "package p\ntype T int", 1},
		{"alias", "exported names are documented", "p/a.go", "package p\ntype (\n\tT = int\n\tU = int // U is.\n)", 1},
		{"constant", "exported names are documented", "p/a.go", "package p\nconst A = 1", 1},
		{"variable after a gap", "exported names are documented", "p/a.go", "package p\nvar (\n\t// A and B are.\n\tA = 1\n\tB = 2\n\n\tC = 3\n)", 1},
		{"group", "exported names are documented", "p/a.go", "package p\n// These are.\nconst (\n\tA = 1\n\n\tB = 2\n)", 0},
		{"field", "exported names are documented", "p/a.go", "package p\n// T is.\ntype T struct {\n\tA int // A is.\n\n\tB int\n\tc int\n}", 1},
		{"field that the type names", "exported names are documented", "p/a.go", "package p\n// T is A and Bs.\ntype T struct {\n\tA int\n\n\tB int\n}", 1},
		{"interface method", "exported names are documented", "p/a.go", "package p\n// T is.\ntype T interface {\n\tF()\n}", 1},
		{"all documented", "exported names are documented", "p/a.go", "package p\n// F is.\nfunc F() {}\nfunc g() {}\ntype h struct{ A int }", 0},
		{"internal package", "exported names are documented", "internal/p/a.go", "package p\nfunc F() {}", 0},
		{"program", "exported names are documented", "examples/p/a.go", "package main\nfunc F() {}", 0},
		{"test", "exported names are documented", "p/a_test.go", "package p\nfunc TestF() {}", 0},
	}
	for _, tt := range tests {
		t.Run(tt.rule+"/"+tt.name, func(t *testing.T) {
			if bad := sourceRules[tt.rule](parse(t, tt.path, tt.src)); len(bad) != tt.bad {
				t.Errorf("got violations %q, want %d", bad, tt.bad)
			}
		})
	}
}

func TestPackageDocRuleCanFail(t *testing.T) {
	files := []source{
		parse(t, "good/a.go", "package good"),
		parse(t, "good/doc.go", "// Package good is.\npackage good"),
		parse(t, "bad/a.go", "package bad"),
		parse(t, "bad/a_test.go", "// Package bad is tested.\npackage bad"),
		parse(t, "internal/p/a.go", "package p"),
		parse(t, "examples/p/a.go", "package main"),
	}
	if bad := packageDocRule(files); len(bad) != 1 || !strings.HasPrefix(bad[0], "bad:") {
		t.Errorf("got violations %q, want one, of package bad", bad)
	}
}
