package session

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/everwire/everwire/transport"
)

// Options configure a Server. The zero value of every field is its default, and
// so is one below zero; a duration is 24 days at the most, a size 1 GiB. New
// copies the options.
type Options struct {
	// Transports are what clients may use, best first: the order is told to
	// them. The browser client has an order of its own, websocket, sse, longpoll,
	// polling, and takes from here only what there is. It gets the tickets for sse
	// by polling, so for browsers sse needs that beside it: New logs a warning where
	// it is missing. The root package fills in all four.
	Transports []transport.Transport

	// ResumeWindow is how long a session without a connection waits for its
	// client to come back before it expires; 15 s at most, or 1.5 times PollMax if
	// that is more, for one that was opened over HTTP and whose client has not been
	// heard of since. Default 2 minutes: twice the once-a-minute timers of hidden
	// browser tabs.
	ResumeWindow time.Duration

	// Heartbeat is the idle time after which a stream carries a ping. Default
	// 25 s: shorter than the common idle time-outs of proxies, which begin at
	// 30 s. HeartbeatTimeout is how much longer than that a WebSocket may be
	// silent before its connection is given up; an event stream is, when its
	// client has sent nothing for four times Heartbeat. Default 20 s.
	Heartbeat        time.Duration
	HeartbeatTimeout time.Duration

	// Hold is the longest time that a long-poll is held. Default 25 s.
	Hold time.Duration

	// PollMin and PollMax are the shortest and longest interval of short
	// polling that clients are told. Default 500 ms and 10 s; at most half of
	// ResumeWindow, so that no session expires between two polls.
	PollMin, PollMax time.Duration

	// HeadStart is what clients are told to give the WebSocket before they open
	// over HTTP beside it. Default 400 ms.
	HeadStart time.Duration

	// CallTimeout ends a Session.Call whose context has no deadline. Default 30 s.
	CallTimeout time.Duration

	// HelloTimeout bounds the time from the start of a connection or body to
	// its hello. Default 10 s. WriteTimeout bounds one write. Default 10 s.
	HelloTimeout time.Duration
	WriteTimeout time.Duration

	// FrameBytes is the size of the largest frame as it stands on the wire,
	// BodyBytes of the largest body or message, QueueBytes of what waits for
	// one session in one direction. Default 64 KiB, 256 KiB, 1 MiB. BodyBytes is at least FrameBytes,
	// QueueBytes at least BodyBytes.
	FrameBytes, BodyBytes, QueueBytes int

	// MaxSessions bounds the sessions of this server. Default 100,000. One that
	// has ended, but whose events still wait for their handlers, takes nobody's
	// place; with those there may be twice as many.
	MaxSessions int

	// MaxSessionsPerAddr bounds the sessions of one client address. Default:
	// MaxSessions, as behind a proxy all clients may share one; set it together
	// with ClientAddr.
	MaxSessionsPerAddr int

	// OpeningsPerSecond bounds the sessions that one client address opens, with
	// a burst of ten seconds' worth. Default 100.
	OpeningsPerSecond int

	// FramesPerSecond bounds the frames that are taken from one session, but for
	// closes, pings, pongs and confirms, with a burst of one second's worth; a
	// faster client is slowed, not refused. Default 5,000.
	FramesPerSecond int

	// ClientAddr returns the address that the bounds per address count by.
	// Default: the host of Request.RemoteAddr. Behind a trusted proxy take it
	// from the header which that proxy sets.
	ClientAddr func(r *http.Request) string

	// AllowedOrigins lists the origins of other hosts whose pages may connect,
	// as "https://app.example.com": scheme, host and port as a browser sends them,
	// without a path, a slash at the end or a wildcard. "null" allows opaque origins
	// and "*" all. Default: only pages of the request's own host.
	AllowedOrigins []string

	// AllowCredentials lets pages of AllowedOrigins send cookies over HTTP.
	AllowCredentials bool

	// Authorize decides on every opening. auth is what the client's app gave,
	// nil for nothing; it is not kept. user becomes Session.User. An error
	// refuses the client with 4401 "auth", a *transport.CloseError with its
	// code, if that is from 4400 on. It may block: other sessions go on. Default: everybody is let in.
	Authorize func(r *http.Request, auth json.RawMessage) (user any, err error)

	// Client serves the files of the browser client, asked for under the
	// mount as client.js and the like. Default: not found.
	Client http.Handler

	// Logger gets lifecycles at Debug, misbehaving peers at Info and our own
	// faults at Error; no payloads, and session ids at Debug only. Default:
	// slog.Default().
	Logger *slog.Logger
}

// check panics where an option can never do what it says.
func (o *Options) check() {
	for i, t := range o.Transports {
		if v := reflect.ValueOf(t); t == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			panic(fmt.Sprintf("everwire: Options.Transports[%d] is nil", i))
		}
	}
	for _, origin := range o.AllowedOrigins {
		if !validOrigin(origin) {
			panic(fmt.Sprintf(`everwire: Options.AllowedOrigins: %q matches no page: want a scheme and a host, and a port if it is not the default, as "https://app.example.com"; or "null", or "*"`, origin))
		}
	}
}

// The largest duration and size. A browser's timer goes no further, a WebSocket
// message is not larger, and what is added to them does not overflow.
const (
	maxDuration = 24 * 24 * time.Hour
	maxBytes    = 1 << 30
)

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.ResumeWindow, 2 * time.Minute},
		{&o.Heartbeat, 25 * time.Second},
		{&o.HeartbeatTimeout, 20 * time.Second},
		{&o.Hold, 25 * time.Second},
		{&o.PollMin, 500 * time.Millisecond},
		{&o.PollMax, 10 * time.Second},
		{&o.HeadStart, 400 * time.Millisecond},
		{&o.CallTimeout, 30 * time.Second},
		{&o.HelloTimeout, 10 * time.Second},
		{&o.WriteTimeout, 10 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
		*d.field = min(*d.field, maxDuration)
	}
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.FrameBytes, 64 << 10},
		{&o.BodyBytes, 256 << 10},
		{&o.QueueBytes, 1 << 20},
		{&o.MaxSessions, 100_000},
		{&o.OpeningsPerSecond, 100},
		{&o.FramesPerSecond, 5_000},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.MaxSessionsPerAddr <= 0 {
		o.MaxSessionsPerAddr = o.MaxSessions
	}
	o.FrameBytes, o.BodyBytes, o.QueueBytes = min(o.FrameBytes, maxBytes), min(o.BodyBytes, maxBytes), min(o.QueueBytes, maxBytes)
	o.PollMax = min(max(o.PollMax, o.PollMin), o.ResumeWindow/2)
	o.PollMin = min(o.PollMin, o.PollMax)
	o.BodyBytes = max(o.BodyBytes, o.FrameBytes)
	o.QueueBytes = max(o.QueueBytes, o.BodyBytes)
	o.Transports = slices.Clone(o.Transports)
	o.AllowedOrigins = slices.Clone(o.AllowedOrigins)
	if o.ClientAddr == nil {
		o.ClientAddr = remoteHost
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = slog.New(safeLog{o.Logger.Handler()})
	return o
}

// remoteHost returns the host of RemoteAddr, or all of it where it has no port.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
