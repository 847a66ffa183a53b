package faultnet

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A Script draws faults from a seed: Exchange and Conn are the plans of a
// RoundTripper and a Network. Safe for concurrent use. The same seed gives the
// same draws; which request gets which draw depends on the order in which they
// come.
type Script struct {
	// Immutable.
	level float64

	// Guarded by mu.
	mu     sync.Mutex
	rand   *rand.Rand
	healed bool
	count  map[string]int
}

// NewScript returns the faults of a seed. level scales how frequent they are:
// at 1 about every third exchange is harmed, at 0 none.
func NewScript(seed uint64, level float64) *Script {
	return &Script{
		level: level,
		rand:  rand.New(rand.NewPCG(seed, 0xfa17)),
		count: make(map[string]int),
	}
}

// Heal ends the faults for what comes from now on.
func (s *Script) Heal() {
	s.mu.Lock()
	s.healed = true
	s.mu.Unlock()
}

// Counts returns how many faults of which sort there were.
func (s *Script) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(map[string]int, len(s.count))
	for k, v := range s.count {
		c[k] = v
	}
	return c
}

// hit draws with probability p.
func (s *Script) hit(what string, p float64) bool {
	if s.rand.Float64() >= p*s.level {
		return false
	}
	s.count[what]++
	return true
}

// upTo draws a time below d, small ones more often.
func (s *Script) upTo(d time.Duration) time.Duration {
	f := s.rand.Float64()
	return time.Duration(f * f * float64(d))
}

// Exchange is a plan for a RoundTripper.
func (s *Script) Exchange(r *http.Request) Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := Exchange{Before: s.upTo(40 * time.Millisecond), After: s.upTo(40 * time.Millisecond)}
	if s.healed {
		return x
	}
	switch {
	case s.hit("request lost", 0.06):
		x.LoseRequest, x.Hang = true, s.rand.IntN(4) == 0
	case s.hit("answer lost", 0.08):
		x.LoseAnswer, x.Hang = true, s.rand.IntN(4) == 0
	case s.hit("answer cut", 0.07):
		x.Cut, x.CutClean = 1+s.size(), s.rand.IntN(2) == 0
		x.Hang = !x.CutClean && s.rand.IntN(4) == 0
	case s.hit("proxy's answer", 0.03):
		x.Status = []int{502, 504, 429, 413, 200, 302, 404, 409}[s.rand.IntN(8)]
		x.Body = "<html>\n<h1>gateway</h1>\n"
		if x.Status == 413 && lines(r) < 4 {
			x.Status = 502 // a frame that is alone would be given up, by rule
		}
	}
	if s.hit("late", 0.06) {
		x.Before += s.upTo(6 * time.Second)
	}
	if s.hit("answer late", 0.04) {
		x.After += s.upTo(6 * time.Second)
	}
	if s.hit("doubled", 0.10) {
		x.Twin, x.TwinAnswers = true, s.rand.IntN(3) == 0
		if s.rand.IntN(2) == 0 {
			x.TwinAfter = s.upTo(8 * time.Second)
		}
	}
	x.Ghost = s.hit("ghost", 0.3)
	return x
}

// lines counts the lines of a request's body.
func lines(r *http.Request) int {
	body, err := r.GetBody()
	if err != nil {
		return 0
	}
	data, _ := io.ReadAll(body)
	return bytes.Count(data, []byte{'\n'})
}

// size draws a number of bytes: from a few to many.
func (s *Script) size() int64 {
	return s.rand.Int64N(1 << (4 + s.rand.IntN(12)))
}

// Conn is a plan for a Network.
func (s *Script) Conn() ConnPlan {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := ConnPlan{Up: s.upTo(40 * time.Millisecond), Down: s.upTo(40 * time.Millisecond)}
	if s.healed {
		return p
	}
	switch {
	case s.hit("cut up", 0.25):
		p.CutUp = 1 + s.size()
	case s.hit("cut down", 0.25):
		p.CutDown = 1 + s.size()
	case s.hit("half-open", 0.08):
		p.Deaf = 1 + s.size()
	case s.hit("half-open later", 0.04):
		p.DeafAfter = s.upTo(30 * time.Second)
	}
	if s.hit("slow", 0.3) {
		// What waits behind a slow stream may arrive, and be confirmed, by
		// another connection first.
		p.BytesPerSecond = 50_000 + s.rand.IntN(400_000)
	}
	if s.hit("server notices late", 0.3) {
		p.ServerLate = s.upTo(10 * time.Second)
	}
	return p
}
