// Command centrifuge is the centrifuge side of the browser benchmark, as its
// documentation sets it up: one channel, tick, no history. It has a module of
// its own so that its requirements are nobody else's. Its orders are those of
// ../server.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
)

const channel = "tick"

func main() {
	site := flag.String("site", ".", "`directory` of the page's files")
	flag.Parse()
	if err := serve(*site); err != nil {
		log.Fatal(err)
	}
}

func serve(site string) error {
	node, err := newNode()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/connection/websocket", anybody(centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{})))
	mux.Handle("/connection/sse", anybody(centrifuge.NewSSEHandler(node, centrifuge.SSEConfig{})))
	mux.Handle("/connection/http_stream", anybody(centrifuge.NewHTTPStreamHandler(node, centrifuge.HTTPStreamConfig{})))
	mux.Handle("/emulation", centrifuge.NewEmulationHandler(node, centrifuge.EmulationConfig{}))
	mux.Handle("/site/", fresh(http.StripPrefix("/site/", http.FileServer(http.Dir(site)))))
	mux.HandleFunc("POST /run", func(w http.ResponseWriter, r *http.Request) {
		events, _ := strconv.Atoi(r.FormValue("events"))
		rate, _ := strconv.Atoi(r.FormValue("rate"))
		var carried []string
		for _, c := range node.Hub().Connections() {
			carried = append(carried, c.Transport().Name())
		}
		go func() { // ends with the last event
			publish := func(b []byte) error { _, err := node.Publish(channel, b); return err }
			if err := run(events, rate, publish); err != nil {
				log.Print(err)
			}
		}()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"transport":%q}`, strings.Join(carried, ","))
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux}
	go func() { // ends with standard input
		io.Copy(io.Discard, os.Stdin)
		server.Close()
	}()
	fmt.Printf("{\"port\":%d}\n", l.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return node.Shutdown(context.Background())
}

func newNode() (*centrifuge.Node, error) {
	// 10,000 events wait at once, 2 MB; the default bound is 1 MiB.
	node, err := centrifuge.New(centrifuge.Config{ClientQueueMaxSize: 8 << 20})
	if err != nil {
		return nil, err
	}
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
	})
	return node, node.Run()
}

// anybody may connect.
func anybody(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{})
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// fresh keeps the browser from caching, compiled code included.
func fresh(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// run emits what is due, every millisecond if there is a rate.
func run(events, rate int, emit func([]byte) error) error {
	start := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; n < events; <-tick.C {
		due := events
		if rate > 0 {
			due = min(events, int(time.Since(start).Seconds()*float64(rate)))
		}
		for n < due {
			n++
			if err := emit(event(n)); err != nil {
				return err
			}
		}
	}
	return nil
}

var filler = strings.Repeat("abcdefghijklmnopqrstuvwxyz", 5)

// event returns the nth event: 128 bytes of JSON.
func event(n int) []byte {
	const format = `{"n":%d,"at":1700000000000,"text":"%s"}`
	return fmt.Appendf(nil, format, n, filler[:128-len(fmt.Sprintf(format, n, ""))])
}
