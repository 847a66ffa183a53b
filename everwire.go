// Package everwire is a real-time library for web applications: one Emit and On
// above whatever gets through to a client, WebSocket, server-sent events,
// long-polling or short polling. A session moves between them while it lives
// and loses, repeats and reorders nothing.
//
//	rt := everwire.New(everwire.Options{})
//	everwire.On(rt, "say", func(s *everwire.Session, m Say) error {
//		return s.To("lobby").Emit("said", m)
//	})
//	rt.OnConnect(func(s *everwire.Session) error { s.Join("lobby"); return nil })
//	http.Handle("/everwire/", rt)
//
// The package is one import for an app: it joins package session, which says
// what a session promises, with the four transports.
package everwire

import (
	clientjs "github.com/everwire/everwire/client-js"
	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/websocket"
)

// The types of an app; see package session.
type (
	// A Server holds the sessions and is the http.Handler to mount.
	Server = session.Server
	// A Session is a peer's lasting identity; it outlives connections.
	Session = session.Session
	// Options configure a Server; the zero value is safe and ready.
	Options = session.Options
	// A Broadcast is an emit to many that has not said what yet.
	Broadcast = session.Broadcast
	// An EmitOption changes what happens to one emit: DropWhenFull.
	EmitOption = session.EmitOption
	// A Refusal is an ack that says no, with a code and a text.
	Refusal = session.Refusal
	// A CloseError is the end of a session or connection, as told to the peer.
	CloseError = transport.CloseError
	// A Code says how a session or connection ended.
	Code = transport.Code
)

// DropWhenFull leaves an emit out where the queue is full; see session.DropWhenFull.
const DropWhenFull = session.DropWhenFull

// Codes that a session is closed with by its app; see Session.Close.
const (
	CodeNormal  = transport.CodeNormal  // in order
	CodeApp     = transport.CodeApp     // the first of the app's own codes
	CodeAppLast = transport.CodeAppLast // the last of them
)

// Errors to compare with errors.Is.
var (
	ErrQueueFull    = session.ErrQueueFull    // an emit with DropWhenFull was left out
	ErrTooManyCalls = session.ErrTooManyCalls // 1,024 calls to the session wait already
	ErrExpired      = transport.ErrExpired    // the session's client did not come back in time
	ErrOverflow     = transport.ErrOverflow   // the session's queue ran over
	ErrClosed       = transport.ErrClosed     // the session was closed in order, by the app or its client
	ErrDrain        = transport.ErrDrain      // the server goes down
	ErrSize         = transport.ErrSize       // larger than Options.FrameBytes
	ErrName         = transport.ErrName       // an event's name is empty, too long or not UTF-8
)

// New returns a server, an http.Handler to mount under a path that ends in a
// slash. The zero Options are safe and ready. Options.Transports, if empty,
// becomes all four: websocket, sse, longpoll, polling; Options.Client, if nil,
// the browser client, at client.js below the mount. New panics where an option
// can never do what it says; see session.New.
func New(opts Options) *Server {
	if len(opts.Transports) == 0 {
		opts.Transports = []transport.Transport{
			&websocket.Transport{}, &sse.Transport{}, longpoll.Transport{}, polling.Transport{},
		}
	}
	if opts.Client == nil {
		opts.Client = clientjs.Handler()
	}
	return session.New(opts)
}

// On registers the handler of an event; see session.On.
func On[T any](rt *Server, name string, fn func(s *Session, payload T) error) {
	session.On(rt, name, fn)
}

// Handle registers the handler of an event that answers; see session.Handle.
func Handle[Req, Res any](rt *Server, name string, fn func(s *Session, req Req) (Res, error)) {
	session.Handle(rt, name, fn)
}
