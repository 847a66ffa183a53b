//go:build unix

package socket

import (
	"net"
	"syscall"
)

// errNothing is what readOnce returns where there is nothing to read yet.
const errNothing = syscall.EAGAIN

// rawConn returns the socket below nc where it can be written without blocking:
// just the plain sockets, as a wrapper's Write may do more.
func rawConn(nc net.Conn) syscall.RawConn {
	var sc syscall.Conn
	switch c := nc.(type) {
	case *net.TCPConn:
		sc = c
	case *net.UnixConn:
		sc = c
	default:
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
