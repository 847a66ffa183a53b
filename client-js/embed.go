// Package clientjs holds the browser client, built and embedded, and serves it.
package clientjs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist package.json
var files embed.FS

// names maps the last element of a URL to a file of dist. The first four are
// the names that pages use; the others are the files' own.
var names = map[string]string{
	"client.js":              "everwire.min.js",
	"client.min.js":          "everwire.min.js",
	"client.legacy.js":       "everwire.legacy.min.js",
	"client.mjs":             "everwire.mjs",
	"everwire.js":            "everwire.js",
	"everwire.min.js":        "everwire.min.js",
	"everwire.legacy.js":     "everwire.legacy.js",
	"everwire.legacy.min.js": "everwire.legacy.min.js",
	"everwire.mjs":           "everwire.mjs",
	"index.d.ts":             "index.d.ts",
}

// file is one build, ready to be written.
type file struct {
	typ     string
	plain   []byte
	gzipped []byte
	hash    string // of plain, 22 characters of base64url
}

// Handler serves the builds by the last element of the URL's path: client.js
// (the minified main build), client.legacy.js (minified, for old engines),
// client.mjs (an ES module), client.min.js, and the files of dist under their
// own names. Everything else is 404.
//
// A URL with ?v= and the version of the package (Version) or the hash in the
// ETag may be cached for ever; every other one is revalidated by its ETag.
// Any origin may load the files.
func Handler() http.Handler { return handler() }

// handler compresses the builds once for the process, when first asked for.
var handler = sync.OnceValue(func() http.Handler {
	byName := make(map[string]*file, len(names))
	byFile := make(map[string]*file, len(names))
	for name, of := range names {
		if byFile[of] == nil {
			byFile[of] = load(of)
		}
		byName[name] = byFile[of]
	}
	version := Version()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := byName[path.Base(r.URL.Path)]
		if f == nil {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r, version)
	})
})

// Version is the version of the client, for URLs that may be cached for ever:
// "client.js?v=" + clientjs.Version().
func Version() string {
	var p struct {
		Version string `json:"version"`
	}
	b, err := files.ReadFile("package.json")
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		panic(fmt.Sprintf("clientjs: package.json, embedded at build time: %v", err))
	}
	return p.Version
}

func load(name string) *file {
	b, err := files.ReadFile("dist/" + name)
	if err != nil {
		panic(fmt.Sprintf("clientjs: embedded at build time: %v", err))
	}
	sum := sha256.Sum256(b)
	f := &file{typ: "text/javascript; charset=utf-8", plain: b, hash: base64.RawURLEncoding.EncodeToString(sum[:])[:22]}
	if strings.HasSuffix(name, ".ts") {
		f.typ = "text/plain; charset=utf-8"
	}
	var z bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is legal
	zw.Write(b)                                            // a bytes.Buffer takes everything
	zw.Close()
	f.gzipped = z.Bytes()
	return f
}

func (f *file) serve(w http.ResponseWriter, r *http.Request, version string) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "GET and HEAD only", http.StatusMethodNotAllowed)
		return
	}
	body, tag := f.plain, `"`+f.hash+`"`
	encoded := h.Get("Content-Encoding") != "" // by middleware, whatever is written
	if !encoded && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = f.gzipped, `"`+f.hash+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if v := r.URL.Query().Get("v"); v != "" && (v == version || v == f.hash) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if matches(r.Header.Get("If-None-Match"), f.hash) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.typ)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodGet {
		return
	}
	w.WriteHeader(http.StatusOK)
	if !encoded && h.Get("Content-Length") == "" {
		// Middleware took the length out: it will encode even what is encoded.
		h.Del("Content-Encoding")
		body = f.plain
	}
	w.Write(body) // an error is the reader's, who went away
}

// matches tells whether a list of entity tags holds one of the file's.
func matches(list, hash string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == `"`+hash+`"` || tag == `"`+hash+`-gz"` {
			return true
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3) as far as gzip goes.
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight := strings.TrimPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			return weight == "" || strings.Trim(weight, "0.") != ""
		}
	}
	return false
}
