package websocket

import (
	"context"
	"sync"

	"github.com/everwire/everwire/internal/socket"
)

// A life is the context of a connection: it is done when that has ended. The
// channel is made for who waits on it, which hardly anybody does.
type life struct {
	context.Context // of the request, for its values

	mu   sync.Mutex
	over bool
	done chan struct{} // nil: nobody has asked for it
}

// newLife returns a life with the values of ctx, but not its end.
func newLife(ctx context.Context) *life {
	return &life{Context: context.WithoutCancel(ctx)}
}

// Done returns the channel that is closed at the end.
func (l *life) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.over {
			close(l.done)
		}
	}
	return l.done
}

// Err returns context.Canceled after the end.
func (l *life) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return context.Canceled
	}
	return nil
}

// end ends the life. Idempotent.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	if l.done != nil {
		close(l.done)
	}
}

// An impatient life has the welcome written when somebody begins to wait for its
// end: that is a Take without room, and no time to wait for what OnConnect emits.
type impatient struct {
	*life
	writer *socket.Writer
}

// Done returns the channel that is closed at the end.
func (l impatient) Done() <-chan struct{} {
	l.writer.Note()
	return l.life.Done()
}
