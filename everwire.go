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
	Server     = session.Server
	Session    = session.Session
	Options    = session.Options
	Broadcast  = session.Broadcast
	EmitOption = session.EmitOption
	Refusal    = session.Refusal
	CloseError = transport.CloseError
	Code       = transport.Code
)

// DropWhenFull leaves an emit out where the queue is full; see session.DropWhenFull.
const DropWhenFull = session.DropWhenFull

// Codes that a session is closed with by its app; see Session.Close.
const (
	CodeNormal  = transport.CodeNormal
	CodeApp     = transport.CodeApp
	CodeAppLast = transport.CodeAppLast
)

// Errors to compare with errors.Is.
var (
	ErrQueueFull    = session.ErrQueueFull
	ErrTooManyCalls = session.ErrTooManyCalls
	ErrExpired      = transport.ErrExpired
	ErrOverflow     = transport.ErrOverflow
	ErrClosed       = transport.ErrClosed
	ErrDrain        = transport.ErrDrain
	ErrSize         = transport.ErrSize
)

// New returns a server, an http.Handler to mount under a path that ends in a
// slash. The zero Options are safe and ready. Options.Transports, if empty,
// becomes all four: websocket, sse, longpoll, polling; Options.Client, if nil,
// the browser client, at client.js below the mount.
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
