// Command embed is Everwire inside an app that has all the rest: routes,
// middleware around everything, a login whose session cookie also opens the
// real-time connection, an HTTP handler and a background job that emit, and a
// shutdown in order:
//
//	go run ./examples/embed
//
// The app is an order desk. Orders are placed by an ordinary form, go their way
// through the house by themselves, and are seen in all windows of their owner.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("The order desk on http://%s/ (Ctrl-C ends it)\n", l.Addr())
	if err := serve(ctx, l, slog.Default()); err != nil {
		log.Fatal(err)
	}
}

// serve runs the app until ctx is done, and then ends it from the inside out:
// the job, so that nothing new comes; the sessions, as http.Server does not know
// the connections that were taken over, and would wait for streams; the server.
func serve(ctx context.Context, l net.Listener, logger *slog.Logger) error {
	a := newApp(logger)
	srv := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }() // ends at Shutdown
	working, done := context.WithCancel(ctx)
	defer done()
	var job sync.WaitGroup
	job.Go(func() { a.work(working) }) // ends with ctx, or with serve
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	job.Wait()
	// Longer than PollMax, 10 s: an idle page on polling is back in that time.
	ctx, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	if err := a.rt.Shutdown(ctx); err != nil {
		logger.Warn("some pages could not be told", "err", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}
