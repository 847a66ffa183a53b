package faultnet_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/faultnet"
	"github.com/everwire/everwire/internal/memhttp"
)

func TestExchange(t *testing.T) {
	const body, answer = "request\n", "answer\nof two lines\n"
	for _, tt := range []struct {
		name string
		x    faultnet.Exchange
		err  error
		got  string        // of the answer
		took time.Duration // until the client knew
		seen []int         // seconds at which the server saw the request
	}{
		{name: "nothing", got: answer, seen: []int{0}},
		{name: "delays", x: faultnet.Exchange{Before: 2 * time.Second, After: time.Second}, got: answer, took: 3 * time.Second, seen: []int{2}},
		{name: "request lost", x: faultnet.Exchange{LoseRequest: true, Before: time.Second}, err: faultnet.ErrNetwork, took: time.Second},
		{name: "request lost in silence", x: faultnet.Exchange{LoseRequest: true, Hang: true}, err: context.DeadlineExceeded, took: 5 * time.Second},
		{name: "answer lost", x: faultnet.Exchange{LoseAnswer: true}, err: faultnet.ErrNetwork, seen: []int{0}},
		{name: "answer lost in silence", x: faultnet.Exchange{LoseAnswer: true, Hang: true}, err: context.DeadlineExceeded, took: 5 * time.Second, seen: []int{0}},
		{name: "too late", x: faultnet.Exchange{Before: 8 * time.Second}, err: context.DeadlineExceeded, took: 5 * time.Second},
		{name: "too late, and still", x: faultnet.Exchange{Before: 8 * time.Second, Ghost: true}, err: context.DeadlineExceeded, took: 5 * time.Second, seen: []int{8}},
		{name: "twin", x: faultnet.Exchange{Twin: true, TwinAfter: 7 * time.Second}, got: answer, seen: []int{0, 7}},
		{name: "twin answers", x: faultnet.Exchange{Twin: true, TwinAnswers: true, TwinAfter: 3 * time.Second}, got: answer, took: 3 * time.Second, seen: []int{0, 3}},
		{name: "cut", x: faultnet.Exchange{Cut: 9}, got: answer[:9], err: io.ErrUnexpectedEOF, seen: []int{0}},
		{name: "cut clean", x: faultnet.Exchange{Cut: 9, CutClean: true}, got: answer[:9], seen: []int{0}},
		{name: "cut silent", x: faultnet.Exchange{Cut: 9, Hang: true}, got: answer[:9], err: context.DeadlineExceeded, took: 5 * time.Second, seen: []int{0}},
		{name: "proxy", x: faultnet.Exchange{Status: 502, Body: "gateway"}, got: "gateway"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var seen []int
				s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if b, _ := io.ReadAll(r.Body); string(b) != body {
						t.Errorf("the server read %q", b)
					}
					seen = append(seen, int(time.Since(start)/time.Second))
					_, _ = io.WriteString(w, answer)
				}), memhttp.Options{})
				rt := faultnet.NewRoundTripper(s.Transport(), func(*http.Request) faultnet.Exchange { return tt.x })
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				req, _ := http.NewRequestWithContext(ctx, "POST", s.URL("/"), strings.NewReader(body))
				resp, err := (&http.Client{Transport: rt}).Do(req)
				var got []byte
				if err == nil {
					got, err = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
				}
				if !errors.Is(err, tt.err) || string(got) != tt.got {
					t.Errorf("got %q, %v, want %q, %v", got, err, tt.got, tt.err)
				}
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				time.Sleep(20 * time.Second)
				synctest.Wait()
				if len(seen) != len(tt.seen) {
					t.Fatalf("the server saw the request at %v, want %v", seen, tt.seen)
				}
				for i := range seen {
					if seen[i] != tt.seen[i] {
						t.Errorf("the server saw the request at %v, want %v", seen, tt.seen)
					}
				}
				_ = s.Close()
				rt.Close()
			})
		})
	}
}

