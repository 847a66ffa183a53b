// Command walk is the way from polling to Everwire on foot: the same tiny chat
// five times, by polling, long-polling, server-sent events and a WebSocket, each
// by hand with net/http (and gorilla) and nothing else, and then with Everwire.
// Each server is one file whose comments say what it costs and where it fails:
//
//	go run ./examples/walk
//
// One page links the five and draws them.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"html/template"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/everwire/everwire"
)

// The servers are in it, as their pages show them.
//
//go:embed page polling.go longpoll.go sse.go websocket.go everwire.go
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
	fmt.Printf("The walk on http://%s/ (Ctrl-C ends it)\n", l.Addr())
	if err := serve(ctx, l); err != nil {
		log.Fatal(err)
	}
}

// serve runs the five chats until ctx is done. Everwire sends its sessions away
// itself; what is held open by hand ends with the context of all requests.
func serve(ctx context.Context, l net.Listener) error {
	held, release := context.WithCancel(context.Background())
	defer release()
	rt := newEverwire()
	srv := &http.Server{
		Handler: routes(rt), ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return held },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }() // ends at Shutdown
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil {
		log.Print("some pages could not be told: ", err)
	}
	release()
	ctx, cancel = context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

func routes(rt *everwire.Server) http.Handler {
	static, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded above
	}
	mux := http.NewServeMux()
	mux.Handle("/polling/", newPolling())
	mux.Handle("/longpoll/", newLongpoll())
	mux.Handle("/sse/", newSSE())
	mux.Handle("/websocket/", newHub())
	mux.Handle("/everwire/", rt) // also serves /everwire/client.js
	mux.HandleFunc("GET /{$}", index)
	names := []string{"walk.css", "walk.js", "icon.svg"}
	for i := range chats {
		mux.HandleFunc("GET /"+chats[i].Slug, func(w http.ResponseWriter, _ *http.Request) { station(w, i) })
		names = append(names, chats[i].Slug+".js")
	}
	for _, name := range names {
		mux.Handle("GET /"+name, http.FileServerFS(static))
	}
	// A form of another site could post into the chats by hand as well as a page of ours.
	return http.NewCrossOriginProtection().Handler(mux)
}

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"diagram": func(c chat) template.HTML { return diagram(c.Slug, c.Title+", a sequence diagram", c.steps) },
	"add":     func(a, b int) int { return a + b },
}).ParseFS(files, "page/*.html"))

func index(w http.ResponseWriter, _ *http.Request) { render(w, "index.html", chats) }

// station shows a chat, the next ones to both sides, and its source.
func station(w http.ResponseWriter, i int) {
	data := map[string]any{"Chat": chats[i], "Number": i + 1}
	if i > 0 {
		data["Before"] = chats[i-1]
	}
	if i+1 < len(chats) {
		data["After"] = chats[i+1]
	}
	data["Server"], data["Lines"] = source(chats[i].Slug + ".go")
	data["Script"], _ = source("page/" + chats[i].Slug + ".js")
	render(w, "chat.html", data)
}

// source returns a file and how many lines of it are neither blank nor comment.
func source(name string) (text string, lines int) {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded above
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			lines++
		}
	}
	return string(b), lines
}

func render(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'; base-uri 'none'")
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		log.Print("page: ", err)
	}
}
