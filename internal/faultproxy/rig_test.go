package faultproxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everwire/everwire/internal/faultproxy"
	"github.com/gorilla/websocket"
)

// memory is a listener whose connections are net.Pipes, so that a synctest bubble can hold it.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func listenMemory() *memory {
	return &memory{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { m.once.Do(func() { close(m.done) }); return nil }
func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

func (m *memory) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		return near, nil
	case <-m.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rig is an upstream with a proxy before it and a client, all in memory.
type rig struct {
	t      *testing.T
	proxy  *faultproxy.Proxy
	client *http.Client
	front  *memory
	up     *upstream
}

func newRig(t *testing.T, f faultproxy.Faults) *rig {
	t.Helper()
	back, front := listenMemory(), listenMemory()
	up := &upstream{}
	server := &http.Server{Handler: up.handler()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(back) }()
	p, err := faultproxy.New(faultproxy.Options{Listener: front, Dial: back.dial, Faults: f, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return front.dial(ctx) }}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		server.Close()
		<-served
	})
	return &rig{t: t, proxy: p, client: &http.Client{Transport: tr}, front: front, up: up}
}

func (r *rig) set(f faultproxy.Faults) {
	r.t.Helper()
	if err := r.proxy.Set(f); err != nil {
		r.t.Fatal(err)
	}
}

// post returns the status and body, or status 0 and what came of the body if the connection broke.
func (r *rig) post(path, body string) (int, string) {
	res, err := r.client.Post("http://proxy"+path, "text/plain", strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, string(b)
	}
	return res.StatusCode, string(b)
}

// webSocket opens a WebSocket through the proxy.
func (r *rig) webSocket(ctx context.Context) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return r.front.dial(ctx) }}
	return d.DialContext(ctx, "ws://proxy/app/websocket", nil)
}

func (r *rig) wantFault(name string, n int64) {
	r.t.Helper()
	if got := r.proxy.Counters().Faults[name]; got != n {
		r.t.Errorf("fault %q struck %d times, want %d (all: %v)", name, got, n, r.proxy.Counters().Faults)
	}
}

// upstream is a tiny server of each kind of endpoint. It notes the requests that it has handled.
type upstream struct {
	mu      sync.Mutex
	handled []string // "PATH BODY"
	ended   []string // paths of streams and WebSockets that the server saw end
}

func (u *upstream) note(list *[]string, s string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	*list = append(*list, s)
}

func (u *upstream) seen() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.handled...)
}

func (u *upstream) handler() http.Handler {
	mux := http.NewServeMux()
	echo := func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		u.note(&u.handled, r.URL.Path+" "+string(b))
		fmt.Fprintf(w, "%s %s", r.Method, b)
	}
	mux.HandleFunc("/app/polling", echo)
	mux.HandleFunc("/app/send", echo)
	mux.HandleFunc("/page", echo)
	mux.HandleFunc("/empty/polling", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/close/polling", func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nuntil the end")
			c.Close()
		}
	})
	mux.HandleFunc("/app/longpoll", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(20 * time.Second):
			io.WriteString(w, "late")
		case <-r.Context().Done():
			u.note(&u.ended, r.URL.Path)
		}
	})
	mux.HandleFunc("/app/sse", u.stream)
	mux.HandleFunc("/app/websocket", u.webSocket)
	return mux
}

// stream sends one event of 100 bytes each second, ?n of them.
func (u *upstream) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	defer u.note(&u.ended, r.URL.Path)
	var n int
	fmt.Sscan(r.URL.Query().Get("n"), &n)
	for i := range n {
		fmt.Fprintf(w, "data:%02d%s\n\n", i, strings.Repeat(".", 91))
		http.NewResponseController(w).Flush()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
	}
}

func (u *upstream) webSocket(w http.ResponseWriter, r *http.Request) {
	u.note(&u.handled, r.URL.Path)
	c, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			u.note(&u.ended, r.URL.Path)
			return
		}
		u.note(&u.handled, "message "+string(data))
		c.WriteMessage(kind, data)
	}
}

// arrivals reads an event stream and returns "NN@TIME" for each event, and the time and kind of its end.
func arrivals(start time.Time, body io.Reader) (events []string, end string) {
	br := bufio.NewReader(body)
	for {
		line, err := br.ReadString('\n')
		if s, ok := strings.CutPrefix(line, "data:"); ok && err == nil {
			events = append(events, s[:2]+"@"+time.Since(start).String())
		}
		if err != nil {
			kind := "broken"
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				kind = "whole"
			}
			return events, kind + "@" + time.Since(start).String()
		}
	}
}
