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
	GrowthCommand []string // with rooms of one beside the one for all; nil: it does not grow
	Typed         bool
	EchoOnly      bool // it does not broadcast
	Version       string
	About         string
	Missing       string // why it is not here

	build string // the directory of _peers that it is built from
	node  bool   // it needs the packages of node/
}

// sends reports whether the peer greets and broadcasts over a transport.
func (p *Peer) sends(transport string) bool { return p.Protocols[transport] != nil && !p.EchoOnly }

func peers(self string) []*Peer {
	serve := func(name string) []string { return []string{self, "serve", name} }
	ws := map[string]load.Protocol{"websocket": load.Socket{Path: "/ws"}}
	node := func(script string, args ...string) []string {
		return append([]string{"node", "--expose-gc", "node/" + script}, args...)
	}
	sockjs := map[string]load.Protocol{
		"websocket": load.SockJS{Transport: "websocket"},
		"sse":       load.SockJS{Transport: "eventsource"},
		"longpoll":  load.SockJS{Transport: "xhr"},
	}
	return []*Peer{
		{Name: "tcp", About: "for comparison: lines over bare TCP, a write for each connection, no protocol", Command: serve("tcp"), Protocols: map[string]load.Protocol{"websocket": load.TCP{}}, GrowthCommand: serve("tcp")},
		{Name: "everwire", About: "this repository: confirms, replay, order and bounds are all on", Command: serve("everwire"), ResumeCommand: serve("everwire"), GrowthCommand: serve("everwire-rooms"), Typed: true,
			Protocols: map[string]load.Protocol{
				"websocket": load.Everwire{Transport: "websocket"},
				"sse":       load.Everwire{Transport: "sse"},
				"longpoll":  load.Everwire{Transport: "longpoll"},
			}},
		{Name: "gorilla", About: "gorilla/websocket with the hub of its chat example, a message for each event", Command: serve("gorilla"), TypedCommand: serve("gorilla-typed"), Typed: true, Protocols: ws},
		{Name: "gorilla-chat", About: "the same as the example has it: what waits is joined into one message with line feeds", Command: serve("gorilla-chat"), Protocols: ws},
		{Name: "gorilla-loop", About: "gorilla/websocket with a loop that reads, handles and writes: no hub, so only the echoes", Command: serve("gorilla-loop"), TypedCommand: serve("gorilla-loop-typed"), Typed: true, EchoOnly: true, Protocols: ws},
		{Name: "gws", About: "lxzan/gws with its Broadcaster", Command: serve("gws"), TypedCommand: serve("gws-typed"), Typed: true, Protocols: ws},
		{Name: "melody", About: "olahol/melody", Command: serve("melody"), TypedCommand: serve("melody-typed"), Typed: true, Protocols: ws},
		{Name: "nethttp", About: "net/http and a handler written by hand, a flush for each event", Command: serve("nethttp"), Protocols: map[string]load.Protocol{
			"sse":      load.Stream{Path: "/sse"},
			"longpoll": load.Poll{Path: "/poll"},
		}},
		{Name: "nethttp-merged", About: "the same, all that waits in one flush", Command: serve("nethttp-merged"), Protocols: map[string]load.Protocol{"sse": load.Stream{Path: "/sse"}}},
		{Name: "nethttp-keeps", About: "net/http and a long-poll written by hand that loses nothing: a POST that says what its client has", Command: serve("nethttp-keeps"), Protocols: map[string]load.Protocol{"longpoll": load.Poll{Path: "/poll", Keeps: true}}},
		{Name: "centrifuge-0.15", About: "centrifugal/centrifuge as Debian packages it", build: "centrifuge015", Command: []string{""}, ResumeCommand: []string{"", "recover"}, Typed: true,
			Protocols: map[string]load.Protocol{"websocket": load.Centrifuge{Old: true}}},
		{Name: "centrifuge", About: "centrifugal/centrifuge", build: "centrifuge", Command: []string{""}, ResumeCommand: []string{"", "recover"}, Typed: true,
			Protocols: map[string]load.Protocol{"websocket": load.Centrifuge{}}},
		{Name: "sockjs-go", About: "igm/sockjs-go", build: "sockjs", Command: []string{""}, Protocols: sockjs},
		{Name: "socket.io", About: "socket.io", node: true, Command: node("socketio.js"), ResumeCommand: node("socketio.js", "recover"), Typed: true,
			Protocols: map[string]load.Protocol{"websocket": load.SocketIO{}, "longpoll": load.SocketIO{Polling: true}}},
		{Name: "sockjs-node", About: "sockjs", node: true, Command: node("sockjs.js"), Protocols: sockjs},
	}
}
