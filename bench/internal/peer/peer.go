// Package peer holds the servers that are measured, each with the same job: greet every session, send events to all
// sessions when told to, and answer what a client says with the same bytes. What differs between them is said at each.
package peer

import "fmt"

var servers = map[string]func(){
	"tcp":                tcp,
	"everwire":           func() { everwirePeer(false) },
	"everwire-rooms":     func() { everwirePeer(true) },
	"gorilla":            func() { gorilla(false, false) },
	"gorilla-typed":      func() { gorilla(false, true) },
	"gorilla-chat":       func() { gorilla(true, false) },
	"gorilla-loop":       func() { gorillaLoop(false) },
	"gorilla-loop-typed": func() { gorillaLoop(true) },
	"gws":                func() { gwsPeer(false) },
	"gws-typed":          func() { gwsPeer(true) },
	"melody":             func() { melodyPeer(false) },
	"melody-typed":       func() { melodyPeer(true) },
	"nethttp":            func() { netHTTP(false) },
	"nethttp-merged":     func() { netHTTP(true) },
	"nethttp-keeps":      keeping,
}

// Serve runs a server until its standard input ends.
func Serve(name string) error {
	run, ok := servers[name]
	if !ok {
		return fmt.Errorf("no server %q", name)
	}
	run()
	return nil
}
