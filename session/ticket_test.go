package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/everwire/everwire/session"
)

func TestTickets(t *testing.T) {
	// ticketed opens a session and asks for a ticket.
	ticketed := func(t *testing.T) *peer {
		p := newPeer(t, newServer(session.Options{}))
		p.ticketed().close()
		if len(p.ticket) != 22 || strings.Contains(p.id, p.ticket) {
			t.Fatalf("ticket %q", p.ticket)
		}
		return p
	}
	bubble(t, "opens a stream, which brings the next one", func(t *testing.T) {
		p := ticketed(t)
		first := p.ticket
		c := p.attach("sse")
		emit(t, p.session(), 1, 1)
		c.reads(`[1,"said",1]`)
		same(t, "renewed", p.ticket != first && p.ticket != "", true)
		p.attach("sse").reads()
		c.reads("end 4409 replaced")
	})
	for name, spoil := range map[string]func(p *peer){
		"is good once":                 func(p *peer) { old := p.ticket; p.attach("sse"); p.ticket = old },
		"ends with a newer attach":     func(p *peer) { p.attach("polling") },
		"ends with the session":        func(p *peer) { p.send(`[9,4000,"bye"]`) },
		"ends with the resume window":  func(*peer) { pass(3 * time.Minute) },
		"ends when another is fetched": func(p *peer) { old := p.ticket; h := p.hello("polling"); h.Renew = true; p.try(h); p.ticket = old },
	} {
		bubble(t, name, func(t *testing.T) {
			p := ticketed(t)
			spoil(p)
			same(t, "refused", p.refused(p.hello("sse")), "4409 stale")
		})
	}
	bubble(t, "is not used up by a stale n", func(t *testing.T) {
		p := ticketed(t)
		h := p.hello("sse")
		h.Attach = 1
		same(t, "stale n", p.refused(h), "4409 stale")
		same(t, "then", p.refused(p.hello("sse")), "")
	})
	bubble(t, "is not used up by a confirm too high", func(t *testing.T) {
		p := ticketed(t)
		h := p.hello("sse")
		h.Got = 5
		same(t, "got too high", p.refused(h), "4400 confirm")
		same(t, "then", p.refused(p.hello("sse")), "")
	})
}
