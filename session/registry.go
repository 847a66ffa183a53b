package session

import (
	"sync"
	"time"

	"github.com/everwire/everwire/transport"
)

// maxTombstones bounds the ended sessions that are remembered.
const maxTombstones = 65_536

// burstSeconds is how many seconds' worth of openings one address may make at
// once.
const burstSeconds = 10

// maxAddrs is how many addresses have their openings counted before those that
// have nothing to count are forgotten.
const maxAddrs = 16_384

// A registry finds sessions by id, by the key of their opening and by ticket,
// and remembers for one resume window those that have ended. It is on the way
// of openings, polls and ends, never of an event on a stream.
type registry struct {
	window time.Duration

	mu sync.RWMutex
	// Guarded by mu.
	ids      map[string]*Session
	keys     map[string]*opening
	tickets  map[string]*Session
	tombs    map[string]tomb // by id and by key
	order    []string        // of tombs, oldest first
	addrs    map[string]*addr
	addrsAt  int  // above maxAddrs: with so many of them addrs are forgotten
	pending  int  // openings without a verdict
	live     int  // sessions that are there, or whose handlers are not done
	draining bool // no openings any more
	empty    chan struct{}
}

// A tomb is what is remembered of a session that has ended.
type tomb struct {
	why  *transport.CloseError
	till int64
}

// addr is what one client address has.
type addr struct {
	sessions int
	live     int // sessions, and those that have ended, but whose handlers are not done
	openings bucket
}

func newRegistry(window time.Duration) *registry {
	return &registry{
		window:  window,
		ids:     make(map[string]*Session),
		keys:    make(map[string]*opening),
		tickets: make(map[string]*Session),
		tombs:   make(map[string]tomb),
		addrs:   make(map[string]*addr),
		empty:   make(chan struct{}),
	}
}

// byID looks at the clock for those only that have ended: it costs more than the
// rest.
func (g *registry) byID(id string, now func() int64) (*Session, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if s := g.ids[id]; s != nil {
		return s, nil
	}
	if t, ok := g.tombs[id]; ok && now() < t.till {
		return nil, gone(t.why)
	}
	return nil, transport.ErrUnknown
}

func (g *registry) byTicket(t string) *Session {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.tickets[t]
}

func (g *registry) addTicket(t string, s *Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tickets[t] = s
}

func (g *registry) removeTicket(t string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.tickets, t)
}

// decided is the verdict of all openings that have one.
var decided = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// opening returns the opening of a key and the channel that is closed when its
// verdict is there; nil where the caller has to bring that.
func (g *registry) opening(key, from string, opts *Options, now int64) (o *opening, verdict <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.tombs[key]; ok && now < t.till {
		return nil, nil, gone(t.why)
	}
	if o := g.keys[key]; o != nil {
		if o.verdict == decided {
			return o, decided, nil
		}
		if o.legs >= maxLegs {
			return nil, nil, transport.ErrBusy
		}
		o.legs++
		if o.verdict == nil {
			o.verdict = make(chan struct{})
		}
		return o, o.verdict, nil
	}
	a, err := g.admit(from, opts, now)
	if err != nil {
		return nil, nil, err
	}
	a.sessions++
	a.live++
	g.pending++
	o = &opening{addr: from}
	g.keys[key] = o
	return o, nil, nil
}

// admit keeps the bounds for new sessions. g.mu is held.
func (g *registry) admit(from string, opts *Options, now int64) (*addr, error) {
	if g.draining {
		return nil, transport.ErrDrain
	}
	if full(len(g.ids)+g.pending, g.live+g.pending, opts.MaxSessions) {
		return nil, transport.ErrSessions
	}
	a := g.addrs[from]
	if a == nil {
		if len(g.addrs) >= max(maxAddrs, g.addrsAt) {
			g.forgetAddrs(now, opts.OpeningsPerSecond)
		}
		a = new(addr)
		a.openings.seenAt = now
		g.addrs[from] = a
	}
	if full(a.sessions, a.live, opts.MaxSessionsPerAddr) {
		return nil, transport.ErrSessions
	}
	if !a.openings.takeBurst(now, opts.OpeningsPerSecond, burstSeconds) {
		return nil, transport.ErrRate
	}
	return a, nil
}

