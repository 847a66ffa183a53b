// Command legacy is a guestbook from 2009 that has become live: a page of tables
// with an old jQuery, to which a script with Everwire's legacy build was added.
// It still works as it did, as a form that is posted:
//
//	go run ./examples/legacy
//
// The page's scripts are ES3, so it runs in engines of that age. Nothing is stored.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/everwire/everwire"
)

const maxEntries = 50 // kept

//go:embed page
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("The guestbook on http://%s/ (Ctrl-C ends it)\n", l.Addr())
	if err := serve(ctx, l); err != nil {
		log.Fatal(err)
	}
}

// serve runs a guestbook until ctx is done, and then ends the sessions before the
// server, which does not know all their connections.
func serve(ctx context.Context, l net.Listener) error {
	b := newBook()
	srv := &http.Server{Handler: b.routes(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }() // ends at Shutdown
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := b.rt.Shutdown(ctx); err != nil {
		log.Print("some pages could not be told: ", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

// An entry is what somebody wrote into the book.
type entry struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Text   string `json:"text"`
	Date   string `json:"date"`
}

type book struct {
	rt *everwire.Server

	// mu is held while an entry is both kept and emitted (an emit only queues), so
	// pages see them in the order of their numbers.
	mu      sync.Mutex
	last    int     // guarded by mu
	entries []entry // guarded by mu; oldest first
	readers int     // guarded by mu
}

func newBook() *book {
	b := &book{}
	b.rt = everwire.New(everwire.Options{MaxSessions: 1000})
	b.rt.OnConnect(func(s *everwire.Session) error { b.opened(s); return nil })
	b.rt.OnDisconnect(func(*everwire.Session, error) { b.count(-1) })
	everwire.Handle(b.rt, "sign", func(_ *everwire.Session, e entry) (int, error) {
		n, err := b.sign(e.Name, e.Text)
		if err != nil {
			return 0, &everwire.Refusal{Code: "entry", Text: err.Error()}
		}
		return n, nil
	})
	return b
}

// opened sends what was written while the page was on its way here; it leaves out
// what it has.
func (b *book) opened(s *everwire.Session) {
	b.mu.Lock()
	for _, e := range b.entries {
		s.Emit("signed", e) // an error means that s has ended
	}
	s.Join("book")
	b.mu.Unlock()
	b.count(1)
}

// count tells everybody how many read along.
func (b *book) count(more int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readers += more
	b.rt.To("book").Emit("readers", b.readers)
}

func (b *book) sign(name, text string) (int, error) {
	for _, s := range []string{name, text} {
		if n := utf8.RuneCountInString(s); strings.TrimSpace(s) == "" || n > 500 || !utf8.ValidString(s) {
			return 0, errors.New("a name and a text, 1 to 500 characters each")
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	e := entry{b.last, name, text, time.Now().Format("January 2, 15:04")}
	b.entries = append(b.entries, e)
	b.entries = b.entries[max(0, len(b.entries)-maxEntries):]
	return e.Number, b.rt.To("book").Emit("signed", e)
}

func (b *book) routes() http.Handler {
	static, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded above
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.page)
	mux.HandleFunc("POST /sign", b.post)
	mux.Handle("/", http.FileServerFS(static))
	mux.Handle("/everwire/", b.rt) // also serves /everwire/client.legacy.js
	return http.NewCrossOriginProtection().Handler(mux)
}

var index = template.Must(template.ParseFS(files, "page/index.html"))

func (b *book) page(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	entries := slices.Clone(b.entries)
	b.mu.Unlock()
	slices.Reverse(entries) // the newest first
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	if err := index.Execute(w, entries); err != nil {
		log.Print("page: ", err)
	}
}

// post is the form as it has been since 2009. Who reads along sees its entries live.
func (b *book) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if _, err := b.sign(r.PostFormValue("name"), r.PostFormValue("text")); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
