package transport

import (
	"fmt"
	"time"
)

// Code says how a connection, request or session ended. Over HTTP the status
// is the code less 4000 (PROTOCOL.md, the table of codes).
type Code uint16

// The codes of the protocol. Applications use CodeApp to CodeAppLast.
const (
	CodeNormal      Code = 4000
	CodeApp         Code = 4100
	CodeAppLast     Code = 4199
	CodeBad         Code = 4400
	CodeAuth        Code = 4401
	CodeForbidden   Code = 4403
	CodeUnknown     Code = 4404
	CodeMethod      Code = 4405
	CodeTransport   Code = 4406
	CodeTimeout     Code = 4408
	CodeConflict    Code = 4409
	CodeGone        Code = 4410
	CodeSize        Code = 4413
	CodeVersion     Code = 4426
	CodeRate        Code = 4429
	CodeInternal    Code = 4500
	CodeUnavailable Code = 4503
)

// A CloseError is the end of a connection, request or session, as it is told
// to the peer. Reason is one word of the table of codes, or the app's own text
// for the codes that an app may use. It matches with errors.Is any CloseError
// of the same code and reason.
type CloseError struct {
	Code   Code          // for programs
	Reason string        // one word, or the app's text
	After  time.Duration // do not retry before; 0 is none
}

// Error returns the code and the reason.
func (e *CloseError) Error() string { return fmt.Sprintf("everwire: %d %s", e.Code, e.Reason) }

// Is reports whether target is a CloseError of the same code and reason.
func (e *CloseError) Is(target error) bool {
	t, ok := target.(*CloseError)
	return ok && t.Code == e.Code && t.Reason == e.Reason
}

// Frame returns the error as the frame that tells it to the peer.
func (e *CloseError) Frame() *Frame {
	return &Frame{Kind: KindError, Num: uint64(e.Code), Name: e.Reason, Token: uint64(e.After.Milliseconds())}
}

// The ends that the protocol knows.
var (
	ErrFrame     = &CloseError{Code: CodeBad, Reason: "frame"}   // malformed frame or body
	ErrHello     = &CloseError{Code: CodeBad, Reason: "hello"}   // malformed or missing hello
	ErrCount     = &CloseError{Code: CodeBad, Reason: "count"}   // the two ends count differently
	ErrGap       = &CloseError{Code: CodeBad, Reason: "gap"}     // a frame is missing before this one
	ErrConfirm   = &CloseError{Code: CodeBad, Reason: "confirm"} // a confirm above what was sent
	ErrUTF8      = &CloseError{Code: CodeBad, Reason: "utf8"}    // text that is not UTF-8
	ErrAuth      = &CloseError{Code: CodeAuth, Reason: "auth"}   // Authorize said no
	ErrOrigin    = &CloseError{Code: CodeForbidden, Reason: "origin"}
	ErrForbidden = &CloseError{Code: CodeForbidden, Reason: "forbidden"}
	ErrUnknown   = &CloseError{Code: CodeUnknown, Reason: "unknown"}     // no such session
	ErrMethod    = &CloseError{Code: CodeMethod, Reason: "method"}       // not this method here
	ErrTransport = &CloseError{Code: CodeTransport, Reason: "transport"} // this transport cannot work here
	ErrTimeout   = &CloseError{Code: CodeTimeout, Reason: "timeout"}     // no hello, or silence
	ErrStale     = &CloseError{Code: CodeConflict, Reason: "stale"}      // an attach number that is not higher
	ErrReplaced  = &CloseError{Code: CodeConflict, Reason: "replaced"}   // a newer attach took the session over
	ErrExpired   = &CloseError{Code: CodeGone, Reason: "expired"}        // the resume window ran out
	ErrOverflow  = &CloseError{Code: CodeGone, Reason: "overflow"}       // the queue ran over
	ErrClosed    = &CloseError{Code: CodeGone, Reason: "closed"}         // the session has been closed
	ErrSize      = &CloseError{Code: CodeSize, Reason: "size"}           // larger than the limits
	ErrVersion   = &CloseError{Code: CodeVersion, Reason: "version"}
	ErrRate      = &CloseError{Code: CodeRate, Reason: "rate", After: time.Second}
	ErrSessions  = &CloseError{Code: CodeRate, Reason: "sessions", After: 5 * time.Second}
	ErrInternal  = &CloseError{Code: CodeInternal, Reason: "internal"}
	ErrDrain     = &CloseError{Code: CodeUnavailable, Reason: "drain", After: time.Second}
	ErrBusy      = &CloseError{Code: CodeUnavailable, Reason: "busy", After: time.Second}
)
