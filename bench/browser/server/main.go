// Command server is the Everwire side of the browser benchmark. It serves the
// page's files at /site/ and the sessions at /everwire/; POST /run?events=N&rate=R
// emits N events to the newest session, R a second or, if R is 0, all at once.
//
// It prints one line of JSON, {"port":N}, and ends when its standard input is closed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/everwire/everwire"
)

func main() {
	site := flag.String("site", ".", "`directory` of the page's files")
	flag.Parse()
	if err := serve(*site); err != nil {
		log.Fatal(err)
	}
}

func serve(site string) error {
	// 10,000 events wait at once, 1.5 MB; the default bound is 1 MiB.
	rt := everwire.New(everwire.Options{QueueBytes: 8 << 20})
	var newest atomic.Pointer[everwire.Session] // those of closed pages still wait for them to come back
	rt.OnConnect(func(s *everwire.Session) error { newest.Store(s); return nil })
	mux := http.NewServeMux()
	mux.Handle("/everwire/", rt)
	mux.Handle("/site/", fresh(http.StripPrefix("/site/", http.FileServer(http.Dir(site)))))
	mux.HandleFunc("POST /run", func(w http.ResponseWriter, r *http.Request) {
		events, _ := strconv.Atoi(r.FormValue("events"))
		rate, _ := strconv.Atoi(r.FormValue("rate"))
		s := newest.Load()
		if s == nil {
			http.Error(w, "no session", http.StatusConflict)
			return
		}
		go func() { // ends with the last event
			if err := run(events, rate, func(b []byte) error { return s.Emit("tick", json.RawMessage(b)) }); err != nil {
				log.Print(err)
			}
		}()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"transport":%q}`, s.Transport())
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
	return nil
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
