package session

import "time"

// A client that has hundreds of events a second by long-polling would spend
// itself on requests: an event in each. So answers that follow each other
// quickly, many in a row, are kept apart, and carry what has come meanwhile. If
// that is nothing, because the next event waits for this one or the like, it is
// not tried again for twice as many answers. Where a round trip takes longer than
// gatherFor, it does all that by itself. A client that sends as well is left
// alone: it may be waiting for what it asked for.
const (
	gatherFor   = 5 * time.Millisecond  // apart, from one answer to the next
	quickAnswer = 10 * time.Millisecond // behind the one before: quick
	quickRow    = 32                    // quick ones in a row before any waits
	quickRowMax = 4096                  // the same where waiting has not paid
)

// A pace says how quickly the answers to the polls of a session follow each
// other. The zero value is that of a new session.
type pace struct {
	at     int64  // when the last answer with frames was taken
	got    uint64 // what had come from the client by then
	row    uint16 // quick ones up to it
	doubt  uint16 // how many more than quickRow it takes before one waits
	waited bool   // the next answer has waited
}

// answered notes an answer with n frames, to a client from which everything up
// to got has come.
func (p *pace) answered(now int64, got uint64, n int) {
	switch {
	case now-p.at >= int64(quickAnswer) || got != p.got:
		p.row = 0
	case !p.waited:
		p.row = min(p.row+1, quickRowMax)
	case n > 1:
		p.doubt = 0
	default:
		p.row, p.doubt = 0, min(p.doubt*2+quickRow, quickRowMax-quickRow)
	}
	p.at, p.got, p.waited = now, got, false
}

// wait returns how long the next answer should wait.
func (p *pace) wait(now func() int64) time.Duration {
	if p.row < quickRow+p.doubt {
		return 0
	}
	d := gatherFor - time.Duration(now()-p.at)
	if d <= 0 {
		return 0
	}
	p.waited = true
	return d
}
