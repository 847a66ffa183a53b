package clientjs_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	clientjs "github.com/everwire/everwire/client-js"
)

func get(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	clientjs.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFilesByLastPathElement(t *testing.T) {
	const js = "text/javascript; charset=utf-8"
	tests := []struct{ url, file, typ string }{
		{"/everwire/client.js", "everwire.min.js", js},
		{"/client.min.js", "everwire.min.js", js},
		{"/a/b/client.legacy.js", "everwire.legacy.min.js", js},
		{"/client.mjs", "everwire.mjs", js},
		{"/everwire.js", "everwire.js", js},
		{"/everwire.min.js", "everwire.min.js", js},
		{"/everwire.legacy.js", "everwire.legacy.js", js},
		{"/everwire.legacy.min.js", "everwire.legacy.min.js", js},
		{"/everwire.mjs", "everwire.mjs", js},
		{"/index.d.ts", "index.d.ts", "text/plain; charset=utf-8"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			want, err := os.ReadFile("dist/" + tt.file)
			if err != nil {
				t.Fatal(err)
			}
			res := get(t, "GET", tt.url)
			if res.StatusCode != 200 || body(t, res.Body) != string(want) {
				t.Errorf("got status %d and not the bytes of %s", res.StatusCode, tt.file)
			}
			head := get(t, "HEAD", tt.url)
			if n := body(t, head.Body); head.StatusCode != 200 || n != "" {
				t.Errorf("HEAD: got %d and %d bytes, want 200 and none", head.StatusCode, len(n))
			}
			for name, value := range map[string]string{
				"Content-Type":                tt.typ,
				"Content-Length":              fmt.Sprint(len(want)),
				"Cache-Control":               "no-cache",
				"X-Content-Type-Options":      "nosniff",
				"Access-Control-Allow-Origin": "*",
				"Vary":                        "Accept-Encoding",
			} {
				if got := res.Header.Get(name); got != value {
					t.Errorf("%s: got %q, want %q", name, got, value)
				}
				if got := head.Header.Get(name); got != value {
					t.Errorf("HEAD %s: got %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestUnknownNamesAndMethods(t *testing.T) {
	for _, url := range []string{"/everwire/", "/client.css", "/client.js/x", "/package.json", "/dist"} {
		if res := get(t, "GET", url); res.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", url, res.StatusCode)
		}
	}
	if res := get(t, "POST", "/client.js"); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: got %d %q, want 405 and GET, HEAD", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestCaching(t *testing.T) {
	const forever = "public, max-age=31536000, immutable"
	tag := get(t, "GET", "/client.js").Header.Get("ETag")
	hash := strings.Trim(tag, `"`)
	if len(hash) != 22 {
		t.Fatalf("ETag: got %s, want 22 characters in quotes", tag)
	}
	tests := []struct {
		name, url, match, cache string
		status                  int
	}{
		{"version", "/client.js?v=" + clientjs.Version(), "", forever, 200},
		{"hash", "/client.js?v=" + hash, "", forever, 200},
		{"hash of another file", "/client.mjs?v=" + hash, "", "no-cache", 200},
		{"old version", "/client.js?v=0.0.1", "", "no-cache", 200},
		{"empty version", "/client.js?v=", "", "no-cache", 200},
		{"same tag", "/client.js", tag, "no-cache", 304},
		{"same tag, versioned", "/client.js?v=" + hash, tag, forever, 304},
		{"one of several tags", "/client.js", `"x", W/` + tag, "no-cache", 304},
		{"any", "/client.js", "*", "no-cache", 304},
		{"another tag", "/client.js", `"x"`, "no-cache", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := get(t, "GET", tt.url, "If-None-Match", tt.match)
			if res.StatusCode != tt.status || res.Header.Get("Cache-Control") != tt.cache {
				t.Errorf("got %d %q, want %d %q", res.StatusCode, res.Header.Get("Cache-Control"), tt.status, tt.cache)
			}
			if res.StatusCode == 304 && (body(t, res.Body) != "" || res.Header.Get("ETag") == "") {
				t.Error("a 304 has no body and has its ETag")
			}
		})
	}
}

// An encoder is middleware that compresses every body, whatever its head says. It
// says so before the handler runs, as gin's does, or with the first write, as echo's.
type encoder struct {
	http.ResponseWriter
	early  bool
	status int
	zw     *gzip.Writer
}

func (e *encoder) WriteHeader(status int) {
	e.Header().Del("Content-Length")
	e.status = status
}

func (e *encoder) Write(b []byte) (int, error) {
	e.Header().Del("Content-Length")
	if !e.early {
		e.Header().Set("Content-Encoding", "gzip")
	}
	e.ResponseWriter.WriteHeader(max(e.status, 200))
	return e.zw.Write(b)
}

func TestMiddlewareThatEncodes(t *testing.T) {
	for _, early := range []bool{true, false} {
		w := httptest.NewRecorder()
		e := &encoder{ResponseWriter: w, early: early, zw: gzip.NewWriter(w)}
		if early {
			e.Header().Set("Content-Encoding", "gzip")
		}
		r := httptest.NewRequest("GET", "/client.js", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		clientjs.Handler().ServeHTTP(e, r)
		e.zw.Close()
		res := w.Result()
		zr, err := gzip.NewReader(res.Body)
		if err != nil || res.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("early %v: got encoding %q, %v", early, res.Header.Get("Content-Encoding"), err)
		}
		want, _ := os.ReadFile("dist/everwire.min.js")
		if got := body(t, zr); got != string(want) {
			t.Errorf("early %v: not the bytes of the file, but %.20q", early, got)
		}
	}
}

func TestGzip(t *testing.T) {
	plain := get(t, "GET", "/client.js")
	for _, accept := range []string{"gzip", "br, gzip;q=0.5", "GZIP"} {
		res := get(t, "GET", "/client.js", "Accept-Encoding", accept)
		if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("%s: got encoding %q and ETag %s", accept, res.Header.Get("Content-Encoding"), res.Header.Get("ETag"))
			continue
		}
		zr, err := gzip.NewReader(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := os.ReadFile("dist/everwire.min.js")
		if body(t, zr) != string(want) {
			t.Errorf("%s: not the bytes of the file", accept)
		}
	}
	for _, accept := range []string{"", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"} {
		if res := get(t, "GET", "/client.js", "Accept-Encoding", accept); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%q: got gzip", accept)
		}
	}
}

func ExampleHandler() {
	http.Handle("/static/", clientjs.Handler())
	fmt.Println("/static/client.js?v=" + clientjs.Version())
	// Output: /static/client.js?v=0.1.0
}
