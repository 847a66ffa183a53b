package websocket

import (
	"context"
	"sync"

	"github.com/everwire/everwire/transport"
)

// A puller makes a transport.Notifier of a link that is none, at the price of a
// goroutine that waits in Next.
type puller struct {
	transport.Link
	ctx   context.Context // of the connection
	taken chan struct{}   // the batch has been taken; of capacity 1

	mu sync.Mutex
	// Guarded by mu.
	full  bool // batch and err are what Next returned
	batch transport.Batch
	err   error
}

func newPuller(ctx context.Context, l transport.Link) *puller {
	return &puller{Link: l, ctx: ctx, taken: make(chan struct{}, 1)}
}

// Notify sets the function that is called for every batch, and starts to wait
// for them.
func (p *puller) Notify(ready func(now bool)) {
	go p.pull(ready) // ends with the link or the connection
}

func (p *puller) pull(ready func(now bool)) {
	for {
		b, err := p.Link.Next(p.ctx, nil)
		p.mu.Lock()
		p.batch, p.err, p.full = b, err, true
		p.mu.Unlock()
		ready(false)
		if err != nil {
			return
		}
		select {
		case <-p.taken:
		case <-p.ctx.Done():
			return
		}
	}
}

// Next returns the batch that waits. It is called under transport.Done only,
// so it never waits itself.
func (p *puller) Next(ctx context.Context, into []*transport.Frame) (transport.Batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.full:
		return transport.Batch{}, ctx.Err()
	case p.err != nil:
		return transport.Batch{}, p.err
	}
	b := p.batch
	b.Frames = append(into, b.Frames...)
	p.batch, p.full = transport.Batch{}, false
	p.taken <- struct{}{}
	return b, nil
}
