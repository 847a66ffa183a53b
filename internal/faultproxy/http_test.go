package faultproxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/faultproxy"
)

func TestPassesEveryKindOfBody(t *testing.T) {
	for _, c := range []struct {
		name, method, path string
		body               io.Reader
		status             int
		want               string
	}{
		{"content length", "POST", "/app/polling", strings.NewReader("hello"), 200, "POST hello"},
		{"chunked request", "POST", "/app/send", io.MultiReader(strings.NewReader("in "), strings.NewReader("chunks")), 200, "POST in chunks"},
		{"large", "POST", "/app/send", strings.NewReader(strings.Repeat("x", 1<<20)), 200, "POST " + strings.Repeat("x", 1<<20)},
		{"no body", "GET", "/page", nil, 200, "GET "},
		{"head", "HEAD", "/page", nil, 200, ""},
		{"no content", "POST", "/empty/polling", nil, 204, ""},
		{"until close", "GET", "/close/polling", nil, 200, "until the end"},
		{"not found", "GET", "/nowhere", nil, 404, "404 page not found\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, faultproxy.Faults{})
				for range 2 { // the second on the same connection, where it may stay open
					req, err := http.NewRequest(c.method, "http://proxy"+c.path, c.body)
					if err != nil {
						t.Fatal(err)
					}
					res, err := r.client.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					got, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil || res.StatusCode != c.status || string(got) != c.want {
						t.Fatalf("got %d %.60q (%v), want %d %.60q", res.StatusCode, got, err, c.status, c.want)
					}
					if c.body != nil {
						return
					}
				}
			})
		})
	}
}

func TestStreamsPassAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		start := time.Now()
		res, err := r.client.Get("http://proxy/app/sse?n=3")
		if err != nil {
			t.Fatal(err)
		}
		got, end := arrivals(start, res.Body)
		if want := []string{"00@0s", "01@1s", "02@2s"}; !reflect.DeepEqual(got, want) || end != "whole@3s" {
			t.Errorf("got %v %s, want %v whole@3s", got, end, want)
		}
	})
}

func TestClientLeavingEndsTheUpstreamRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "POST", "http://proxy/app/longpoll", nil)
		if _, err := r.client.Do(req); err == nil {
			t.Fatal("the poll was answered")
		}
		synctest.Wait()
		if !reflect.DeepEqual(r.up.ended, []string{"/app/longpoll"}) {
			t.Errorf("the server saw the end of %v", r.up.ended)
		}
	})
}

func TestBuffersStreams(t *testing.T) {
	for _, c := range []struct {
		name   string
		buffer faultproxy.Buffer
		want   []string
		end    string
		head   time.Duration
	}{
		{"whole", faultproxy.Buffer{Whole: true}, []string{"00@5s", "01@5s", "02@5s", "03@5s", "04@5s"}, "whole@5s", 0},
		{"whole with head", faultproxy.Buffer{Whole: true, Head: true}, []string{"00@5s", "01@5s", "02@5s", "03@5s", "04@5s"}, "whole@5s", 5 * time.Second},
		{"pieces", faultproxy.Buffer{PieceBytes: 200}, []string{"00@1s", "01@1s", "02@3s", "03@3s", "04@5s"}, "whole@5s", 0},
		{"pieces that cut events", faultproxy.Buffer{PieceBytes: 150, Head: true}, []string{"00@1s", "01@2s", "02@2s", "03@4s", "04@5s"}, "whole@5s", time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, faultproxy.Faults{SSE: c.buffer})
				start := time.Now()
				res, err := r.client.Get("http://proxy/app/sse?n=5")
				if err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != c.head {
					t.Errorf("head after %v, want %v", got, c.head)
				}
				got, end := arrivals(start, res.Body)
				if !reflect.DeepEqual(got, c.want) || end != c.end {
					t.Errorf("got %v %s, want %v %s", got, end, c.want, c.end)
				}
				r.wantFault("sse.buffer", 1)
				if status, body := r.post("/app/polling", "x"); status != 200 || body != "POST x" {
					t.Errorf("a poll was harmed: %d %q", status, body)
				}
			})
		})
	}
}

func TestBufferSetLiveHoldsAnOpenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		start := time.Now()
		res, err := r.client.Get("http://proxy/app/sse?n=4")
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(1500*time.Millisecond, func() { r.set(faultproxy.Faults{SSE: faultproxy.Buffer{Whole: true}}) })
		got, _ := arrivals(start, res.Body)
		if want := []string{"00@0s", "01@1s", "02@4s", "03@4s"}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestCutsLongResponses(t *testing.T) {
	t.Run("before the head", func(t *testing.T) {
		for _, status := range []int{0, 504} {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, faultproxy.Faults{Cut: faultproxy.Cut{After: 2000, Status: status}})
				start := time.Now()
				got, _ := r.post("/app/longpoll", "")
				if got != status || time.Since(start) != 2*time.Second {
					t.Errorf("got %d after %v, want %d after 2s", got, time.Since(start), status)
				}
				r.wantFault("cut", 1)
				synctest.Wait()
				if len(r.up.ended) != 1 {
					t.Error("the server was not told")
				}
			})
		}
	})
	t.Run("in the body", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, faultproxy.Faults{Cut: faultproxy.Cut{After: 2500, Status: 504}})
			start := time.Now()
			res, err := r.client.Get("http://proxy/app/sse?n=9")
			if err != nil {
				t.Fatal(err)
			}
			got, end := arrivals(start, res.Body)
			if want := []string{"00@0s", "01@1s", "02@2s"}; !reflect.DeepEqual(got, want) || end != "broken@2.5s" {
				t.Errorf("got %v %s, want %v broken@2.5s", got, end, want)
			}
			r.wantFault("cut", 1)
		})
	})
	t.Run("other endpoints pass", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, faultproxy.Faults{Cut: faultproxy.Cut{After: 2000, Endpoints: []string{"sse"}}})
			if got, body := r.post("/app/longpoll", ""); got != 200 || body != "late" {
				t.Errorf("got %d %q", got, body)
			}
			r.wantFault("cut", 0)
		})
	})
}

func TestDrops(t *testing.T) {
	for _, c := range []struct {
		name    string
		drop    faultproxy.Drop
		status  int
		body    string
		handled int
	}{
		{"before", faultproxy.Drop{When: faultproxy.Before}, 0, "", 0},
		{"before with a status", faultproxy.Drop{When: faultproxy.Before, Status: 502}, 502, "Bad Gateway\n", 0},
		{"after", faultproxy.Drop{When: faultproxy.After}, 0, "", 1},
		{"after with a status", faultproxy.Drop{When: faultproxy.After, Status: 504}, 504, "Gateway Timeout\n", 1},
		{"head", faultproxy.Drop{When: faultproxy.Head}, 0, "", 1},
		{"twice", faultproxy.Drop{When: faultproxy.Twice}, 200, "POST x", 2},
		{"twice, last answer", faultproxy.Drop{When: faultproxy.TwiceLast}, 200, "POST x", 2},
		{"another endpoint", faultproxy.Drop{When: faultproxy.Before, Endpoint: "polling"}, 200, "POST x", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, faultproxy.Faults{Drops: []faultproxy.Drop{c.drop}})
				status, body := r.post("/app/send", "x")
				synctest.Wait()
				if status != c.status || body != c.body || len(r.up.seen()) != c.handled {
					t.Errorf("got %d %q, handled %v; want %d %q, %d handled", status, body, r.up.seen(), c.status, c.body, c.handled)
				}
				if status, _ := r.post("/page", "x"); status != 200 {
					t.Errorf("an endpoint without a name was harmed: %d", status)
				}
			})
		})
	}
}

func TestDropsAnEmptyAnswerBehindTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{Drops: []faultproxy.Drop{{When: faultproxy.Head}}})
		if status, _ := r.post("/empty/polling", ""); status != 0 {
			t.Errorf("a 204 came through whole: %d", status)
		}
	})
}

// fates posts n times and tells which came through.
func fates(r *rig, n int) string {
	var b strings.Builder
	for i := range n {
		if status, _ := r.post("/app/polling", fmt.Sprint(i)); status == 200 {
			b.WriteByte('+')
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

func TestDropPatterns(t *testing.T) {
	for _, c := range []struct {
		name  string
		drops []faultproxy.Drop
		want  string
	}{
		{"all", []faultproxy.Drop{{When: faultproxy.After}}, "------------"},
		{"every third", []faultproxy.Drop{{When: faultproxy.After, Every: 3}}, "++-++-++-++-"},
		{"skip and count", []faultproxy.Drop{{When: faultproxy.After, Skip: 2, Count: 3}}, "++---+++++++"},
		{"two rules keep their own counts", []faultproxy.Drop{{When: faultproxy.Before, Every: 4}, {When: faultproxy.After, Skip: 5, Count: 1}}, "+++-+--+++++"[:5] + "-+-+++-"},
		{"another endpoint does not count", []faultproxy.Drop{{Endpoint: "send", When: faultproxy.After}}, "++++++++++++"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := fates(newRig(t, faultproxy.Faults{Drops: c.drops}), 12); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestChanceIsRepeatable(t *testing.T) {
	var first string
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, faultproxy.Faults{Drops: []faultproxy.Drop{{When: faultproxy.Before, Rate: 0.3}}})
			got := fates(r, 200)
			if n := strings.Count(got, "-"); n < 40 || n > 80 {
				t.Errorf("seed %d: %d of 200 dropped at a rate of 0.3", r.proxy.Seed(), n)
			}
			if first != "" && got != first {
				t.Errorf("seed %d: two runs differ:\n%s\n%s", r.proxy.Seed(), first, got)
			}
			first = got
		})
	}
}

func TestLatencyAndBandwidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{Latency: 300})
		for _, want := range []time.Duration{1200 * time.Millisecond, 600 * time.Millisecond} { // with and without a new connection
			start := time.Now()
			if status, _ := r.post("/app/polling", "x"); status != 200 || time.Since(start) != want {
				t.Errorf("%d after %v, want %v", status, time.Since(start), want)
			}
		}
		r.set(faultproxy.Faults{BytesPerSecond: 1000})
		start := time.Now()
		r.post("/app/polling", strings.Repeat("x", 10_000)) // 10 s up, 10 s down, and the heads
		if got := time.Since(start); got < 20*time.Second || got > 21*time.Second {
			t.Errorf("10 kB each way at 1 kB/s took %v", got)
		}
	})
}

func TestDownAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		r.post("/app/polling", "x")
		r.set(faultproxy.Faults{Down: true})
		synctest.Wait()
		if n := r.proxy.Counters().Open; n != 0 {
			t.Errorf("%d connections are still open", n)
		}
		if status, _ := r.post("/app/polling", "x"); status != 0 {
			t.Errorf("answered %d while down", status)
		}
		r.set(faultproxy.Faults{})
		if status, _ := r.post("/app/polling", "x"); status != 200 {
			t.Errorf("answered %d when up again", status)
		}
	})
}

func TestHoleSwallowsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		r.client.Timeout = 4 * time.Second
		start := time.Now()
		time.AfterFunc(1500*time.Millisecond, func() { r.set(faultproxy.Faults{Hole: true}) })
		res, err := r.client.Get("http://proxy/app/sse?n=9")
		if err != nil {
			t.Fatal(err)
		}
		got, end := arrivals(start, res.Body)
		if want := []string{"00@0s", "01@1s"}; !reflect.DeepEqual(got, want) || end != "broken@4s" {
			t.Errorf("got %v %s, want %v broken@4s", got, end, want)
		}
		before := len(r.up.seen())
		if status, _ := r.post("/app/polling", "x"); status != 0 || len(r.up.seen()) != before {
			t.Errorf("a request came out of the hole: %d", status)
		}
		r.set(faultproxy.Faults{})
		if status, _ := r.post("/app/polling", "x"); status != 200 {
			t.Errorf("answered %d behind the hole", status)
		}
	})
}

func TestCutHitsTheNamedEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{})
		start := time.Now()
		stream, err := r.client.Get("http://proxy/app/sse?n=3")
		if err != nil {
			t.Fatal(err)
		}
		polled := make(chan int, 1)
		go func() { status, _ := r.post("/app/longpoll", ""); polled <- status }()
		synctest.Wait()
		if n := r.proxy.Cut("longpoll", "websocket"); n != 1 {
			t.Errorf("cut %d connections, want 1", n)
		}
		if status := <-polled; status != 0 {
			t.Errorf("the poll was answered: %d", status)
		}
		if _, end := arrivals(start, stream.Body); end != "whole@3s" {
			t.Errorf("the stream ended %s", end)
		}
	})
}

func TestUpstreamDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		front := listenMemory()
		p, err := faultproxy.New(faultproxy.Options{Listener: front, Dial: func(context.Context) (net.Conn, error) { return nil, io.ErrClosedPipe }})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		r := &rig{client: &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return front.dial(ctx) }}}}
		if status, _ := r.post("/app/send", ""); status != 502 {
			t.Errorf("got %d, want 502", status)
		}
	})
}

// counted is a connection that counts the bytes of its client.
type counted struct {
	net.Conn
	up, down *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.down.Add(int64(n))
	return n, err
}
func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.up.Add(int64(n))
	return n, err
}

func TestCountersEqualTheClientsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, faultproxy.Faults{Latency: 5})
		var up, down, conns atomic.Int64
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := r.front.dial(ctx)
			conns.Add(1)
			return counted{c, &up, &down}, err
		}
		r.client = &http.Client{Transport: &http.Transport{DialContext: dial}}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { r.post("/app/polling", "some body"); r.post("/app/send", "another") })
		}
		all.Wait()
		res, err := r.client.Get("http://proxy/app/sse?n=2")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		r.client.CloseIdleConnections()
		synctest.Wait()

		got := r.proxy.Counters()
		if got.UpBytes != up.Load() || got.DownBytes != down.Load() || got.Connections != conns.Load() {
			t.Errorf("proxy: up %d, down %d, connections %d; client: %d, %d, %d", got.UpBytes, got.DownBytes, got.Connections, up.Load(), down.Load(), conns.Load())
		}
		var sum faultproxy.Count
		for _, c := range got.Endpoints {
			sum.UpBytes += c.UpBytes
			sum.DownBytes += c.DownBytes
			sum.Open += c.Open
		}
		if sum.UpBytes != got.UpBytes || sum.DownBytes != got.DownBytes || sum.Open != 0 {
			t.Errorf("the endpoints' sum is %+v, the whole %+v", sum, got)
		}
		if n := got.Endpoints["send"].Requests; n != 5 {
			t.Errorf("%d sends, want 5", n)
		}
	})
}
