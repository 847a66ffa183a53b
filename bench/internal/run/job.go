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
	Sessions int           // of a WebSocket broadcast, and of those that come back
	Openings int           // sessions whose opening is measured
	Warm     int           // sessions that a server has opened before: Openings or more
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
	m.r.note((used-m.used)-d-(selfCPU()-m.self), all-m.all)
	return d, nil
}

// note notes how much other processes have used while a time passed on all cores. Ticks are 10 ms, so stretches that are
// shorter than 20 of them are put together until they are not.
func (r *Runner) note(others, passed time.Duration) {
	r.foreign += others
	r.passed += passed
	if r.passed >= 200*time.Millisecond {
		r.others = append(r.others, max(0, float64(r.foreign)/float64(r.passed)))
		r.foreign, r.passed = 0, 0
	}
}

// measure returns the CPU time that the server uses while run runs, and the time that passes.
func (r *Runner) measure(s *server, run func() error) (cpu, wall time.Duration, err error) {
	m, err := r.begin(s)
	if err != nil {
		return 0, 0, err
	}
	if err := run(); err != nil {
		return 0, 0, err
	}
	wall = time.Since(m.wall)
	cpu, err = m.end()
	return cpu, wall, err
}

const patience = 60 * time.Second

// openingJob measures what it takes to open a session, handshake to first event: of a server that has just started, and
// of one that has opened many. All of them stay open.
func (r *Runner) openingJob(t *table, p *Peer, transport string) error {
	return r.crowd(p, p.Command, p.Protocols[transport], func(c *load.Crowd, s *server) error {
		n := r.Sizes.Openings
		open := func(column string) error {
			d, _, err := r.measure(s, func() error { return c.Open(n, 64, patience) })
			if err == nil {
				t.add(p.Name, column, micros(d)/float64(n))
			}
			return err
		}
		if err := open("first"); err != nil {
			return err
		}
		if err := c.Open(r.Sizes.Warm-n, 64, patience); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
		return open("opening")
	})
}

// broadcastJob opens sessions in two steps and measures, of one server: the memory of an idle session, a broadcast with
// one under way and one with sixteen.
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
		if err := step("open", c.Open(sessions, 64, patience), warm); err != nil {
			return err
		}
		full, err := r.memory(c, s)
		if err != nil {
			return err
		}
		t.add(p.Name, "idle", float64(full-base)/1024/float64(sessions))
		about := 5.0
		if transport == "longpoll" {
			about = 20
		}
		if err := r.delivery(t, p, "W1", c, s, s.broadcast, 1, about); err != nil {
			return err
		}
		return r.delivery(t, p, "W16", c, s, s.broadcast, 16, 2.5)
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

// delivery measures events to all sessions of a crowd. about is what a delivery costs, in microseconds: it sets how many
// events are sent.
func (r *Runner) delivery(t *table, p *Peer, column string, c *load.Crowd, s *server, send func(n int) error, window int, about float64) error {
	n := len(c.Sessions)
	events := max(3*window, int(r.Sizes.Seconds*1e6/about/float64(n)))
	warm := max(events/5, 20_000/n) // Node compiles what has run often enough
	if err := c.Broadcast(max(window, warm), window, send, patience); err != nil {
		return fmt.Errorf("%s, warm-up: %w", column, err)
	}
	d, _, err := r.measure(s, func() error { return c.Broadcast(events, window, send, patience) })
	if err != nil {
		return fmt.Errorf("%s: %w", column, err)
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
		d, _, err := r.measure(s, func() error { return c.Echo(r.Sizes.Echoes, typed, text, patience) })
		if err != nil {
			return fmt.Errorf("%s: %w", column, err)
		}
		t.add(p.Name, column, micros(d)/float64(r.Sizes.Echoes*talkers))
		t.add(p.Name, column+" p99", micros(stat.Percentile(c.Echoes, 99)))
		return nil
	})
}

// resumeJob drops all sessions, sends events while they are away and lets all come back at once: two times as warm-up,
// then measured.
func (r *Runner) resumeJob(t *table, p *Peer) error {
	return r.crowd(p, p.ResumeCommand, p.Protocols["websocket"], func(c *load.Crowd, s *server) error {
		n := r.Sizes.Sessions
		warm := func() error { return c.Broadcast(10, 1, s.broadcast, patience) }
		if err := step("open", c.Open(n, 64, patience), warm); err != nil {
			return err
		}
		for range 2 {
			if err := step("warm-up", r.away(c, s), func() error { return r.resume(c) }); err != nil {
				return err
			}
		}
		if err := r.away(c, s); err != nil {
			return err
		}
		d, wall, err := r.measure(s, func() error { return r.resume(c) })
		if err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		t.add(p.Name, "cpu", micros(d)/float64(n))
		t.add(p.Name, "wall", float64(wall.Milliseconds()))
		return nil
	})
}

// away drops all sessions and has them miss events.
func (r *Runner) away(c *load.Crowd, s *server) error {
	c.Drop()
	if err := c.Wait(300 * time.Millisecond); err != nil {
		return err
	}
	if err := s.broadcast(r.Sizes.Missed); err != nil {
		return err
	}
	return c.Wait(300 * time.Millisecond)
}

// resume has all sessions come back and get what they have missed.
func (r *Runner) resume(c *load.Crowd) error {
	return c.Resume(c.Complete()+r.Sizes.Missed, patience)
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
			if err := r.delivery(t, p, fmt.Sprint(n), c, s, s.broadcast, 1, 5); err != nil {
				return err
			}
		}
		return r.delivery(t, p, "rooms", c, s, s.rooms, 1, 5)
	})
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
