package faultproxy

import (
	"maps"
	"sync"
)

// Count is what passed for one endpoint. Bytes are those of the client's sockets: heads, chunk sizes and WebSocket
// framing included, TCP and TLS not.
type Count struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections"` // that carried at least one request of the endpoint
	Open        int64 `json:"open"`        // requests and WebSockets under way now
	UpBytes     int64 `json:"upBytes"`
	DownBytes   int64 `json:"downBytes"`
}

// Counters is a snapshot of what a Proxy has seen since New.
type Counters struct {
	Connections int64            `json:"connections"` // accepted
	Open        int64            `json:"open"`        // open now
	UpBytes     int64            `json:"upBytes"`     // read from clients, also what belongs to no request
	DownBytes   int64            `json:"downBytes"`   // written to clients
	Endpoints   map[string]Count `json:"endpoints"`
	// Faults counts how often each fault struck, by its name: "websocket.refuse", "drop.after", "cut" …
	// A test asks it whether the fault that it set has happened at all.
	Faults map[string]int64 `json:"faults"`
}

// book keeps the counters of a proxy.
type book struct {
	mu sync.Mutex
	c  Counters
}

func newBook() *book {
	return &book{c: Counters{Endpoints: map[string]Count{}, Faults: map[string]int64{}}}
}

func (b *book) add(change func(*Counters)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.c)
}

func (b *book) endpoint(name string, change func(*Count)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.c.Endpoints[name]
	change(&n)
	b.c.Endpoints[name] = n
}

func (b *book) fault(name string) { b.add(func(c *Counters) { c.Faults[name]++ }) }

func (b *book) down(endpoint string, n int) {
	b.add(func(c *Counters) { c.DownBytes += int64(n) })
	b.endpoint(endpoint, func(c *Count) { c.DownBytes += int64(n) })
}

func (b *book) snapshot() Counters {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.c
	c.Endpoints = maps.Clone(b.c.Endpoints)
	c.Faults = maps.Clone(b.c.Faults)
	return c
}
