package delivery_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/faultnet"
	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// A world is a server with its app, a network and a client with its app, all in
// one bubble.
type world struct {
	t      *testing.T
	name   string // for failures: how to run this again
	rt     *everwire.Server
	srv    *memhttp.Server
	net    *faultnet.Network
	http   *faultnet.RoundTripper
	plain  *http.Transport // to the server without faults
	client *wireclient.Client
	up     *history
	down   *history
	slow   uint64 // one handler out of so many is slow; 0 is none

	mu       sync.Mutex
	session  *everwire.Session
	connects int
	ends     []error
	changes  []wireclient.Change
	wrong    int // failures reported
	failed   bool
	broken   chan struct{} // closed when it is
}

// A network is how a world's client reaches its server.
type network struct {
	exchange func(*http.Request) faultnet.Exchange
	conn     func() faultnet.ConnPlan
	http2    bool
}

const base = "/everwire/"

// newWorld starts everything but the client's connections.
func newWorld(t *testing.T, name string, n network, sopt everwire.Options, copt wireclient.Options) *world {
	w := &world{t: t, name: name, up: newHistory(), down: newHistory(), broken: make(chan struct{})}
	if sopt.Logger == nil {
		sopt.Logger = slog.New(slog.DiscardHandler)
	}
	w.rt = everwire.New(sopt)
	w.app()
	mux := http.NewServeMux()
	mux.HandleFunc(base, func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		rt := w.rt
		w.mu.Unlock()
		rt.ServeHTTP(rw, r)
	})
	w.srv = memhttp.Serve(mux, memhttp.Options{HTTP2: n.http2})
	if n.conn == nil {
		n.conn = func() faultnet.ConnPlan { return faultnet.ConnPlan{} }
	}
	if n.exchange == nil {
		n.exchange = func(*http.Request) faultnet.Exchange { return faultnet.Exchange{} }
	}
	w.net = faultnet.NewNetwork(w.srv.Dial, n.conn)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!n.http2)
	protocols.SetUnencryptedHTTP2(n.http2)
	w.plain = &http.Transport{
		DialContext: w.net.Dial, Protocols: protocols, DisableCompression: true, MaxIdleConnsPerHost: 8,
		// As browsers do: a connection that went half-open is found out and left.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},
	}
	w.http = faultnet.NewRoundTripper(w.plain, n.exchange)

	copt.URL = w.srv.URL(base)
	copt.HTTP = w.http
	if copt.Dial == nil {
		copt.Dial = w.net.Dial
	}
	copt.Event, copt.Call = w.clientEvent, w.clientCall
	copt.Changed = func(c wireclient.Change) {
		w.mu.Lock()
		w.changes = append(w.changes, c)
		w.mu.Unlock()
	}
	if copt.Fault == nil {
		copt.Fault = func(err error) { w.errorf("%v", err) }
	}
	w.client = wireclient.New(copt)
	return w
}

// errorf reports the first few failures of a world.
func (w *world) errorf(format string, args ...any) {
	w.mu.Lock()
	w.wrong++
	n := w.wrong
	w.mu.Unlock()
	if n <= 5 {
		w.t.Errorf("%s: %s", w.name, fmt.Sprintf(format, args...))
	}
}

// close ends everything; nothing of the world may be left.
func (w *world) close() {
	w.client.Stop()
	_ = w.rt.Shutdown(doneContext())
	_ = w.srv.Close()
	w.plain.CloseIdleConnections()
	w.net.Close()
	w.http.Close()
}

func doneContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// giveUp lets the emitters of a world stop: it has failed.
func (w *world) giveUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.failed {
		w.failed = true
		close(w.broken)
	}
}

// restart puts a new server, which knows nothing of any session, in the place of
// the old one.
func (w *world) restart(opt everwire.Options) {
	opt.Logger = slog.New(slog.DiscardHandler)
	w.net.Cut()
	w.mu.Lock()
	old := w.rt
	w.rt = everwire.New(opt)
	w.app()
	w.mu.Unlock()
	_ = old.Shutdown(doneContext())
}

// hasFailed reports whether anything was reported.
func (w *world) hasFailed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed || w.wrong > 0
}

