//go:build linux

package run

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/everwire/everwire/bench/control"
	"github.com/everwire/everwire/bench/internal/load"
	"github.com/everwire/everwire/bench/internal/stat"
)

// Sizes says how much is measured.
type Sizes struct {
	Sessions int           // of a WebSocket broadcast, and of a storm
	HTTP     int           // of an SSE or long-poll broadcast
	Seconds  float64       // CPU time of the server that a broadcast should cost, about
	Echoes   int           // round trips of each of 50 sessions
	Growth   []int         // sizes of a room
	Missed   int           // events that resuming sessions have missed
	Idle     time.Duration // how long idle connections are watched
	Rounds   int
}

// A stretch is what is measured between two looks at the clocks.
type stretch struct {
	r    *Runner
	s    *server
	cpu  time.Duration
	self time.Duration
	used time.Duration
	all  time.Duration
	wall time.Time
}

func (r *Runner) begin(s *server) (*stretch, error) {
	m := &stretch{r: r, s: s, wall: time.Now()}
	var err error
	if m.used, m.all, err = busy(); err != nil {
		return nil, err
	}
	if r.Profile != "" {
		r.profiles++
		if err := s.tell("cpu %s", filepath.Join(r.Profile, fmt.Sprintf("%03d-%s.prof", r.profiles, r.now))); err != nil {
			return nil, err
		}
	}
	m.self = selfCPU()
	m.cpu, err = s.cpu()
	return m, err
}

// end returns the CPU time that the server has used since begin, and notes what processes that are not ours have used.
func (m *stretch) end() (time.Duration, error) {
	now, err := m.s.cpu()
	if err != nil {
		return 0, err
	}
	used, all, err := busy()
	if err != nil {
		return 0, err
	}
	if m.r.Profile != "" {
		if err := m.s.tell("stop"); err != nil {
			return 0, err
		}
		if _, err := m.s.answer(); err != nil {
			return 0, err
		}
	}
	d := now - m.cpu
	if passed := all - m.all; passed >= 200*time.Millisecond { // ticks are 10 ms
		others := (used - m.used) - d - (selfCPU() - m.self)
		m.r.others = append(m.r.others, max(0, float64(others)/float64(passed)))
	}
	return d, nil
}

const patience = 60 * time.Second

// broadcastJob opens sessions in two steps and measures, of one server: the storm of openings, the memory of an idle
// session, a broadcast with one under way and one with sixteen.
func (r *Runner) broadcastJob(t *table, p *Peer, transport string, sessions int) error {
	return r.crowd(p, p.Command, p.Protocols[transport], func(c *load.Crowd, s *server) error {
		few := sessions / 10
		warm := func() error { return c.Broadcast(10, 1, s.broadcast, patience) }
		if err := step("open", c.Open(few, 32, patience), warm); err != nil {
			return err
		}
		base, err := r.memory(c, s)
		if err != nil {
			return err
		}
		m, err := r.begin(s)
		if err != nil {
			return err
		}
		if err := c.Open(sessions, 64, patience); err != nil {
			return fmt.Errorf("storm: %w", err)
		}
		d, err := m.end()
		if err != nil {
			return err
		}
		t.add(p.Name, "setup", micros(d)/float64(sessions))
		if err := warm(); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
		full, err := r.memory(c, s)
		if err != nil {
			return err
		}
		t.add(p.Name, "idle", float64(full-base)/1024/float64(sessions))
		n := sessions + few
		about := 5.0
		if transport == "longpoll" {
			about = 20
		}
		if err := r.delivery(t, p, "W1", c, s, n, 1, about); err != nil {
			return err
		}
		return r.delivery(t, p, "W16", c, s, n, 16, 2.5)
	})
}

