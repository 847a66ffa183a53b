package everwire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/everwire/everwire"
)

type Message struct{ Text string }

// A chat, as in the README: those who are in the room hear what a page says to
// it, and everybody hears what is posted by an ordinary form.
func Example() {
	rt := everwire.New(everwire.Options{})
	rt.OnConnect(func(s *everwire.Session) error { s.Join("lobby"); return nil })
	everwire.Handle(rt, "say", func(s *everwire.Session, m Message) (int, error) {
		return len(m.Text), rt.To("lobby").Emit("said", m) // what it returns is the ack
	})

	http.Handle("/everwire/", rt) // also serves /everwire/client.js
	http.HandleFunc("POST /say", func(_ http.ResponseWriter, r *http.Request) {
		rt.Emit("said", Message{r.FormValue("text")}) // from anywhere, to everybody
	})
	http.Handle("/", http.FileServer(http.Dir("page")))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

// block returns the code of the only block of a language in the README.
func block(t *testing.T, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(found) != 1 {
		t.Fatalf("README.md has %d blocks of %s, want 1", len(found), language)
	}
	return found[0][1]
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// decl returns the source of a function's body, or of a type, of a file.
func decl(t *testing.T, src, name string) string {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	cut := func(n ast.Node) string { return src[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset] }
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == name {
				return cut(d.Body)
			}
		case *ast.GenDecl:
			if s, ok := d.Specs[0].(*ast.TypeSpec); ok && s.Name.Name == name {
				return cut(d)
			}
		}
	}
	t.Fatalf("there is no %s in %q", name, src)
	return ""
}

// The server of the README is the Example above, and can be pasted as it is.
func TestReadmeServer(t *testing.T) {
	got, want := block(t, "go"), read(t, "readme_example_test.go")
	for there, here := range map[string]string{"main": "Example", "Message": "Message"} {
		if g, w := decl(t, got, there), decl(t, want, here); g != w {
			t.Errorf("%s in README.md is\n%s\nbut here\n%s", there, g, w)
		}
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, file).CombinedOutput()
	if err != nil {
		t.Errorf("the server of README.md does not build: %v\n%s", err, out)
	}
}

func TestReadmeIsShort(t *testing.T) {
	for what, l := range map[string]struct {
		text string
		most int
	}{
		"README.md":      {read(t, "README.md"), 199},
		"its server":     {block(t, "go"), 25},
		"the page in it": {block(t, "html"), 12},
	} {
		if n := strings.Count(l.text, "\n"); n > l.most {
			t.Errorf("%s has %d lines, want at most %d", what, n, l.most)
		}
	}
}

// What the README links to is there.
func TestReadmeLinks(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(read(t, "README.md"), -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("README.md links to %s: %v", m[1], err)
		}
	}
}
