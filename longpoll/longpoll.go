// Package longpoll carries a session over long polls: POSTs that are held until
// there is something to say or the hold ends with 204. An event costs one
// request and arrives at once (PROTOCOL.md, long-polling).
package longpoll

import (
	"net/http"
	"time"

	"github.com/everwire/everwire/transport"
)

// Transport is the long-polling transport. The zero value is ready.
type Transport struct{}

var _ transport.Transport = Transport{}

// Name returns "longpoll".
func (Transport) Name() string { return "longpoll" }

// Serve answers one poll, held as long as the client wants and the limits allow.
func (t Transport) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	return transport.ServeBatch(w, r, d, t.Name(), hold)
}

func hold(h transport.Hello, lim transport.Limits) time.Duration {
	if h.Wait == 0 || h.Wait >= uint64(lim.Hold.Milliseconds()) {
		return lim.Hold
	}
	return time.Duration(h.Wait) * time.Millisecond
}
