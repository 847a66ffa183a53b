package transporttest

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/transport"
)

// A Subject is a transport under test.
type Subject struct {
	// New returns the transport, a fresh one for each test.
	New func() transport.Transport

	// Dial is the client's side of it.
	Dial Dial

	// Holds says that an exchange without anything to say waits for frames.
	Holds bool

	// Stream says that one exchange carries frames for as long as it lasts, and
	// so cannot work where a writer cannot flush.
	Stream bool

	// Duplex says that a stream carries frames up, too, and ends with a close
	// frame. It takes a connection over, which HTTP/2 does not allow.
	Duplex bool
}

// up reports whether frames can go up by the transport.
func (s Subject) up() bool { return s.Duplex || !s.Stream }

// A variant is a server or a door that the transport has to get along with.
type variant struct {
	name   string
	http2  bool
	limits bool // ReadTimeout and WriteTimeout are far shorter than a hold
	wraps  bool // middleware wraps the writer, with Unwrap
	plain  bool // links are nothing but a transport.Link
	binary bool // the hello asks for binary messages
	lines  bool // ... for messages of several frames
}

var variants = []variant{
	{name: "http1"},
	{name: "http1 with timeouts", limits: true},
	{name: "http2", http2: true},
	{name: "http2 with timeouts", http2: true, limits: true},
	{name: "wrapped writer", wraps: true},
	{name: "wrapped writer http2", wraps: true, http2: true},
	{name: "plain link", plain: true},
	{name: "binary", binary: true},
	{name: "lines", lines: true},
	{name: "binary and lines", binary: true, lines: true},
}

// Run checks a transport against its contract.
func Run(t *testing.T, s Subject) {
	for _, v := range variants {
		if v.http2 && s.Duplex || (v.binary || v.lines) && !s.Duplex {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			for _, tt := range conversations {
				if tt.holds && !s.Holds || tt.up && !s.up() {
					continue
				}
				bubble(t, tt.name, s, v, tt.run)
			}
		})
	}
	t.Run("refused", func(t *testing.T) { refusals(t, s) })
	t.Run("writers", func(t *testing.T) { writers(t, s) })
}

// A conversation is one test between a peer and a door.
type conversation struct {
	name  string
	holds bool // for transports that hold an exchange
	up    bool // for transports that carry frames up
	run   func(t *testing.T, p *peer)
}

// bubble runs a test with a site of its own and sees to it that nothing of it
// is left at its end.
func bubble(t *testing.T, name string, s Subject, v variant, run func(*testing.T, *peer)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPeer(t, s, v)
			defer p.server.close()
			defer p.leave()
			run(t, p)
			p.leave()
			synctest.Wait()
			p.checkEnd()
		})
	})
}

// A server serves the transport of a peer.
type server struct {
	*memhttp.Server
	site   Site
	active atomic.Int64 // Serves that have not returned
}

func newServer(t *testing.T, tr transport.Transport, d transport.Door, v variant, wrap func(http.ResponseWriter) http.ResponseWriter) *server {
	s := &server{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/"+tr.Name() {
			_, _ = w.Write([]byte(r.URL.Path))
			return
		}
		s.active.Add(1)
		defer s.active.Add(-1)
		if v.wraps {
			tail := &tail{ResponseWriter: w, t: t}
			defer tail.end()
			w = tail
		}
		if wrap != nil {
			w = wrap(w)
		}
		_ = tr.Serve(w, r, d)
	})
	s.Server = memhttp.Serve(h, memhttp.Options{HTTP2: v.http2, Server: func(hs *http.Server) {
		if v.limits {
			hs.ReadTimeout, hs.WriteTimeout = 2*time.Second, 2*time.Second
		}
	}})
	s.site = Site{URL: s.URL("/" + tr.Name()), Client: s.Client(), HTTP2: v.http2, DialContext: s.Dial}
	return s
}

func (s *server) close() { _ = s.Server.Close() }

// A tail is what a logging or metrics middleware puts around a writer. It finds
// what is written after the transport has returned.
type tail struct {
	http.ResponseWriter
	t *testing.T

	mu    sync.Mutex
	ended bool
}

// Unwrap is what http.ResponseController looks for.
func (w *tail) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader passes the status on.
func (w *tail) WriteHeader(status int) {
	w.check()
	w.ResponseWriter.WriteHeader(status)
}

// Write passes p on.
func (w *tail) Write(p []byte) (int, error) {
	w.check()
	return w.ResponseWriter.Write(p)
}

func (w *tail) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		w.t.Error("the transport wrote after Serve had returned")
	}
}

func (w *tail) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}
