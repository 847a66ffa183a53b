package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/faultnet"
	"github.com/everwire/everwire/internal/wireclient"
)

// A config is a way to use the transports.
type config struct {
	name string
	open []string   // legs of the opening; several race
	move [][]string // what a move may be
	rare bool       // moves are rare
}

var configs = []config{
	{name: "polling", open: []string{wireclient.Polling}, move: [][]string{{wireclient.Polling}}, rare: true},
	{name: "longpoll", open: []string{wireclient.LongPoll}, move: [][]string{{wireclient.LongPoll}}, rare: true},
	{name: "sse", open: []string{wireclient.SSE}, move: [][]string{{wireclient.SSE}}, rare: true},
	{name: "websocket", open: []string{wireclient.WebSocket}, move: [][]string{{wireclient.WebSocket}}, rare: true},
	{name: "free", move: [][]string{
		{wireclient.Polling}, {wireclient.LongPoll}, {wireclient.SSE}, {wireclient.WebSocket},
		{wireclient.WebSocket, wireclient.SSE},
		{wireclient.LongPoll, wireclient.WebSocket},
		{wireclient.WebSocket, wireclient.WebSocket},
		{wireclient.Polling, wireclient.LongPoll, wireclient.SSE, wireclient.WebSocket},
	}},
}

// openings are the races that "free" opens with.
var openings = [][]string{
	{wireclient.Polling},
	{wireclient.SSE},
	{wireclient.LongPoll, wireclient.WebSocket},
	{wireclient.WebSocket, wireclient.LongPoll},
	{wireclient.WebSocket, wireclient.SSE},
	{wireclient.SSE, wireclient.WebSocket, wireclient.Polling, wireclient.WebSocket},
}

// Events each way, of each seed, and seeds of each configuration: together more
// than 10,000 each way for each configuration.
const (
	eventsPerSeed = 2500
	seeds         = 6
)

// TestDelivery is the promise: what either end emits the other receives, all of
// it, once, in order, whatever the network does and however often the transport
// changes.
func TestDelivery(t *testing.T) {
	list, events := make([]uint64, 0, seeds), eventsPerSeed
	for i := range uint64(seeds) {
		list = append(list, i+1)
	}
	switch {
	case *seedFlag != 0:
		list = []uint64{*seedFlag}
	case testing.Short():
		list = list[:1]
	case raceEnabled:
		list, events = list[:2], events/3
	}
	for _, cfg := range configs {
		t.Run(cfg.name, func(t *testing.T) {
			for _, seed := range list {
				t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { deliver(t, cfg, seed, events) })
				})
			}
		})
	}
}

// deliver is one run: emits, moves and faults side by side; then the faults
// stop, and everything has to arrive.
func deliver(t *testing.T, cfg config, seed uint64, events int) {
	name := fmt.Sprintf("run again with: go test ./internal/delivery -run 'TestDelivery/%s' -delivery.seed=%d", cfg.name, seed)
	r := rand.New(rand.NewPCG(seed, 1))
	script := faultnet.NewScript(seed, 0.5+r.Float64()) // some networks are worse
	sopt := everwire.Options{QueueBytes: 8 << 20, Heartbeat: time.Duration(5+r.IntN(20)) * time.Second}
	if seed%4 == 2 {
		sopt.FramesPerSecond = 60 // less than there are: the server takes a part and asks for a pause
	}
	w := newWorld(t, name, network{exchange: script.Exchange, conn: script.Conn, http2: seed%3 == 0}, sopt,
		wireclient.Options{Seed: seed, Timeout: 4 * time.Second, Text: seed%4 == 1, Flat: seed%5 == 2, Wait: time.Duration(1+r.IntN(25)) * time.Second})
	w.slow = seed % 2 * 100
	d := &driver{world: w, cfg: cfg, stop: make(chan struct{})}
	defer func() {
		w.close()
		d.calls.Wait()
	}()

	open := cfg.open
	if open == nil {
		open = openings[r.IntN(len(openings))]
	}
	d.emitUp(rand.New(rand.NewPCG(seed, 2)), 0, 5) // before there is a session
	w.client.Open(open...)
	if err := w.client.Opened(within(t, 3*time.Minute)); err != nil {
		w.errorf("not opened: %v", err)
		return
	}
	var emitters, mover sync.WaitGroup
	emitters.Go(func() { d.emitUp(rand.New(rand.NewPCG(seed, 3)), 1000, 1000+events) })
	emitters.Go(func() { d.emitDown(rand.New(rand.NewPCG(seed, 4)), events) })
	mover.Go(func() { d.move(rand.New(rand.NewPCG(seed, 5))) })
	emitters.Wait()
	close(d.stop)
	mover.Wait()
	script.Heal()
	d.settle(script)
	if !d.hasFailed() {
		d.end(r)
	}
	d.giveUp()
}

