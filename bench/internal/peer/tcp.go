package peer

import (
	"bufio"
	"net"
	"sync"

	"github.com/everwire/everwire/bench/control"
)

// tcp is written by hand, for comparison: lines over bare TCP. A broadcast is one write for each connection by the
// goroutine that broadcasts; there are no queues, no frames, no handshake and no session. Its one courtesy is to answer
// what a client sends.
func tcp() {
	l := control.Listen()
	var mu sync.Mutex
	var conns []net.Conn
	greeting := []byte(control.Payload(0) + "\n")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			_, _ = c.Write(greeting)
			conns = append(conns, c)
			mu.Unlock()
			go echoLines(c, func() {
				mu.Lock()
				defer mu.Unlock()
				for i, o := range conns {
					if o == c {
						conns = append(conns[:i], conns[i+1:]...)
						return
					}
				}
			})
		}
	}()
	broadcast := func(p string) {
		b := []byte(p + "\n")
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			_, _ = c.Write(b)
		}
	}
	control.Run(l, "", broadcast, broadcast)
}

func echoLines(c net.Conn, gone func()) {
	defer gone()
	defer c.Close()
	r := bufio.NewReaderSize(c, 256)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if _, err := c.Write(line); err != nil {
			return
		}
	}
}
