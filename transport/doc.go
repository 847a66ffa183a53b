// Package transport is the seam between sessions and the ways to carry them: the
// frame and its two encodings, hello and welcome, the codes, and the contract
// between a Transport and the Link of a session.
//
// # Overview
//
// A transport pulls. Its own goroutine, or a worker of a Flusher, is the only
// writer of its response, so nothing is written after the end and no lock is
// held while bytes move:
//
//	polling    one Next that does not wait
//	longpoll   one Next with an end, by a clock of the link's if it has one (Holder)
//	sse        a loop of Next and flush in the handler, or by a Flusher where the
//	           connection can be taken over
//	websocket  by a Flusher, and a goroutine that reads and runs handlers (Runner)
//
// A connection begins with a hello, which the transport hands in at the Door.
// What it gets is a Link. Upgrade, downgrade, takeover and resume are the same
// operation: a newer connection attaches with a higher number and says what its
// client has; the older link's Next returns ErrReplaced; what the client does
// not have goes out again.
//
// # Numbers
//
// A counted frame has a number in its direction, for the life of the session.
// It is not in the frame, so that one broadcast has the same bytes for every
// member: a Batch states the number of its first counted frame and the rest
// count on. Counter says where a stream has to state the number anew.
//
// # Concurrency
//
// A Frame must not be changed once it has been handed over; its encoded forms
// are made once and may be asked for from any goroutine. Links are safe for
// concurrent use, but one goroutine at a time calls Next.
//
// # Security
//
// Decoders take bytes from strangers: they check UTF-8, the form of every frame
// and the depth of its JSON, keep no reference to what they read, and refuse
// with a *CloseError of a precise code. They are fuzzed.
package transport
