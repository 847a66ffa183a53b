package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/faultproxy"
)

// Setup is what a world is made from; times are milliseconds, 0 is the library's default.
type Setup struct {
	Faults  faultproxy.Faults `json:"faults"`
	Seed    uint64            `json:"seed"`
	Window  int               `json:"window"`  // resume window
	PollMax int               `json:"pollMax"` // longest interval of short polling

	Heartbeat int `json:"heartbeat"`
}

// World is what the maker of a world is told.
type World struct {
	ID     string `json:"id"`
	Origin string `json:"origin"` // the fault proxy's, for the page and the client
}

// world is an Everwire server that can be restarted, a fault proxy before it and the page's files beside it.
type world struct {
	// Immutable after newWorld.
	setup   Setup
	proxy   *faultproxy.Proxy
	server  *http.Server
	conns   *connections
	truth   *record
	results chan []byte

	rt atomic.Pointer[everwire.Server]
}

func newWorld(s Setup, pages, dist string) (*world, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &world{setup: s, conns: &connections{Listener: l, open: map[net.Conn]struct{}{}}, truth: newRecord(), results: make(chan []byte, 1)}
	w.proxy, err = faultproxy.Listen(l.Addr().String(), faultproxy.Options{Faults: s.Faults, Seed: s.Seed})
	if err != nil {
		l.Close()
		return nil, err
	}
	w.rt.Store(w.boot())
	w.server = &http.Server{Handler: w.handler(pages, dist)}
	go w.server.Serve(w.conns) // ends with close
	return w, nil
}

func (w *world) handler(pages, dist string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/everwire/", func(rw http.ResponseWriter, r *http.Request) { w.rt.Load().ServeHTTP(rw, r) })
	mux.Handle("GET /e2e/", http.StripPrefix("/e2e/", http.FileServer(http.Dir(pages))))
	mux.Handle("GET /dist/", http.StripPrefix("/dist/", http.FileServer(http.Dir(dist))))
	mux.HandleFunc("GET /e2e/ping", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "no-store")
		io.WriteString(rw, "pong")
	})
	// The page's own way to lose its connections, for engines that nobody can steer from outside.
	mux.HandleFunc("POST /e2e/cut", func(rw http.ResponseWriter, r *http.Request) {
		w.proxy.Cut("websocket", "sse", "longpoll", "polling")
	})
	mux.HandleFunc("POST /e2e/result", func(rw http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case w.results <- b:
		default:
			http.Error(rw, "there is a result already", http.StatusConflict)
		}
	})
	return mux
}

// boot makes a new Everwire server, as a new process would.
func (w *world) boot() *everwire.Server {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	rt := everwire.New(everwire.Options{
		ResumeWindow: ms(w.setup.Window), PollMax: ms(w.setup.PollMax), Heartbeat: ms(w.setup.Heartbeat),
		Logger: slog.New(slog.DiscardHandler),
	})
	w.truth.change(func(t *Truth) { t.Epoch++ })
	talk(rt, w.truth)
	return rt
}

// restart replaces the server by a new one at the same address. With drain the old one sends its sessions away first
// and has so long for it; without, its connections break.
func (w *world) restart(ctx context.Context, drain time.Duration) error {
	if drain > 0 {
		ctx, cancel := context.WithTimeout(ctx, drain)
		defer cancel()
		err := w.rt.Load().Shutdown(ctx)
		w.rt.Store(w.boot())
		return err
	}
	old := w.rt.Swap(w.boot())
	w.conns.reset()
	dead, cancel := context.WithCancel(ctx)
	cancel()
	old.Shutdown(dead) // its error says that nobody was reached, which is meant
	return nil
}

func (w *world) close() {
	w.proxy.Close()
	w.server.Close()
	w.conns.reset()
	dead, cancel := context.WithCancel(context.Background())
	cancel()
	w.rt.Load().Shutdown(dead)
}

// connections is a listener that can break what it has accepted, upgraded connections included.
type connections struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]struct{} // guarded by mu
}

func (l *connections) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &tracked{Conn: c, of: l}
	l.open[t] = struct{}{}
	return t, nil
}

func (l *connections) reset() {
	l.mu.Lock()
	var all []net.Conn
	for c := range l.open {
		all = append(all, c)
	}
	l.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}

type tracked struct {
	net.Conn
	of *connections
}

func (t *tracked) Close() error {
	t.of.mu.Lock()
	delete(t.of.open, t)
	t.of.mu.Unlock()
	return t.Conn.Close()
}
