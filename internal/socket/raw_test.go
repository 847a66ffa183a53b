//go:build unix

package socket_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/everwire/everwire/internal/socket"
)

// TestWriteToAFullSocket: it takes what fits, then nothing, and neither waits
// nor fails; when the peer has read it goes on.
func TestWriteToAFullSocket(t *testing.T) {
	server, client := sockets(t)
	_ = server.(*net.TCPConn).SetWriteBuffer(64 << 10)
	_ = client.SetReadDeadline(time.Now().Add(10 * time.Second))

	written, p := 0, make([]byte, 500)
	for {
		n, err := socket.TryWrite(server, p)
		if err != nil {
			t.Fatalf("behind %d bytes: %v", written, err)
		}
		written += n
		if n == 0 {
			break
		}
	}
	if n, err := io.CopyN(io.Discard, client, int64(written)); err != nil {
		t.Fatalf("read %d of %d bytes: %v", n, written, err)
	}
	// All has been confirmed by the kernel, or is about to be: a write that waits
	// shows that there is room again.
	if _, err := server.Write(p); err != nil {
		t.Fatal(err)
	}
	if n, err := socket.TryWrite(server, p[:1]); n != 1 || err != nil {
		t.Errorf("got %d, %v, want 1 byte written", n, err)
	}
	_ = server.Close()
	if n, err := socket.TryWrite(server, p); n != 0 || err == nil {
		t.Errorf("after Close: got %d, %v, want an error", n, err)
	}
}
