package transport

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Code says how a connection, request or session ended. Over HTTP the status
// is the code less 4000 (PROTOCOL.md, the table of codes).
type Code uint16

// The codes of the protocol. Applications use CodeApp to CodeAppLast.
const (
	CodeNormal      Code = 4000 // in order
	CodeApp         Code = 4100 // the first of the app's own
	CodeAppLast     Code = 4199 // the last of them
	CodeBad         Code = 4400 // a breach of the protocol
	CodeAuth        Code = 4401 // Authorize refused
	CodeForbidden   Code = 4403 // the origin, or the app, forbids it
	CodeUnknown     Code = 4404 // no such session
	CodeMethod      Code = 4405 // not this method here
	CodeTransport   Code = 4406 // not this transport here
	CodeTimeout     Code = 4408 // no hello in time, or silence
	CodeConflict    Code = 4409 // stale, or replaced by a newer attach
	CodeGone        Code = 4410 // the session has ended
	CodeSize        Code = 4413 // larger than the limits
	CodeVersion     Code = 4426 // no common version
	CodeRate        Code = 4429 // too many openings or sessions
	CodeInternal    Code = 4500 // a fault of the server
	CodeUnavailable Code = 4503 // it goes down, or is busy
)

// A CloseError is the end of a connection, request or session, as it is told
// to the peer. Reason is one word of the table of codes, or the app's own text
// for the codes that an app may use, of which a peer is told 123 bytes. It
// matches with errors.Is any CloseError of the same code and reason, and ErrClosed
// where the code is one of an end in order: CodeNormal, or one of an app.
type CloseError struct {
	Code   Code          // for programs
	Reason string        // one word, or the app's text
	After  time.Duration // do not retry before; 0 is none
}

// Error returns the code and the reason.
func (e *CloseError) Error() string { return fmt.Sprintf("everwire: %d %s", e.Code, e.Reason) }

// Is reports whether target is a CloseError of the same code and reason, or
// ErrClosed where e is an end in order.
func (e *CloseError) Is(target error) bool {
	t, ok := target.(*CloseError)
	return ok && (t.Code == e.Code && t.Reason == e.Reason || t == ErrClosed && e.Code < CodeBad)
}

const (
	// maxReason is the length of the longest reason, in bytes: the close frame of
	// a WebSocket has no room for more (RFC 6455 section 5.5).
	maxReason = 123

	// maxCode is the highest code that may be sent (PROTOCOL.md section 3.3).
	maxCode = 4999
)

// Frame returns the error as the frame that tells it to the peer. A reason that
// is too long, or not UTF-8, is made one that can stand in every frame, a code
// that may not be sent becomes CodeForbidden.
func (e *CloseError) Frame() *Frame {
	code, reason := e.Code, strings.ToValidUTF8(e.Reason, "\uFFFD")
	if code < CodeNormal || code > maxCode {
		code = CodeForbidden
	}
	if len(reason) > maxReason {
		cut := maxReason
		for !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	return &Frame{Kind: KindError, Num: uint64(code), Name: reason, Token: uint64(max(e.After, 0).Milliseconds())}
}

// The ends that the protocol knows.
var (
	ErrFrame     = &CloseError{Code: CodeBad, Reason: "frame"}                             // malformed frame or body
	ErrHello     = &CloseError{Code: CodeBad, Reason: "hello"}                             // malformed or missing hello
	ErrCount     = &CloseError{Code: CodeBad, Reason: "count"}                             // the two ends count differently
	ErrGap       = &CloseError{Code: CodeBad, Reason: "gap"}                               // a frame is missing before this one
	ErrConfirm   = &CloseError{Code: CodeBad, Reason: "confirm"}                           // a confirm above what was sent
	ErrUTF8      = &CloseError{Code: CodeBad, Reason: "utf8"}                              // text that is not UTF-8
	ErrAuth      = &CloseError{Code: CodeAuth, Reason: "auth"}                             // Authorize said no
	ErrOrigin    = &CloseError{Code: CodeForbidden, Reason: "origin"}                      // pages of this origin may not connect
	ErrForbidden = &CloseError{Code: CodeForbidden, Reason: "forbidden"}                   // OnConnect said no
	ErrUnknown   = &CloseError{Code: CodeUnknown, Reason: "unknown"}                       // no such session
	ErrMethod    = &CloseError{Code: CodeMethod, Reason: "method"}                         // not this method here
	ErrTransport = &CloseError{Code: CodeTransport, Reason: "transport"}                   // this transport cannot work here
	ErrTimeout   = &CloseError{Code: CodeTimeout, Reason: "timeout"}                       // no hello, or silence
	ErrStale     = &CloseError{Code: CodeConflict, Reason: "stale"}                        // an attach number that is not higher
	ErrReplaced  = &CloseError{Code: CodeConflict, Reason: "replaced"}                     // a newer attach took the session over
	ErrExpired   = &CloseError{Code: CodeGone, Reason: "expired"}                          // the resume window ran out
	ErrOverflow  = &CloseError{Code: CodeGone, Reason: "overflow"}                         // the queue ran over
	ErrClosed    = &CloseError{Code: CodeGone, Reason: "closed"}                           // the session has been closed
	ErrSize      = &CloseError{Code: CodeSize, Reason: "size"}                             // larger than the limits
	ErrVersion   = &CloseError{Code: CodeVersion, Reason: "version"}                       // no common version
	ErrRate      = &CloseError{Code: CodeRate, Reason: "rate", After: time.Second}         // too many openings from one address
	ErrSessions  = &CloseError{Code: CodeRate, Reason: "sessions", After: 5 * time.Second} // too many sessions
	ErrInternal  = &CloseError{Code: CodeInternal, Reason: "internal"}                     // a fault of the server
	ErrDrain     = &CloseError{Code: CodeUnavailable, Reason: "drain", After: time.Second} // the server goes down
	ErrBusy      = &CloseError{Code: CodeUnavailable, Reason: "busy", After: time.Second}  // too much at once
)