// full reports whether there is no place for a session. live has those as well
// that have ended, but whose handlers are not done: they hold what waits for
// these. A page that is reloaded does not wait for them, so they do not take the
// places of others, but there are no more of them than of these.
func full(sessions, live, limit int) bool {
	return sessions >= limit || live-limit >= limit
}

// forgetAddrs forgets addresses without sessions whose rate has recovered. The
// next time is when there are twice as many as are left: it looks at all of them,
// so that has to be seldom. g.mu is held.
func (g *registry) forgetAddrs(now int64, rate int) {
	for name, a := range g.addrs {
		if a.openings.fill(now, rate); a.sessions == 0 && a.live == 0 && a.openings.spent == 0 {
			delete(g.addrs, name)
		}
	}
	g.addrsAt = 2 * len(g.addrs)
}

// giveUp takes back a leg that waits for a verdict.
func (g *registry) giveUp(o *opening) {
	g.mu.Lock()
	defer g.mu.Unlock()
	o.legs--
}

// decide brings the verdict on an opening: a session, or an error, after which
// the key is unknown again. It returns the verdict, which is an error for a
// session that comes too late: the server drains, or the leg is gone and no
// other waits, so nobody is there to be answered.
func (g *registry) decide(o *opening, key string, s *Session, gone bool, err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending--
	switch {
	case err != nil:
	case g.draining:
		err = transport.ErrDrain
	case gone && o.legs == 0:
		err = transport.ErrTimeout
	}
	if err != nil {
		delete(g.keys, key)
		g.leave(o.addr)
		g.release(o.addr)
	} else {
		g.ids[s.id] = s
		g.live++
		o.session = s
	}
	o.err = err
	if o.verdict != nil {
		close(o.verdict)
	}
	o.verdict = decided
	return err
}

// leave gives back the place of a session at its address. g.mu is held.
func (g *registry) leave(from string) {
	if a := g.addrs[from]; a != nil {
		a.sessions--
	}
}

// release says that nothing of a session at its address is left. g.mu is held.
func (g *registry) release(from string) {
	if a := g.addrs[from]; a != nil {
		a.live--
	}
}

// remove takes out a session that has ended and remembers why. It reports
// whether the session was there.
func (g *registry) remove(s *Session, now int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ids[s.id] != s {
		return false
	}
	delete(g.ids, s.id)
	delete(g.keys, s.key)
	g.leave(s.addr)
	for len(g.order) > 0 && (g.tombs[g.order[0]].till <= now || len(g.order) >= 2*maxTombstones) {
		delete(g.tombs, g.order[0])
		g.order[0] = ""
		g.order = g.order[1:]
	}
	t := tomb{s.err, now + int64(g.window)}
	for _, name := range []string{s.id, s.key} {
		g.tombs[name] = t
		g.order = append(g.order, name)
	}
	return true
}

// done says that the last handler of a session that has ended has returned.
func (g *registry) done(s *Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.release(s.addr)
	if g.live--; g.draining && g.live == 0 {
		g.signalEmpty()
	}
}

// signalEmpty says that a draining server has no sessions left, and none of
// their handlers runs. g.mu is held.
func (g *registry) signalEmpty() {
	select {
	case <-g.empty:
	default:
		close(g.empty)
	}
}

// drain refuses openings from now on and returns the sessions that are left.
// It reports false if that has been done before.
func (g *registry) drain() (left []*Session, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	first = !g.draining
	g.draining = true
	if g.live == 0 {
		g.signalEmpty()
	}
	for _, s := range g.ids {
		left = append(left, s)
	}
	return left, first
}