// A driver makes a world's two apps and its client do things.
type driver struct {
	*world
	cfg      config
	stop     chan struct{}
	upCalls  atomic.Int64 // client's calls that wait for their ack
	upDone   atomic.Int64
	downDone atomic.Int64
	asked    atomic.Int64 // server's calls
	calls    sync.WaitGroup
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// queued bounds what is emitted and has not arrived, far below the bound at
// which the server would end the session.
const queued = 2 << 20

// rest pauses between bursts, and reports false where there is to be no other:
// mostly shortly, at times for so long that streams
// get their heartbeats and polls their longest intervals.
func (d *driver) rest(r *rand.Rand, h *history) bool {
	pause := time.Duration(r.IntN(200)) * time.Millisecond
	switch n := r.IntN(100); {
	case n == 0:
		pause = time.Duration(r.IntN(40)) * time.Second
	case n < 10:
		pause = time.Duration(r.IntN(3000)) * time.Millisecond
	}
	for range 1200 {
		select {
		case <-d.broken:
			return false
		case <-time.After(pause):
		}
		if h.waiting() < queued {
			return true
		}
		pause = 100 * time.Millisecond
	}
	d.errorf("%d bytes are stuck", h.waiting())
	d.giveUp()
	return false
}

// burst returns how many events are emitted together, and how large the last
// few of them are at least.
func burst(r *rand.Rand) (n, large int) {
	if r.IntN(50) == 0 {
		return 12, 30 << 10
	}
	return 1 + r.IntN(20), 0
}

// emitUp emits from the client, the numbers from i to n and a few more.
func (d *driver) emitUp(r *rand.Rand, i, n int) {
	for i < n {
		count, large := burst(r)
		for range count {
			if err := d.emitOneUp(r, uint64(i), large); err != nil {
				d.errorf("client: emit %d: %v", i, err)
				d.giveUp()
				return
			}
			i++
		}
		if !d.rest(r, d.up) {
			return
		}
	}
}

func (d *driver) emitOneUp(r *rand.Rand, num uint64, large int) error {
	c := d.client
	switch n := r.IntN(100); {
	case n < 60:
		p := jsonPayload(r, num, large)
		return d.up.send(fingerprint("ev", false, p), func() error { return c.Emit("ev", p) })
	case n < 85:
		p := bytesPayload(r, num, large)
		return d.up.send(fingerprint("bin", true, p), func() error { return c.EmitBytes("bin", p) })
	case n < 92:
		p := jsonPayload(r, num, large)
		d.upCalls.Add(1)
		return d.up.send(fingerprint("ask", false, p), func() error {
			return c.Call("ask", p, func(e wireclient.Event, err error) { d.acked(num, p, false, e, err) })
		})
	case n < 97:
		p := bytesPayload(r, num, large)
		d.upCalls.Add(1)
		return d.up.send(fingerprint("askbin", true, p), func() error {
			return c.CallBytes("askbin", p, func(e wireclient.Event, err error) {
				d.acked(num, append([]byte("re:"), p...), true, e, err)
			})
		})
	}
	c.Volatile("vol", fmt.Append(nil, num))
	return nil
}

// acked takes the ack to a call of the client.
func (d *driver) acked(num uint64, want []byte, bin bool, e wireclient.Event, err error) {
	d.upDone.Add(1)
	if err != nil || e.Binary != bin || !bytes.Equal(e.Data, want) {
		d.errorf("ack to call %d: %v, %d bytes, want %d", num, err, len(e.Data), len(want))
	}
}

func (d *driver) emitDown(r *rand.Rand, n int) {
	s := d.serverSession()
	for i := 0; i < n; {
		count, large := burst(r)
		for range count {
			if err := d.emitOneDown(r, s, uint64(i), large); err != nil {
				d.errorf("server: emit %d: %v", i, err)
				d.giveUp()
				return
			}
			i++
		}
		if !d.rest(r, d.down) {
			return
		}
	}
}

func (d *driver) emitOneDown(r *rand.Rand, s *everwire.Session, num uint64, large int) error {
	switch n := r.IntN(100); {
	case n < 60:
		p := jsonPayload(r, num, large)
		return d.down.send(fingerprint("ev", false, p), func() error { return s.Emit("ev", p) })
	case n < 85:
		p := bytesPayload(r, num, large)
		return d.down.send(fingerprint("bin", true, p), func() error { return s.Emit("bin", p) })
	case n < 97:
		p := jsonPayload(r, num, large)
		d.asked.Add(1)
		d.calls.Go(func() { d.call(s, num, p) })
		return nil
	}
	return s.Volatile("vol", num)
}

// call is one call of the server.
func (d *driver) call(s *everwire.Session, num uint64, p []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	var answer rawJSON
	err := s.Call(ctx, "ask", rawJSON(p), &answer)
	d.downDone.Add(1)
	var refusal *everwire.Refusal
	select {
	case <-d.broken:
		return // the run has failed already
	default:
	}
	switch {
	case num%5 == 3 && errors.As(err, &refusal) && refusal.Code == "no" && refusal.Text == fmt.Sprint(num):
	case num%5 != 3 && err == nil && bytes.Equal(answer, p):
	default:
		d.errorf("server's call %d: %v, %d bytes, want %d", num, err, len(answer), len(p))
	}
}

// move moves the client and drops its connections until the emitters are done.
func (d *driver) move(r *rand.Rand) {
	for {
		pause := time.Duration(r.IntN(2500)) * time.Millisecond
		if d.cfg.rare {
			pause *= 6
		}
		select {
		case <-d.stop:
			return
		case <-time.After(pause):
		}
		if r.IntN(8) == 0 {
			d.client.Drop()
			continue
		}
		d.client.Move(d.cfg.move[r.IntN(len(d.cfg.move))]...)
	}
}

// settle waits until everything has arrived and every call is answered, and
// checks that it has.
func (d *driver) settle(script *faultnet.Script) {
	// What went half-open before the faults stopped is found out by heartbeats.
	const patience = 2 * time.Minute
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) && !d.done() {
		select {
		case <-d.broken:
			deadline = time.Now()
		case <-time.After(100 * time.Millisecond):
		}
	}
	for what, h := range map[string]*history{"up": d.up, "down": d.down} {
		if diff := h.differ(); diff != "" {
			d.errorf("%s: %s", what, diff)
		}
	}
	if n, want := d.upDone.Load(), d.upCalls.Load(); n != want {
		d.errorf("client: %d acks to %d calls", n, want)
	}
	if n, want := d.downDone.Load(), d.asked.Load(); n != want {
		d.errorf("server: %d acks to %d calls", n, want)
	}
	for num, n := range d.down.calls {
		if n != 1 {
			d.errorf("the server's call %d was handled %d times", num, n)
		}
	}
	if n, want := len(d.down.calls), int(d.asked.Load()); n != want {
		d.errorf("the client handled %d of %d calls", n, want)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	carried := make(map[string]int)
	opened := 0
	for _, c := range d.changes {
		switch c.What {
		case "carried":
			carried[c.Name]++
		case "open":
			opened++
		default:
			d.wrong++
			d.t.Errorf("%s: the session was not kept: %s: %v", d.name, c.What, c.Err)
		}
	}
	if d.connects != 1 || opened != 1 || len(d.ends) != 0 {
		d.wrong++
		d.t.Errorf("%s: OnConnect ran %d times, the client opened %d sessions, OnDisconnect ran %d times: want 1, 1, 0", d.name, d.connects, opened, len(d.ends))
	}
	if d.wrong > 0 || testing.Verbose() {
		d.t.Logf("up %d of %d, down %d of %d, calls %d and %d, carried by %v, faults %v",
			len(d.up.recv), len(d.up.sent), len(d.down.recv), len(d.down.sent), d.upCalls.Load(), d.asked.Load(), carried, script.Counts())
	}
}

// done reports whether everything has arrived.
func (d *driver) done() bool {
	return d.up.complete() && d.down.complete() &&
		d.upDone.Load() == d.upCalls.Load() && d.downDone.Load() == d.asked.Load() && d.client.Unconfirmed() == 0
}

// end looks into both queues, closes the session, and sees the server's app
// hear of it once.
func (d *driver) end(r *rand.Rand) {
	// A confirm takes 10 s at most, but may have to find out first that what it
	// goes over has been half-open since before the faults stopped.
	time.Sleep(2 * time.Minute)
	if n := d.client.Unconfirmed(); n != 0 {
		d.errorf("the client's queue holds %d frames", n)
	}
	id, got := d.client.ID(), d.client.Got()
	byClient := r.IntN(2) == 0
	if byClient {
		if err := d.client.Close(within(d.t, 30*time.Second)); err != nil {
			d.errorf("close: %v", err)
		}
	} else {
		d.client.Stop() // it is gone: what the server still has must not be owed to it
		d.queueEmpty(id, got)
	}
	d.calls.Wait()
	time.Sleep(time.Second)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.connects != 1 || len(d.ends) != 1 {
		d.t.Errorf("%s: after the close OnConnect ran %d times, OnDisconnect %d times (%v): want 1 and 1", d.name, d.connects, len(d.ends), d.ends)
	}
}

// queueEmpty attaches as a client that has received nothing: the server sends
// what it has not forgotten (rules R3, R4), which has to be nothing. Then it
// closes the session.
func (d *driver) queueEmpty(id string, got uint64) {
	status, answer := d.post("polling", fmt.Sprintf(`[20,{"id":%q,"n":1000000,"ticket":1}]`, id))
	if status != 200 || len(answer) != 1 || !strings.HasPrefix(answer[0], "[21,") {
		d.errorf("the server's queue should be empty behind %d: status %d, %d lines: %.200q", got, status, len(answer), answer)
	}
	seq := d.upSeq(answer)
	status, _ = d.post("send", fmt.Sprintf(`[20,{"id":%q,"r":1000000,"seq":%d}]`, id, seq+1), `[9,4000,"bye"]`)
	if status != 200 {
		d.errorf("close by send: status %d", status)
	}
}

// took notes what arrived at one end. Some of the server's handlers take their
// time, so that what waits for them fills their queue.
func (w *world) took(h *history, e entry) {
	if !h.received(e) {
		w.giveUp()
	}
	if h == w.up && w.slow != 0 && e.print%w.slow == 0 {
		time.Sleep(time.Duration(e.print>>32%2000) * time.Millisecond)
	}
}
