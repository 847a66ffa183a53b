package session

import "time"

// A client that has hundreds of events a second by long-polling would spend
// itself on requests: an event in each. So answers that follow each other
// quickly, many in a row, are kept apart, and carry what has come meanwhile.
// Where a round trip takes longer than gatherFor, it does that by itself. A client
// that sends as well is left alone: it may be waiting for what it asked for.
const (
	gatherFor   = 5 * time.Millisecond  // apart, from one answer to the next
	quickAnswer = 10 * time.Millisecond // behind the one before: quick
	quickRow    = 32                    // quick ones in a row before any waits
)

// A pace says how quickly the answers to the polls of a session follow each
// other. The zero value is that of a new session.
type pace struct {
	at  int64  // when the last answer with frames was taken
	got uint64 // what had come from the client by then
	row uint8  // quick ones up to it, quickRow at the most
}

// answered notes an answer with frames, to a client from which everything up to
// got has come.
func (p *pace) answered(now int64, got uint64) {
	if now-p.at >= int64(quickAnswer) || got != p.got {
		p.row = 0
	} else if p.row < quickRow {
		p.row++
	}
	p.at, p.got = now, got
}

// wait returns how long the next answer should wait.
func (p *pace) wait(now int64) time.Duration {
	if p.row < quickRow {
		return 0
	}
	return max(0, gatherFor-time.Duration(now-p.at))
}
