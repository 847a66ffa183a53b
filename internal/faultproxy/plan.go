package faultproxy

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// plan is one Faults in force, with the counts that belong to it.
type plan struct {
	// Immutable.
	Faults
	seed      uint64
	endpoints []string

	mu sync.Mutex
	// Guarded by mu.
	matched    []int64 // by drop: requests that matched it
	hit        []int64 // by drop: requests that it harmed
	handshakes int64
}

func newPlan(f Faults, seed uint64, endpoints []string) *plan {
	f.Cut.Endpoints = slices.Clone(f.Cut.Endpoints)
	f.Drops = slices.Clone(f.Drops)
	n := len(f.Drops)
	return &plan{Faults: f, seed: seed, endpoints: endpoints, matched: make([]int64, n), hit: make([]int64, n)}
}

// drop returns the first rule that hits a request to endpoint, or the zero Drop. Every rule sees every request that
// matches it, so that the rules do not shift each other's counts.
func (pl *plan) drop(endpoint string) (hit Drop) {
	if !slices.Contains(pl.endpoints, endpoint) {
		return Drop{}
	}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	for i, d := range pl.Drops {
		if d.Endpoint != "" && d.Endpoint != endpoint {
			continue
		}
		pl.matched[i]++
		if hit.When == "" && pl.hits(i, d, pl.matched[i]-d.Skip) {
			pl.hit[i]++
			hit = d
		}
	}
	return hit
}

// hits reports whether rule i hits its n-th request behind the skipped ones. Chance depends on the seed, i and n only,
// so the n-th request meets the same fate in every run. Call with mu held.
func (pl *plan) hits(i int, d Drop, n int64) bool {
	if n < 1 || d.Count > 0 && pl.hit[i] >= d.Count {
		return false
	}
	if d.Rate > 0 && rand.New(rand.NewPCG(pl.seed+uint64(i), uint64(n))).Float64() >= d.Rate {
		return false
	}
	return d.Every <= 1 || n%d.Every == 0
}

// webSocket returns the faults for one more handshake.
func (pl *plan) webSocket() WebSocket {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.handshakes++
	if pl.WebSocket.First > 0 && pl.handshakes > pl.WebSocket.First {
		return WebSocket{}
	}
	return pl.WebSocket
}

// silencing reports whether open WebSockets fall silent now. A Silent that is meant for the first handshakes only
// does not reach back to open ones.
func (pl *plan) silencing() bool { return pl.WebSocket.Silent && pl.WebSocket.First == 0 }

// cuts reports whether responses of endpoint are cut after a time.
func (pl *plan) cuts(endpoint string) bool {
	in := pl.Cut.Endpoints
	if len(in) == 0 {
		in = pl.endpoints
	}
	return pl.Cut.After > 0 && slices.Contains(in, endpoint)
}
