// Package wireclient is a complete client of the protocol in Go, for tests: it
// keeps the client's half of rules R1 to R11 and reports every breach of the
// server's half. It can be moved between transports at any moment, to several
// at once, and can open over several at once.
//
// It is no client for users: it forgives nothing, has no ladder of its own
// worth the name, and imports a WebSocket package that the library itself
// imports in one place only.
//
// # How it works
//
// A leg is one goroutine that carries the session over one transport: a loop of
// polls, an SSE stream with what it needs, a WebSocket. Legs come and go; the
// session's numbers, queues and the right to attach are the Client's. The leg
// that wrote the highest attach number has that right (the attacher); a leg
// that another has overtaken reads on until it ends, and attaches no more. The
// welcomed leg with the highest number is the carrier. Uploads over HTTP are one
// goroutine's, for the life of the client.
//
// Everything waits on channels and timers of package time, so that all of it
// works inside a bubble of testing/synctest.
package wireclient