// TestGhostGivenUpAtItsAnswer is for -race: a client gives an exchange up just
// when its answer comes and gets a cut put in front of it.
func TestGhostGivenUpAtItsAnswer(t *testing.T) {
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		answered := make(chan struct{})
		var canceller sync.WaitGroup
		canceller.Go(func() { <-answered; cancel() })
		closed := make(chan struct{})
		body := closer{strings.NewReader("answer"), sync.OnceFunc(func() { close(closed) })}
		rt := faultnet.NewRoundTripper(roundTrip(func(*http.Request) (*http.Response, error) {
			close(answered)
			return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
		}), func(*http.Request) faultnet.Exchange { return faultnet.Exchange{Ghost: true, Cut: 3} })
		req, _ := http.NewRequestWithContext(ctx, "GET", "http://host.test/", nil)
		_, err := rt.RoundTrip(req)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		<-closed // the server's answer, whether or not its client has seen it
		canceller.Wait()
		rt.Close()
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error { c.close(); return nil }

func TestConnections(t *testing.T) {
	for _, tt := range []struct {
		name     string
		plan     faultnet.ConnPlan
		up, down int // bytes that arrive of 1,000 each way
	}{
		{name: "nothing", up: 1000, down: 1000},
		{name: "latency", plan: faultnet.ConnPlan{Up: time.Second, Down: time.Second}, up: 1000, down: 1000},
		{name: "slow", plan: faultnet.ConnPlan{BytesPerSecond: 100}, up: 1000, down: 1000},
		{name: "cut up", plan: faultnet.ConnPlan{CutUp: 300}, up: 300},
		{name: "cut down", plan: faultnet.ConnPlan{CutDown: 300}, up: 1000, down: 300},
		{name: "half-open", plan: faultnet.ConnPlan{Deaf: 1300}, up: 1000, down: 300},
		{name: "half-open later", plan: faultnet.ConnPlan{DeafAfter: time.Minute}, up: 1000, down: 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := memhttp.Listen()
				n := faultnet.NewNetwork(l.Dial, func() faultnet.ConnPlan { return tt.plan })
				var up atomic.Int64
				go func() { // ends with the connection
					c, err := l.Accept()
					if err != nil {
						return
					}
					buf := make([]byte, 100)
					for {
						k, err := c.Read(buf)
						if up.Add(int64(k)) == 1000 && k > 0 {
							_, _ = c.Write(make([]byte, 1000))
						}
						if err != nil {
							return
						}
					}
				}()
				c, err := n.Dial(t.Context(), "tcp", "")
				if err != nil {
					t.Fatal(err)
				}
				_, _ = c.Write(make([]byte, 1000))
				_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
				down, _ := io.ReadFull(c, make([]byte, 1000))
				synctest.Wait()
				if int(up.Load()) != tt.up || down != tt.down {
					t.Errorf("arrived: %d up and %d down, want %d and %d", up.Load(), down, tt.up, tt.down)
				}
				_ = c.Close()
				_ = l.Close()
				n.Close()
			})
		})
	}
}

func TestScriptIsRepeatable(t *testing.T) {
	draw := func(heal bool) (list []faultnet.Exchange) {
		s := faultnet.NewScript(7, 1)
		if heal {
			s.Heal()
		}
		r, _ := http.NewRequest("POST", "http://x/send", strings.NewReader("a\nb\n"))
		for range 100 {
			list = append(list, s.Exchange(r))
		}
		return list
	}
	a, b := draw(false), draw(false)
	harmed := 0
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("draw %d: %+v and %+v", i, a[i], b[i])
		}
		if a[i].LoseRequest || a[i].LoseAnswer || a[i].Cut > 0 || a[i].Twin || a[i].Status != 0 {
			harmed++
		}
	}
	if harmed < 20 || harmed > 60 {
		t.Errorf("%d of 100 exchanges are harmed, want about a third", harmed)
	}
	for i, x := range draw(true) {
		if x.LoseRequest || x.LoseAnswer || x.Cut > 0 || x.Twin || x.Status != 0 {
			t.Errorf("draw %d of a healed script: %+v", i, x)
		}
	}
}
