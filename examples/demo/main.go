// Command demo is a page on localhost that compares the transports: polling,
// long-polling, server-sent events and WebSocket side by side, each a client
// of the same server that gets the same events, and below them one that may
// take whichever works, behind a proxy that breaks what you tell it to.
//
//	go run ./examples/demo
//	curl -d text=hi http://127.0.0.1:8080/say
//
// Every number on the page is counted where it happens: bytes and connections
// at the server's sockets, events at the emit.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on; the panels take free ports of the same host")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	host := l.Addr().(*net.TCPAddr).IP
	if host.IsUnspecified() {
		log.Fatal("-addr must name one address: the panels' addresses are made from it")
	}
	fmt.Printf("Transports side by side on http://%s/ (Ctrl-C ends it)\n", l.Addr())
	h := newHouse(l.Addr().String(), func() (net.Listener, error) {
		return net.Listen("tcp", net.JoinHostPort(host.String(), "0"))
	})
	if err := serve(ctx, l, h); err != nil {
		log.Fatal(err)
	}
}

// serve runs the page until ctx is done; then the sessions leave in order, and
// after them the stages and the page.
func serve(ctx context.Context, l net.Listener, h *house) error {
	srv := &http.Server{Handler: h.routes(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }() // ends at Shutdown
	select {
	case err := <-ended:
		h.close()
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = h.rt.Shutdown(ctx) // a page that polls less often is not told; it will see
	h.close()
	ctx, cancel = context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}
