package transport

import (
	"context"
	"net/http"
	"time"
)

// A Transport is a way to carry frames between a client and a session. It is a
// value without a state of its own for sessions; one serves all of them.
type Transport interface {
	// Name returns the last element of the transport's path, which is also its
	// name in the protocol: "polling", "longpoll", "sse", "websocket".
	Name() string

	// Serve carries a session over one HTTP exchange: it reads the hello, hands
	// it in at the door, and moves frames between the exchange and the link
	// until either ends. It answers every fault itself; the error is for the
	// log. A transport that takes the connection over (hijacks it) may return
	// while the connection goes on. It closes every link that it got.
	Serve(w http.ResponseWriter, r *http.Request, d Door) error
}

// A Door is where connections become links of sessions. The session server is
// one; front-ends for foreign wires come in by it, too.
type Door interface {
	// Attach opens or finds the session that the hello names, takes the frames
	// that came with the hello, and, where the hello has an attach number,
	// makes the caller's connection the one that carries the session: an
	// older link's Next returns ErrReplaced. Where the hello has none the link
	// delivers only.
	//
	// Either all of it happens or, with an error (a *CloseError), nothing.
	// Frames that did not fit are left out of the welcome's Got, and its Pause
	// is set. The frames may be kept, the slice up.Frames is the caller's. r gives the session its headers, cookies and context values; its
	// context bounds the wait for another leg's Authorize.
	Attach(r *http.Request, h Hello, up Batch) (Link, Welcome, error)

	// Limits returns the bounds for what a transport reads and writes.
	Limits() Limits
}

// A Link is a session's end of one connection. Next is called by one goroutine
// at a time; everything else is safe for concurrent use.
type Link interface {
	// Next waits for frames and appends them to into[:0], a slice of the
	// caller. Frames that are ready win over cancellation: under a ctx that is
	// done it returns what there is, or the ctx's error where there is nothing.
	// After a takeover it returns ErrReplaced; at the end of the session the
	// *CloseError of that end, CodeNormal where everything has been confirmed.
	Next(ctx context.Context, into []*Frame) (Batch, error)

	// Confirm says that the peer has everything up to seq; the queue forgets it.
	// The error is ErrConfirm for a number that has not been sent.
	Confirm(seq uint64) error

	// Deliver takes frames that came in. Duplicates by number are dropped here,
	// once for all transports; a link that has been replaced still delivers. It
	// waits while the session's queue is full; under a ctx that is done it
	// takes what fits and returns the ctx's error. Other errors are
	// *CloseErrors, after which the connection ends. The frames may be kept,
	// the slice b.Frames is the caller's.
	Deliver(ctx context.Context, b Batch) error

	// Close says that the connection has ended, err why (nil: as planned).
	// Idempotent.
	Close(err error)
}

// A Notifier is a Link that can do without a goroutine that waits in Next.
type Notifier interface {
	// Notify sets the function that is called once when there is something
	// that the last Next, under a ctx that was done, had not returned. It may
	// run under locks of the session: it only takes note and returns. With now
	// it does not, and the goroutine has nothing better to do: it may call Next
	// and write, as long as it does not wait.
	Notify(ready func(now bool))
}

// A Holder is a Link that has a clock of its own for a wait that is to end.
type Holder interface {
	// Hold is Next for d at the most: then it returns a batch without frames, and
	// no error.
	Hold(ctx context.Context, d time.Duration) (Batch, error)
}

// A Lender is a Link that can spare frames for a moment, in which they are copied
// to a connection: then they need not be kept for whoever might have them.
type Lender interface {
	// Borrow is Next under Done. If there is no error the session stands still
	// until Return, and the frames are good until then.
	Borrow(into []*Frame) (Batch, error)

	// Return ends what Borrow began, once for each that had no error.
	Return()
}

// A Settler is a Link that knows when what came in has been handled.
type Settler interface {
	// Settle waits until the handlers of everything that has come in have
	// returned, or ctx is done.
	Settle(ctx context.Context)
}

// A Gatherer is a Link that knows when its client is answered so often that it is
// better off with fewer and fuller answers.
type Gatherer interface {
	// Gather returns for how long an answer should wait although frames may be
	// ready. It is 0 but for a client that has many frames a second.
	Gather() time.Duration
}

// A Runner is a Link whose handlers may run on the goroutine that reads: that
// saves a goroutine for every event.
type Runner interface {
	// Take is Deliver that starts no goroutine for the handlers. With lent the
	// caller has to call Run, after as many more Takes as it likes. Frames whose
	// handlers are done are freed (Frame.Free).
	Take(ctx context.Context, b Batch) (lent bool, err error)

	// Run runs the handlers of what was taken, until none waits. A handler may
	// take its time, or wait for this very client: so over is called then,
	// once at the most, and has to see to it that another goroutine reads on. It
	// must not wait, may run under locks of the session, and Run reports it.
	Run(over func()) (calledOver bool)
}

// A Batch is a run of frames in one direction.
type Batch struct {
	Seq    uint64   // number of the first counted frame; the rest count on from it
	Frames []*Frame // counted and uncounted ones, in their order
	More   bool     // down: frames are ready that did not fit into this batch
}

// After returns the number that the next counted frame behind the batch has.
func (b Batch) After() uint64 {
	n := b.Seq
	for _, f := range b.Frames {
		switch {
		case f.Kind == KindMark:
			n = f.Num
		case f.Kind.Counted():
			n++
		}
	}
	return n
}

// A Counter numbers the counted frames that are written to one stream.
type Counter struct {
	next uint64
}

// NewCounter returns a counter for a stream whose welcome stated seq.
func NewCounter(seq uint64) Counter { return Counter{next: seq} }

// Take counts the frames of b as written. It returns the mark that has to be
// written before them, nil where the count implies their numbers
// (PROTOCOL.md, rule R6).
func (c *Counter) Take(b Batch) *Frame {
	var mark *Frame
	for _, f := range b.Frames {
		if f.Kind.Counted() {
			if b.Seq != c.next {
				mark = &Frame{Kind: KindMark, Num: b.Seq}
			}
			c.next = b.After()
			break
		}
	}
	return mark
}
