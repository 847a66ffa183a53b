package socket

import (
	"net"

	"github.com/everwire/everwire/transport"
)

// TryWrite is the write without blocking, which shows nowhere outside when it
// takes nothing.
func TryWrite(nc net.Conn, p []byte) (int, error) {
	return tryWrite(rawConn(nc), &transport.Scratch{Buf: p})
}

// ReadOnce and WriteOnce are the calls themselves.
var (
	ReadOnce  = readOnce
	WriteOnce = writeOnce
)
