//go:build linux

package load

import (
	"bytes"
	"strconv"
)

// Centrifuge speaks the JSON protocol of centrifuge over a WebSocket: the one of version 0.15 where Old is set.
type Centrifuge struct{ Old bool }

func (Centrifuge) open(s *Session) {
	s.greet = false // every connection is greeted
	s.dial(upgrade("/connection/websocket", s.crowd.addr, ""))
}

func (p Centrifuge) opened(s *Session) {
	params := "{}"
	if s.epoch != "" {
		params = `{"subs":{"all":{"recover":true,"epoch":"` + s.epoch + `","offset":` + s.offset + `}}}`
	}
	if p.Old {
		s.send(`{"id":1,"params":` + params + `}`)
	} else {
		s.send(`{"id":1,"connect":` + params + `}`)
	}
}

func (p Centrifuge) say(s *Session, n int, text string, typed bool) {
	method := `"typed"`
	if !typed {
		method, text = `"raw"`, `"`+text+`"`
	}
	if p.Old {
		s.send(`{"id":` + strconv.Itoa(n+1) + `,"method":9,"params":{"method":` + method + `,"data":` + text + `}}`)
	} else {
		s.send(`{"id":` + strconv.Itoa(n+1) + `,"rpc":{"method":` + method + `,"data":` + text + `}}`)
	}
}

func (p Centrifuge) answer(n int, text string, typed bool) string {
	if !typed {
		text = `"` + text + `"`
	}
	name := "rpc"
	if p.Old {
		name = "result"
	}
	return `{"id":` + strconv.Itoa(n+1) + `,"` + name + `":{"data":` + text + `}}`
}

func (p Centrifuge) read(s *Session, c *Conn, b []byte) (int, error) { return readSocket(p, s, c, b) }

func (p Centrifuge) message(s *Session, b []byte) error {
	for line := range bytes.SplitSeq(bytes.TrimSpace(b), []byte{'\n'}) {
		p.line(s, line)
	}
	s.here()
	return nil
}

// line takes a command's reply or a push: a message holds several where they came at once.
func (Centrifuge) line(s *Session, line []byte) {
	if string(line) == "{}" { // a ping
		s.send("{}")
		return
	}
	s.events(line)
	if e := field(line, `"epoch":"`); e != "" {
		s.epoch, s.offset = e, strconv.Itoa(latest(line))
	} else if o := field(line, `"offset":`); o != "" {
		s.offset = o
	}
}

// latest returns the highest offset in the reply to a connect. That of the subscription is where recovery began in some
// versions, and the events that were recovered have later ones.
func latest(line []byte) int {
	high := 0
	for _, part := range bytes.Split(line, []byte(`"offset":`))[1:] {
		end := bytes.IndexAny(part, ",}]")
		if n, err := strconv.Atoi(string(part[:max(0, end)])); err == nil {
			high = max(high, n)
		}
	}
	return high
}