// app is the server's app: it notes what comes in and answers calls.
func (w *world) app() {
	w.rt.OnConnect(func(s *everwire.Session) error {
		w.mu.Lock()
		w.connects++
		w.session = s
		w.mu.Unlock()
		return nil
	})
	w.rt.OnDisconnect(func(s *everwire.Session, reason error) {
		w.mu.Lock()
		w.ends = append(w.ends, reason)
		w.mu.Unlock()
	})
	everwire.On(w.rt, "ev", func(_ *everwire.Session, raw json.RawMessage) error {
		w.took(w.up, fingerprint("ev", false, raw))
		return nil
	})
	everwire.On(w.rt, "bin", func(_ *everwire.Session, data []byte) error {
		w.took(w.up, fingerprint("bin", true, data))
		return nil
	})
	everwire.On(w.rt, "vol", func(_ *everwire.Session, num uint64) error {
		w.up.count(w.up.volatile, num)
		return nil
	})
	everwire.Handle(w.rt, "ask", func(_ *everwire.Session, raw json.RawMessage) (json.RawMessage, error) {
		w.took(w.up, fingerprint("ask", false, raw))
		return raw, nil
	})
	everwire.Handle(w.rt, "askbin", func(_ *everwire.Session, data []byte) ([]byte, error) {
		w.took(w.up, fingerprint("askbin", true, data))
		return append([]byte("re:"), data...), nil
	})
}

// clientEvent and clientCall are the client's app.
func (w *world) clientEvent(e wireclient.Event) {
	if e.Name == "vol" {
		var num uint64
		if err := json.Unmarshal(e.Data, &num); err != nil {
			w.errorf("volatile: %v", err)
		}
		w.down.count(w.down.volatile, num)
		return
	}
	w.took(w.down, fingerprint(e.Name, e.Binary, e.Data))
}

func (w *world) clientCall(e wireclient.Event) wireclient.Answer {
	if e.Name != "ask" {
		return wireclient.Answer{Code: "unhandled", Text: e.Name}
	}
	num, _ := number(e.Data)
	w.down.count(w.down.calls, num)
	switch {
	case num%5 == 3:
		return wireclient.Answer{Code: "no", Text: fmt.Sprint(num)}
	case e.Binary:
		return wireclient.Answer{Binary: true, Data: e.Data}
	}
	return wireclient.Answer{Data: e.Data}
}

// A payload begins with its number: bytes in big endian, JSON as an array.
func jsonPayload(r *rand.Rand, num uint64, large int) json.RawMessage {
	b := append(strconv.AppendUint([]byte{'['}, num, 10), `,"`...)
	b = append(b, text(r, max(large, size(r, 40<<10)))...)
	return append(b, `"]`...)
}

func bytesPayload(r *rand.Rand, num uint64, large int) []byte {
	b := binary.BigEndian.AppendUint64(nil, num)
	for range max(large, size(r, 36<<10)) / 8 {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

func number(data []byte) (uint64, error) {
	if len(data) == 0 || data[0] != '[' {
		if len(data) < 8 {
			return 0, errors.New("no number")
		}
		return binary.BigEndian.Uint64(data), nil
	}
	head, _, _ := bytes.Cut(data[1:], []byte{','})
	var num uint64
	err := json.Unmarshal(head, &num)
	return num, err
}

// size draws a size: mostly small, now and then close to what a frame holds.
func size(r *rand.Rand, most int) int {
	switch n := r.IntN(1000); {
	case n < 800:
		return r.IntN(100)
	case n < 970:
		return r.IntN(1500)
	case n < 997:
		return r.IntN(8 << 10)
	}
	return r.IntN(most)
}

// pieces are parts of texts that lines, scripts and counts could trip over, as
// they stand in JSON.
var pieces = []string{"x", "hello ", "data:", "[8]", "ü", "漢字", "😀", `\\`, `\"`, "</script>", "0123456789abcdef", `\t`, `\n`}

// text returns about n bytes for a JSON string.
func text(r *rand.Rand, n int) string {
	var b strings.Builder
	b.Grow(n + 16)
	for b.Len() < n {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// post does a POST to the server past the client and its faults, and returns
// the lines of the answer.
func (w *world) post(path string, lines ...string) (status int, answer []string) {
	w.t.Helper()
	client := http.Client{Transport: w.srv.Transport()}
	resp, err := client.Post(w.srv.URL(base+path), "text/plain", strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		w.t.Fatalf("%s: post %s: %v", w.name, path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s: post %s: %v", w.name, path, err)
	}
	text := strings.TrimSuffix(string(body), "\n")
	if text == "" {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, strings.Split(text, "\n")
}

// rawJSON is JSON that is neither encoded nor decoded by an app.
type rawJSON = json.RawMessage

// upSeq returns the got of a welcome.
func (w *world) upSeq(answer []string) uint64 {
	var frame []json.RawMessage
	var welcome struct{ Got uint64 }
	if len(answer) == 0 || json.Unmarshal([]byte(answer[0]), &frame) != nil || len(frame) < 2 || json.Unmarshal(frame[1], &welcome) != nil {
		w.errorf("no welcome: %q", answer)
	}
	return welcome.Got
}
