//go:build linux

package run

import "github.com/everwire/everwire/bench/internal/load"

// A Peer is a server that is measured.
type Peer struct {
	Name          string
	Command       []string
	TypedCommand  []string // of the typed echo; nil: Command
	ResumeCommand []string // with replay on; nil: it cannot
	Protocols     map[string]load.Protocol
	Rooms         bool // it has rooms of one, too
	Typed         bool
	Quiet         bool // no echo
	Version       string
	Missing       string // why it is not here
}

func peers(self string) []*Peer {
	serve := func(name string) []string { return []string{self, "serve", name} }
	ws := map[string]load.Protocol{"websocket": load.Socket{Path: "/ws"}}
	return []*Peer{
		{Name: "tcp", Command: serve("tcp"), Protocols: map[string]load.Protocol{"websocket": load.TCP{}}, Rooms: true},
		{Name: "everwire", Command: serve("everwire"), ResumeCommand: serve("everwire"), Rooms: true, Typed: true,
			Protocols: map[string]load.Protocol{
				"websocket": load.Everwire{Transport: "websocket"},
				"sse":       load.Everwire{Transport: "sse"},
				"longpoll":  load.Everwire{Transport: "longpoll"},
			}},
		{Name: "gorilla", Command: serve("gorilla"), TypedCommand: serve("gorilla-typed"), Typed: true, Protocols: ws},
		{Name: "gorilla-chat", Command: serve("gorilla-chat"), Protocols: ws},
		{Name: "gws", Command: serve("gws"), TypedCommand: serve("gws-typed"), Typed: true, Protocols: ws},
		{Name: "melody", Command: serve("melody"), TypedCommand: serve("melody-typed"), Typed: true, Protocols: ws},
		{Name: "nethttp", Command: serve("nethttp"), Protocols: map[string]load.Protocol{
			"sse":      load.Stream{Path: "/sse"},
			"longpoll": load.Poll{Path: "/poll"},
		}},
	}
}
