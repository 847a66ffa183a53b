package socket_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/everwire/everwire/internal/socket"
)

// TestReader: what is written comes out, deadlines and ends are told, over a
// plain socket and over a connection that has none.
func TestReader(t *testing.T) {
	for name, connect := range map[string]func(testing.TB) (server, client net.Conn){
		"a socket": sockets,
		"no socket": func(tb testing.TB) (net.Conn, net.Conn) {
			server, client := net.Pipe()
			tb.Cleanup(func() { _ = client.Close(); _ = server.Close() })
			return server, client
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, client := connect(t)
			r := socket.NewReader(server)
			all := make([]byte, 100_000)
			for i := range all {
				all[i] = byte(i * i >> 8)
			}
			wrote := make(chan error, 1)
			go func() {
				_, err := client.Write(all)
				wrote <- err
			}()
			for at := 0; at < len(all); {
				p, err := r.Read()
				if err != nil {
					t.Fatalf("after %d bytes: %v", at, err)
				}
				for i := range p {
					if p[i] != all[at+i] {
						t.Fatalf("byte %d is wrong", at+i)
					}
					p[i] = 0 // it is ours
				}
				at += len(p)
				r.Free()
				r.Free() // again is nothing
			}
			if err := <-wrote; err != nil {
				t.Fatal(err)
			}
			_ = server.SetReadDeadline(time.Now().Add(-time.Second))
			if _, err := r.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("behind the deadline: %v", err)
			}
			_ = server.SetReadDeadline(time.Time{})
			// The last words and the end come at once.
			go func() {
				_, _ = io.WriteString(client, "bye")
				_ = client.Close()
			}()
			said := ""
			for {
				p, err := r.Read()
				said += string(p)
				r.Free()
				if err != nil {
					if err != io.EOF || said != "bye" {
						t.Errorf("got %q, %v, want bye and the end", said, err)
					}
					break
				}
			}
			_ = server.Close()
			if _, err := r.Read(); err == nil || err == io.EOF {
				t.Errorf("after Close: got %v, want an error of its own", err)
			}
		})
	}
}
