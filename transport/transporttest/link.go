package transporttest

import (
	"context"
	"errors"
	"time"

	"github.com/everwire/everwire/transport"
)

// A Link is what a Door gives out.
type Link struct {
	d *Door

	// Guarded by d.mu.
	cursor uint64 // number of the next counted frame to hand out
	err    error  // why Next ends
	inNext bool
	wakeup chan struct{} // closed by the next signal; nil while nobody waits
	ready  func(now bool)
	armed  bool
	closed int
	why    error
}

var (
	_ transport.Link     = (*Link)(nil)
	_ transport.Notifier = (*Link)(nil)
	_ transport.Holder   = (*Link)(nil)
)

// Next waits for frames; see transport.Link.
func (l *Link) Next(ctx context.Context, into []*transport.Frame) (transport.Batch, error) {
	d := l.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.inNext {
		d.tb.Error("Link.Next is called by two goroutines at a time")
	}
	l.inNext = true
	defer func() { l.inNext = false }()
	for {
		if l.err != nil {
			return transport.Batch{}, l.err
		}
		if b := l.take(into[:0]); len(b.Frames) > 0 {
			l.armed = !b.More
			return b, nil
		}
		l.armed = true
		if err := ctx.Err(); err != nil {
			return transport.Batch{}, err
		}
		if l.wakeup == nil {
			l.wakeup = make(chan struct{})
		}
		wakeup := l.wakeup
		d.mu.Unlock()
		select {
		case <-wakeup:
		case <-ctx.Done():
		}
		d.mu.Lock()
	}
}

// Hold is Next for a time; see transport.Holder.
func (l *Link) Hold(ctx context.Context, d time.Duration) (transport.Batch, error) {
	held, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	b, err := l.Next(held, nil)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return b, err
}

// take appends what is ready to into. d.mu is held.
func (l *Link) take(into []*transport.Frame) transport.Batch {
	d := l.d
	l.cursor = max(l.cursor, d.confirmed+1)
	b := transport.Batch{Seq: l.cursor, Frames: into}
	for counted := 0; ; counted++ {
		for len(d.loose) > 0 && d.loose[0].behind < l.cursor {
			b.Frames = append(b.Frames, d.loose[0].frame)
			d.loose = d.loose[1:]
		}
		if l.cursor > uint64(len(d.down)) {
			return b
		}
		if counted == d.BatchFrames {
			b.More = true
			return b
		}
		b.Frames = append(b.Frames, d.down[l.cursor-1])
		l.cursor++
	}
}

// Notify sets what is called once when there are frames; see
// transport.Notifier.
func (l *Link) Notify(ready func(now bool)) {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	l.ready, l.armed = ready, true
	if l.err != nil || l.cursor <= uint64(len(l.d.down)) || len(l.d.loose) > 0 {
		l.signal()
	}
}

// Confirm forgets what the client has; see transport.Link.
func (l *Link) Confirm(seq uint64) error {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	if seq > uint64(len(l.d.down)) {
		return transport.ErrConfirm
	}
	l.d.confirm(seq)
	l.d.changed.Broadcast()
	return nil
}

// Deliver takes frames that came in; see transport.Link.
func (l *Link) Deliver(ctx context.Context, b transport.Batch) error {
	d := l.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stuck {
		d.mu.Unlock()
		<-ctx.Done()
		d.mu.Lock()
		return ctx.Err()
	}
	for _, f := range b.Frames {
		if f.Kind == transport.KindHello {
			return transport.ErrHello
		}
	}
	d.take(b)
	d.changed.Broadcast()
	return nil
}

// Close notes that the connection has ended; see transport.Link.
func (l *Link) Close(err error) {
	d := l.d
	d.mu.Lock()
	defer d.mu.Unlock()
	l.closed++
	l.why = err
	l.ready = nil
	if l.err == nil {
		l.err = transport.ErrReplaced
	}
	if d.carrier == l {
		d.carrier = nil
	}
	d.changed.Broadcast()
}

// Closed returns how often Close was called.
func (l *Link) Closed() int {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	return l.closed
}

// finish ends the link. d.mu is held.
func (l *Link) finish(err error) {
	if l.err == nil {
		l.err = err
		l.signal()
	}
}

// signal wakes whoever waits for the link. d.mu is held.
func (l *Link) signal() {
	if l.wakeup != nil {
		close(l.wakeup)
		l.wakeup = nil
	}
	if l.armed && l.ready != nil {
		l.armed = false
		l.ready(false)
	}
}
