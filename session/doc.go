// Package session keeps the lasting half of a real-time connection: sessions,
// their queues and numbers, rooms, handlers, and the http.Handler in front of
// them. How bytes move is the business of transports, which come in by the
// same Door as anybody else (transport.Door, Server.Attach).
//
// # Life of a session
//
// A client opens a session by a key of its own, over any transport, and may do
// so over two at once: the key makes them one. The server's Authorize decides;
// OnConnect is called before any event. From then on connections come and go.
// A newer one replaces an older one without a trace for the app; while there is
// none the resume window runs.
//
//	            attach      link ends    window over     close confirmed,
//	                        or poll      (or one after   overflow, abort,
//	                        answered     Close)          kind 9 taken
//	detached    attached    -            closed          closed
//	attached    attached*   detached     closed          closed
//	closed      410         -            forgotten       -
//
//	* the older link is replaced
//
// Before detached there is an opening: a key whose Authorize runs. A session is
// made detached, and the hello that made it attaches. Session.to and closeNow
// are where the state changes. After closed, the id and the key are remembered
// for one resume window, so that a client that comes late learns why.
//
// # What is promised
//
// Both directions, on every transport and across every change of it: each
// event exactly once, in the order in which it was emitted, for the life of the
// session. A frame is kept until the client has confirmed it, not until it has
// been written. What a client repeats is dropped by its number. All members of
// a room see the room's broadcasts in one order.
//
// Nothing is dropped in silence: a queue that runs over closes the session with
// "overflow", or returns ErrQueueFull to the emit that asked for that; a
// volatile event asked to be dropped. A session that cannot be resumed is
// refused with the reason, and its client says so to the app.
//
// # Concurrency
//
// Every exported method may be called from any goroutine. Handlers of one
// session run one at a time, in order, with no lock held, on a goroutine that
// exists while there are events, or on the one that reads (transport.Runner):
// acks, confirms and pongs wait behind them for 10 ms at the most, unless the
// inbound queue is full (Bounds). Locks, in their order: rooms.mu, room.mu,
// Session.mu, and then what a transport takes in Notify or the registry's mu. None
// is held across I/O or a call of the app.
//
// # Bounds
//
// Everything that a peer can make grow has a bound in Options or a constant
// beside its use: sessions in all and per address, openings and frames per
// second, bytes and frames in both queues, loose frames, calls, tombstones,
// legs that wait for Authorize. A full inbound queue (1,024 events, or QueueBytes)
// slows its client: it stops reading a WebSocket, and answers a POST with what
// was taken and a pause. What the client sends behind it, acks and confirms too,
// then waits for handlers to return.
//
// # Security
//
// An id is a secret of server and client; it travels in bodies, is logged at
// Debug only, and stands in no URL: an EventSource gets a ticket for one use.
// One origin rule holds for all transports (Options.AllowedOrigins). A fault of
// a peer ends its connection, a panic of a handler costs that event, and
// neither touches another session.
package session
