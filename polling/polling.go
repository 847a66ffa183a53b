// Package polling carries a session over short polls: POSTs that are answered at
// once with what is waiting, 204 and no body where nothing is. It works through
// everything that HTTP works through, at the price of a delay of up to the
// polling interval, which the client stretches while nothing happens
// (PROTOCOL.md, polling).
package polling

import (
	"net/http"
	"time"

	"github.com/everwire/everwire/transport"
)

// Transport is the short polling transport. The zero value is ready.
type Transport struct{}

var _ transport.Transport = Transport{}

// Name returns "polling".
func (Transport) Name() string { return "polling" }

// Serve answers one poll.
func (t Transport) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	return transport.ServeBatch(w, r, d, t.Name(), func(transport.Hello, transport.Limits) time.Duration { return 0 })
}
