package everwire_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/everwire/everwire/internal/wireclient"
)

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

// The server of the README is the package's Example, too.
func TestReadmeExample(t *testing.T) {
	got, want := block(t, "go"), read(t, "readme_example_test.go")
	for there, here := range map[string]string{"main": "Example", "Message": "Message"} {
		if g, w := decl(t, got, there), decl(t, want, here); g != w {
			t.Errorf("%s in README.md is\n%s\nbut here\n%s", there, g, w)
		}
	}
}

func TestReadmeIsShort(t *testing.T) {
	for what, l := range map[string]struct {
		text string
		most int
	}{
		"README.md":      {read(t, "README.md"), 199},
		"its server":     {block(t, "go"), 20},
		"the page in it": {block(t, "html"), 10},
	} {
		if n := strings.Count(l.text, "\n"); n > l.most {
			t.Errorf("%s has %d lines, want at most %d", what, n, l.most)
		}
	}
}

// readmeServer builds and runs the server of the README beside its page and
// returns its address and directory. All that is changed is the port, which
// may be taken.
func readmeServer(t *testing.T) (addr, dir string) {
	t.Helper()
	const port = "127.0.0.1:8080"
	src := block(t, "go")
	if strings.Count(src, port) != 1 {
		t.Fatalf("the server of README.md does not name %s once", port)
	}
	addr, dir = freeAddr(t), t.TempDir()
	write(t, filepath.Join(dir, "main.go"), strings.Replace(src, port, addr, 1))
	write(t, filepath.Join(dir, "page", "index.html"), block(t, "html"))
	program := filepath.Join(dir, "server.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("the server of README.md does not build: %v\n%s", err, out)
	}
	run(t, dir, program)
	within(t, 10*time.Second, "the server of README.md answers", func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	return addr, dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// freeAddr returns an address that nobody listened on a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run starts a program and kills it at the end of the test.
func run(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// within calls try until it returns nil.
func within(t *testing.T, limit time.Duration, what string, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for err := try(ctx); err != nil; err = try(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, limit, err)
		}
	}
}

// The server of the README runs as it is pasted, serves its page and the
// client, and does over each transport what the page asks of it.
func TestReadmeServer(t *testing.T) {
	addr, _ := readmeServer(t)
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	for path, want := range map[string]string{
		"/":                   block(t, "html"),
		"/everwire/client.js": read(t, "client-js/dist/everwire.min.js"),
	} {
		if got := fetch(t, tr, "http://"+addr+path); got != want {
			t.Errorf("%s is %.60q, want %.60q", path, got, want)
		}
	}
	for _, name := range transports {
		t.Run(name, func(t *testing.T) { readmeTalk(t, addr, tr, name) })
	}
}

func fetch(t *testing.T, tr *http.Transport, url string) string {
	t.Helper()
	resp, err := (&http.Client{Transport: tr}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(b)
}

// readmeTalk says something over one transport and hears it, with its ack.
func readmeTalk(t *testing.T, addr string, tr *http.Transport, name string) {
	said, acked := make(chan string, 8), make(chan string, 8)
	c := wireclient.New(wireclient.Options{
		Seed: rand.Uint64(), // of its key
		URL:  "http://" + addr + "/everwire/", HTTP: tr, Dial: (&net.Dialer{}).DialContext,
		Event: func(e wireclient.Event) { said <- e.Name + " " + string(e.Data) },
		Fault: func(err error) { t.Errorf("fault of the server: %v", err) },
	})
	t.Cleanup(c.Stop)
	c.Open(name)
	text := "hi by " + name
	payload, _ := json.Marshal(Message{text})
	err := c.Call("say", payload, func(e wireclient.Event, err error) { acked <- fmt.Sprintf("%s, %v", e.Data, err) })
	if err != nil {
		t.Fatal(err)
	}
	for what, ch := range map[string]struct {
		got  chan string
		want string
	}{
		"the ack":   {acked, fmt.Sprintf("%d, <nil>", len(text))},
		"the event": {said, "said " + string(payload)},
	} {
		select {
		case got := <-ch.got:
			if got != ch.want {
				t.Errorf("%s is %q, want %q", what, got, ch.want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s did not come", what)
		}
	}
}

// driver uses the README's page twice, in frames: it types into one, presses
// its button, and waits until both show it and the ack has emptied the field;
// then the other way round.
const driver = `<!doctype html>
<iframe src="/"></iframe><iframe src="/"></iframe>
<script>
  var got = [], step = 0, texts = ['hello', 'a < b & "c"'];
  function tell(what) { navigator.sendBeacon('REPORT', what); }
  window.onerror = function (text) { tell('error: ' + text); };
  function look() {
    var docs = [frames[0].document, frames[1].document], i, shown = [], input, form;
    for (i = 0; i < 2; i++) {
      if (!frames[i].rt || frames[i].rt.state != 'live') return;
      shown.push([].map.call(docs[i].querySelectorAll('#log li'), function (li) { return li.textContent; }).join('|'));
    }
    form = docs[step % 2].forms[0];
    input = form.text;
    if (step < texts.length && !input.value && shown[0] == got.join('|') && shown[1] == shown[0]) {
      input.value = texts[step];
      form.querySelector('button').click();
      got.push(texts[step++]);
    } else if (step == texts.length && !docs[0].forms[0].text.value && !docs[1].forms[0].text.value && shown[0] == got.join('|') && shown[1] == shown[0]) {
      clearInterval(timer);
      tell('shown: ' + shown.join(' and '));
    }
  }
  var timer = setInterval(look, 50);
</script>
`

// browser returns the program of a browser that can run without a screen.
func browser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium here: bash client-js/e2e/install.sh installs one")
}

// The page of the README works in a browser as it is pasted: what is typed into
// one page and sent is shown by both.
func TestReadmePage(t *testing.T) {
	program, err := browser()
	if err != nil {
		t.Skip(err)
	}
	reports := make(chan string, 16)
	report := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		line, _ := bufio.NewReader(io.LimitReader(r.Body, 1<<16)).ReadString('\n')
		reports <- line
	}))
	t.Cleanup(report.Close)
	addr, dir := readmeServer(t)
	profile, err := os.MkdirTemp("", "everwire-readme-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	write(t, filepath.Join(dir, "page", "driver.html"), strings.Replace(driver, "REPORT", report.URL, 1))
	run(t, profile, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-port=0", "--user-data-dir="+profile, "http://"+addr+"/driver.html")
	select {
	case got := <-reports:
		const all = `hello|a < b & "c"`
		if want := "shown: " + all + " and " + all; got != want {
			t.Errorf("the pages report %q, want %q", got, want)
		}
	case <-time.After(60 * time.Second):
		t.Error("the pages did not show what was typed")
	}
}
