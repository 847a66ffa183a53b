// Command server is the server side of the browser end-to-end tests: any number of worlds, each an Everwire server with
// a fault proxy before it, made and steered over an admin address.
//
// It prints one line of JSON, {"admin":"127.0.0.1:PORT"}, and ends when its standard input is closed.
//
//	POST   /worlds               makes a world from a Setup; answers a World
//	GET    /worlds/ID/truth      what happened there; ?up=N&answered=N&ended=1 waits for that
//	GET    /worlds/ID/result     waits for what the page posts to /e2e/result
//	POST   /worlds/ID/restart    a new server process, as it were: sessions are lost; ?drain=MS goes in order
//	       /worlds/ID/faults     the fault proxy's control handler
//	DELETE /worlds/ID            ends it
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	pages := flag.String("pages", "client-js/e2e/pages", "`directory` of the test pages, at /e2e/")
	dist := flag.String("dist", "client-js/dist", "`directory` of the client's builds, at /dist/")
	flag.Parse()
	if err := run(*pages, *dist); err != nil {
		log.Fatal(err)
	}
}

func run(pages, dist string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	a := &admin{pages: pages, dist: dist, worlds: map[string]*world{}}
	server := &http.Server{Handler: a.handler()}
	go func() { // ends with standard input
		io.Copy(io.Discard, os.Stdin)
		server.Close()
	}()
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"admin": l.Addr().String()}); err != nil {
		return err
	}
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	a.close()
	return nil
}

// admin makes worlds and finds them again.
type admin struct {
	pages, dist string

	mu     sync.Mutex
	worlds map[string]*world // by id; guarded by mu
	nextID int               // guarded by mu
}

func (a *admin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /worlds", a.create)
	mux.HandleFunc("GET /worlds/{id}/truth", a.with(func(w *world, rw http.ResponseWriter, r *http.Request) {
		up, _ := strconv.Atoi(r.URL.Query().Get("up"))
		answered, _ := strconv.Atoi(r.URL.Query().Get("answered"))
		t, err := w.truth.wait(r.Context(), func(t *Truth) bool {
			return len(t.Up) >= up && t.Answered >= answered && (t.Ended || r.URL.Query().Get("ended") == "")
		})
		reply(rw, t, err)
	}))
	mux.HandleFunc("GET /worlds/{id}/result", a.with(func(w *world, rw http.ResponseWriter, r *http.Request) {
		select {
		case result := <-w.results:
			rw.Header().Set("Content-Type", "application/json")
			rw.Write(result)
		case <-r.Context().Done():
		}
	}))
	mux.HandleFunc("POST /worlds/{id}/restart", a.with(func(w *world, rw http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.URL.Query().Get("drain"))
		reply(rw, struct{}{}, w.restart(r.Context(), time.Duration(ms)*time.Millisecond))
	}))
	mux.HandleFunc("/worlds/{id}/faults", a.with(func(w *world, rw http.ResponseWriter, r *http.Request) {
		w.proxy.Control().ServeHTTP(rw, r)
	}))
	mux.HandleFunc("DELETE /worlds/{id}", a.with(func(w *world, rw http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		delete(a.worlds, r.PathValue("id"))
		a.mu.Unlock()
		w.close()
		reply(rw, struct{}{}, nil)
	}))
	return mux
}

func (a *admin) create(rw http.ResponseWriter, r *http.Request) {
	var s Setup
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.nextID++
	id := fmt.Sprint(a.nextID)
	a.mu.Unlock()
	w, err := newWorld(s, a.pages, a.dist)
	if err != nil {
		reply(rw, nil, err)
		return
	}
	a.mu.Lock()
	a.worlds[id] = w
	a.mu.Unlock()
	reply(rw, World{ID: id, Origin: "http://" + w.proxy.Addr().String()}, nil)
}

func (a *admin) with(fn func(*world, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		w := a.worlds[r.PathValue("id")]
		a.mu.Unlock()
		if w == nil {
			http.Error(rw, "no such world", http.StatusNotFound)
			return
		}
		fn(w, rw, r)
	}
}

func (a *admin) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.worlds {
		w.close()
	}
}

func reply(rw http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	json.NewEncoder(rw).Encode(v)
}
