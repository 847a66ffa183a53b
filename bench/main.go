//go:build linux

// Command bench measures Everwire beside its peers and writes RESULTS.md. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/everwire/everwire/bench/internal/peer"
	"github.com/everwire/everwire/bench/internal/run"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		if err := peer.Serve(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	rounds := flag.Int("rounds", 5, "rounds; medians are of them")
	short := flag.Bool("short", false, "less of everything, to see that it works")
	only := flag.String("peers", "", "only these peers, separated by commas")
	jobs := flag.String("jobs", "", "only these jobs: websocket, echo, typed, sse, longpoll, resume, growth, bytes, link")
	dir := flag.String("dir", ".", "the directory of this module")
	flag.Parse()
	if err := bench(*rounds, *short, list(*only), list(*jobs), *dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func bench(rounds int, short bool, only, jobs []string, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	sizes := run.Sizes{Sessions: 1000, HTTP: 500, Seconds: 1, Echoes: 400, Growth: []int{100, 1000, 4000, 8000}, Missed: 20, Idle: 125 * time.Second, Rounds: rounds}
	if short {
		sizes = run.Sizes{Sessions: 200, HTTP: 100, Seconds: 0.1, Echoes: 50, Growth: []int{100, 1000}, Missed: 20, Idle: 5 * time.Second, Rounds: rounds}
	}
	r := run.Runner{Sizes: sizes, Dir: dir, Self: self, Only: only, Jobs: jobs, Log: os.Stderr}
	return r.Run()
}
