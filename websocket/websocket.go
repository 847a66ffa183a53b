// Package websocket carries a session over a WebSocket (RFC 6455) in both
// directions, one frame a message, or all that waits for a client that takes
// several. An idle connection costs the goroutine that reads and no buffers: what
// is ready is written by a transport.Flusher that all connections share
// (PROTOCOL.md, WebSocket).
package websocket

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/socket"
	"github.com/everwire/everwire/transport"
)

// Subprotocol is what a client must offer (RFC 6455 section 1.9): a WebSocket
// without it is not meant for this endpoint.
const Subprotocol = "everwire.1"

// Transport is the WebSocket transport; use a pointer to one. The zero value is
// ready.
type Transport struct {
	// Compression offers permessage-deflate (RFC 7692) without context
	// takeover, so that a broadcast is still compressed once for all members.
	// It is used for frames of 1 KiB and more. Off by default: it costs CPU and, for
	// each connection that receives compressed messages, memory.
	Compression bool

	flusher transport.Flusher
}

var _ transport.Transport = (*Transport)(nil)

// Name returns "websocket".
func (*Transport) Name() string { return "websocket" }

// smallest is for the buffers of gorilla, which makes the handshake only.
const smallest = 16

// answer is what gorilla says besides. Only read.
var answer = http.Header{"Sec-Websocket-Protocol": {Subprotocol}}

// gorilla uses it for messages that it writes itself, which are none.
var writeBuffers sync.Pool

// Serve upgrades the connection and returns; a goroutine of its own reads from
// it until it ends.
func (t *Transport) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	if err := checkUpgrade(w, r); err != nil {
		return refuse(w, err)
	}
	var refusal error
	u := gorilla.Upgrader{
		ReadBufferSize:    smallest,
		WriteBufferSize:   smallest,
		WriteBufferPool:   &writeBuffers,
		CheckOrigin:       func(*http.Request) bool { return true }, // checked for all transports before
		EnableCompression: t.Compression,
		Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			if refusal = transport.ErrHello; status == http.StatusInternalServerError {
				refusal = transport.ErrTransport // the writer cannot hijack
			}
			_ = refuse(w, refusal)
		},
	}
	ws, err := u.Upgrade(hijacker{w}, r, answer)
	if err != nil {
		if refusal != nil {
			return refusal
		}
		return err
	}
	c := newConn(t, ws.NetConn(), r, d)
	go c.begin() // ends when the connection ends
	return nil
}

// refuse answers a handshake. One that is of another version, or none at all, is
// told the version to use (RFC 6455 section 4.4).
func refuse(w http.ResponseWriter, err error) error {
	if errors.Is(err, transport.ErrHello) {
		w.Header().Set("Sec-WebSocket-Version", "13")
	}
	transport.WriteError(w, err, false)
	return err
}

// checkUpgrade looks for what gorilla does not tell apart.
func checkUpgrade(w http.ResponseWriter, r *http.Request) error {
	h := r.Header
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", "GET, OPTIONS")
		return transport.ErrMethod
	case h.Get("Sec-WebSocket-Key1") != "": // draft 76: answer fast, it sends 8 bytes more and waits
		w.Header().Set("Connection", "close")
		return transport.ErrHello
	case !gorilla.IsWebSocketUpgrade(r):
		// A proxy that drops hop-by-hop headers, or HTTP/2: no WebSocket here.
		return transport.ErrTransport
	case h.Get("Sec-WebSocket-Version") != "13":
		return transport.ErrHello
	}
	if !offersUs(r) {
		return transport.ErrHello
	}
	return nil
}

// hijacker gives gorilla the connection from below middleware, which gorilla
// does not look through.
type hijacker struct {
	http.ResponseWriter
}

// Hijack takes the connection over.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}

// newConn makes the connection of an upgraded socket.
func newConn(t *Transport, nc net.Conn, r *http.Request, d transport.Door) *conn {
	c := &conn{
		nc:       nc,
		door:     d,
		compress: t.Compression && offersDeflate(r),
		reader:   socket.NewReader(nc),
	}
	c.over = func() {
		c.writer.Note() // the welcome, if that waits
		go c.read()     // ends when the connection ends
	}
	c.in.inflate = c.compress
	c.bound()
	c.life = newLife(r.Context())
	c.writer = c.reader.Writer(&t.flusher, d.Limits().WriteTimeout, c)
	c.request = r.Clone(c.life) // middleware has r back before the hello comes
	c.await()
	return c
}

// offers reports whether a list of the handshake has such an element. It may stand
// in several fields (RFC 6455 section 11.3), of which gorilla reads the first where
// they are subprotocols.
func offers(r *http.Request, header string, such func(element string) bool) bool {
	for _, value := range r.Header.Values(header) {
		for element := range strings.SplitSeq(value, ",") {
			if such(strings.TrimSpace(element)) {
				return true
			}
		}
	}
	return false
}

// offersUs reports whether the client offers our subprotocol.
func offersUs(r *http.Request) bool {
	return offers(r, "Sec-WebSocket-Protocol", func(name string) bool { return name == Subprotocol })
}

// offersDeflate reports whether the client offered what gorilla then accepts.
func offersDeflate(r *http.Request) bool {
	return offers(r, "Sec-WebSocket-Extensions", func(extension string) bool {
		name, _, _ := strings.Cut(extension, ";")
		return strings.TrimSpace(name) == "permessage-deflate"
	})
}
