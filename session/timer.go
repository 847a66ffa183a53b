package session

import (
	"cmp"
	"time"

	"github.com/everwire/everwire/transport"
)

const (
	// confirmAfter is the longest time that a client waits to hear that its
	// frames have arrived.
	confirmAfter = 10 * time.Second

	// unprovenWindow is the resume window of a session that was opened over
	// HTTP and whose client has not shown that it got the answer: that is one and a
	// half PollMax at least, as a hidden page polls for the first time after PollMax.
	unprovenWindow = 15 * time.Second

	// quietBeats is the number of heartbeats for which a client on a stream
	// that leads down only may be silent: its own timers may be throttled to
	// one a minute.
	quietBeats = 4

	// pollGrace is how much longer than it may a poll lasts before it is given
	// up: its transport ends it, as long as the writer keeps its deadline.
	pollGrace = 5 * time.Second
)

// now returns the time on the server's own monotonic clock.
func (rt *Server) now() int64 { return int64(time.Since(rt.base)) }

// recent is now, give or take what handlers may take on a reader's goroutine: to
// look at the clock costs more than a lock. s.mu is held.
func (s *Session) recent() int64 {
	if s.in.over != nil {
		return s.in.runAt
	}
	return s.server.now()
}

// window returns how long the session may be detached.
func (s *Session) window() time.Duration {
	o := &s.server.opts
	if !s.proven {
		return min(max(unprovenWindow, o.PollMax*3/2), o.ResumeWindow)
	}
	return o.ResumeWindow
}

// expireAt returns when a detached session expires.
func (s *Session) expireAt() int64 { return max(s.leftAt, s.seenAt) + int64(s.window()) }

// pingAt returns when a stream gets a heartbeat: it has been idle, or, where
// frames come up by it, one direction of it has.
func (l *link) pingAt() int64 {
	idle := l.wroteAt
	if l.duplex {
		idle = max(min(idle, l.s.seenAt), l.pinged)
	}
	return idle + int64(l.s.server.opts.Heartbeat)
}

// deadAt returns when a stream whose client stays silent is given up.
func (l *link) deadAt() int64 {
	o := &l.s.server.opts
	if l.duplex {
		return l.s.seenAt + int64(o.Heartbeat+o.HeartbeatTimeout)
	}
	return l.s.seenAt + quietBeats*int64(o.Heartbeat)
}

// overAt returns when a poll that has not ended is given up.
func (l *link) overAt() int64 {
	o := &l.s.server.opts
	return l.wroteAt + int64(o.Hold+o.WriteTimeout+pollGrace)
}

// due returns when tick has something to do, 0 for never. s.mu is held.
func (s *Session) due() int64 {
	var at int64
	by := func(t int64) {
		if at == 0 || t < at {
			at = t
		}
	}
	if s.ending != nil {
		by(s.endAt + int64(s.server.opts.ResumeWindow))
	}
	l := s.link
	switch {
	case l == nil:
		by(s.expireAt())
	case l.stream:
		if !l.ping {
			by(l.pingAt())
		}
		if l.blocked == 0 {
			by(l.deadAt())
		}
		if l.sinceAt != 0 && !l.confirm {
			by(l.sinceAt + int64(confirmAfter))
		}
	case l.holdEnd > 0:
		by(l.holdEnd)
	default:
		by(l.overAt())
	}
	return at
}

// schedule sets the one timer of the session to when something is due. It is
// only ever set to an earlier time: what moves into the future is found out
// when the timer fires, so that activity costs nothing. s.mu is held.
func (s *Session) schedule() {
	at := s.due()
	if s.state == closed || at == 0 || s.timerAt != 0 && s.timerAt <= at {
		return
	}
	s.timerAt = at
	wait := time.Duration(max(at-s.server.now(), 0))
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.tick)
		return
	}
	s.timer.Reset(wait)
}

// tick does what is due.
func (s *Session) tick() {
	s.mu.Lock()
	if s.state == closed {
		s.mu.Unlock()
		return
	}
	s.timerAt = 0
	now := s.server.now()
	over := false
	switch l := s.link; {
	case s.ending != nil && now >= s.endAt+int64(s.server.opts.ResumeWindow):
		s.closeNow(s.ending)
		over = true
	case l == nil:
		if now >= s.expireAt() {
			s.closeNow(cmp.Or(s.ending, transport.ErrExpired))
			over = true
		}
	case l.stream:
		l.beat(now)
	case l.holdEnd > 0 && now >= l.holdEnd:
		l.holdEnd, l.wroteAt = holdOver, now
		l.signal()
	case l.holdEnd <= 0 && now >= l.overAt():
		l.giveUp()
	}
	s.schedule()
	s.mu.Unlock()
	if over {
		s.cleanup()
	}
}

// beat makes a heartbeat or a confirm due, or gives the connection up. s.mu is
// held.
func (l *link) beat(now int64) {
	if l.blocked == 0 && now >= l.deadAt() {
		l.giveUp()
		return
	}
	if l.sinceAt != 0 && now >= l.sinceAt+int64(confirmAfter) {
		l.confirm = true
	}
	if !l.ping && now >= l.pingAt() {
		l.ping = true
	}
	if l.ping || l.confirm {
		l.signal()
	}
}

// giveUp ends the link of a client that is silent, or does not read. s.mu is held.
func (l *link) giveUp() {
	l.s.link = nil
	l.s.to(detached)
	l.finish(transport.ErrTimeout)
}