func step(what string, err error, next func() error) error {
	if err == nil {
		err = next()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// memory lets the server rest, collects its garbage and returns what it holds.
func (r *Runner) memory(c *load.Crowd, s *server) (int64, error) {
	c.Rest()
	if err := c.Wait(300 * time.Millisecond); err != nil {
		return 0, err
	}
	if err := s.collect(); err != nil {
		return 0, err
	}
	return s.rss()
}

// delivery measures broadcasts to n sessions. about is what a delivery costs, in microseconds: it sets how many events
// are sent.
func (r *Runner) delivery(t *table, p *Peer, column string, c *load.Crowd, s *server, n, window int, about float64) error {
	events := max(3*window, int(r.Sizes.Seconds*1e6/about/float64(n)))
	warm := max(events/5, 20_000/n) // Node compiles what has run often enough
	if err := c.Broadcast(max(window, warm), window, s.broadcast, patience); err != nil {
		return fmt.Errorf("%s, warm-up: %w", column, err)
	}
	m, err := r.begin(s)
	if err != nil {
		return err
	}
	if err := c.Broadcast(events, window, s.broadcast, patience); err != nil {
		return fmt.Errorf("%s: %w", column, err)
	}
	d, err := m.end()
	if err != nil {
		return err
	}
	t.add(p.Name, column, micros(d)/float64(events*n))
	return nil
}

// repeat is how long a job goes on for what should not come any more: a repeat of the last event.
const repeat = 20 * time.Millisecond

// crowd starts a server, runs a job with a crowd that has no sessions yet, and ends both.
func (r *Runner) crowd(p *Peer, command []string, protocol load.Protocol, run func(*load.Crowd, *server) error) error {
	s, err := r.serve(p, command)
	if err != nil {
		return err
	}
	defer s.stop()
	loop, err := load.NewLoop()
	if err != nil {
		return err
	}
	defer loop.Close()
	c := load.NewCrowd(loop, protocol, s.addr)
	return r.check(c, func() error { return run(c, s) })
}

// serve starts a server of a peer.
func (r *Runner) serve(p *Peer, command []string) (*server, error) {
	s, err := start(r.Dir, command...)
	if err == nil && s.version != "" {
		p.Version = strings.TrimSpace(s.version)
	}
	return s, err
}

// check runs a job and counts all that came, also where it fails. It fails where something was lost or damaged or came
// twice.
func (r *Runner) check(c *load.Crowd, run func() error) error {
	err := run()
	if err == nil {
		err = c.Wait(repeat)
	}
	return r.counted(c, err)
}

// counted adds up what has come to a crowd and adds to err what was wrong with it.
func (r *Runner) counted(c *load.Crowd, err error) error {
	sum := c.Count()
	r.count.Add(sum)
	switch {
	case sum.Whole():
		return err
	case err == nil:
		return fmt.Errorf("of %d events: %s", sum.Got, sum.Faults())
	}
	return fmt.Errorf("%w; of %d events: %s", err, sum.Got, sum.Faults())
}

const (
	talkers = 50
	payload = control.Size
)

// echoJob measures round trips of 50 sessions, each with one under way.
func (r *Runner) echoJob(t *table, p *Peer, typed bool) error {
	command, column := p.Command, "echo"
	if typed {
		column = "typed"
		if p.TypedCommand != nil {
			command = p.TypedCommand
		}
	}
	return r.crowd(p, command, p.Protocols["websocket"], func(c *load.Crowd, s *server) error {
		text := control.Payload
		if typed {
			text = func(n int) string {
				return fmt.Sprintf(`{"id":%d,"user":"ann","text":"%s","at":1700000000000,"tags":["a","bench"]}`, n, control.Payload(n)[:64])
			}
		}
		if err := c.Open(talkers, 50, patience); err != nil {
			return err
		}
		if err := c.Echo(r.Sizes.Echoes/2, typed, text, patience); err != nil {
			return fmt.Errorf("%s, warm-up: %w", column, err)
		}
		c.Echoes = c.Echoes[:0]
		m, err := r.begin(s)
		if err != nil {
			return err
		}
		if err := c.Echo(r.Sizes.Echoes, typed, text, patience); err != nil {
			return fmt.Errorf("%s: %w", column, err)
		}
		d, err := m.end()
		if err != nil {
			return err
		}
		t.add(p.Name, column, micros(d)/float64(r.Sizes.Echoes*talkers))
		t.add(p.Name, column+" p99", micros(stat.Percentile(c.Echoes, 99)))
		return nil
	})
}

// resumeJob drops all sessions, sends events while they are away and lets all come back at once.
func (r *Runner) resumeJob(t *table, p *Peer) error {
	return r.crowd(p, p.ResumeCommand, p.Protocols["websocket"], func(c *load.Crowd, s *server) error {
		n := r.Sizes.Sessions
		warm := func() error { return c.Broadcast(10, 1, s.broadcast, patience) }
		if err := step("open", c.Open(n, 64, patience), warm); err != nil {
			return err
		}
		c.Drop()
		if err := c.Wait(300 * time.Millisecond); err != nil {
			return err
		}
		target := c.Complete() + r.Sizes.Missed
		if err := s.broadcast(r.Sizes.Missed); err != nil {
			return err
		}
		if err := c.Wait(300 * time.Millisecond); err != nil {
			return err
		}
		m, err := r.begin(s)
		if err != nil {
			return err
		}
		if err := c.Resume(target, patience); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		wall := time.Since(m.wall)
		d, err := m.end()
		if err != nil {
			return err
		}
		t.add(p.Name, "cpu", micros(d)/float64(n))
		t.add(p.Name, "wall", float64(wall.Milliseconds()))
		return nil
	})
}

// growthJob measures rooms that grow, in one server: sessions are added, none leaves.
func (r *Runner) growthJob(t *table, p *Peer) error {
	return r.crowd(p, p.GrowthCommand, p.Protocols["websocket"], func(c *load.Crowd, s *server) error {
		if err := c.Open(50, 32, patience); err != nil {
			return err
		}
		if err := c.Broadcast(10, 1, s.broadcast, patience); err != nil {
			return err
		}
		base, err := r.memory(c, s)
		if err != nil {
			return err
		}
		for _, n := range r.Sizes.Growth {
			if err := c.Open(n-len(c.Sessions), 64, patience); err != nil {
				return fmt.Errorf("%d sessions: %w", n, err)
			}
			if err := c.Broadcast(10, 1, s.broadcast, patience); err != nil {
				return fmt.Errorf("%d sessions, warm-up: %w", n, err)
			}
			full, err := r.memory(c, s)
			if err != nil {
				return err
			}
			if n == 1000 || n == r.Sizes.Growth[len(r.Sizes.Growth)-1] {
				t.add(p.Name, fmt.Sprintf("idle %d", n), float64(full-base)/1024/float64(n-50))
			}
			if err := r.delivery(t, p, fmt.Sprint(n), c, s, n, 1, 5); err != nil {
				return err
			}
		}
		n := len(c.Sessions)
		events := max(3, int(r.Sizes.Seconds*1e6/5/float64(n)))
		m, err := r.begin(s)
		if err != nil {
			return err
		}
		if err := c.Broadcast(events, 1, s.rooms, patience); err != nil {
			return fmt.Errorf("rooms: %w", err)
		}
		d, err := m.end()
		if err != nil {
			return err
		}
		t.add(p.Name, "rooms", micros(d)/float64(events*n))
		return nil
	})
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
