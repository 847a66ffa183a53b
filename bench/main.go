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
	jobs := flag.String("jobs", "", "only these jobs: websocket, echo, typed, opening, sse, longpoll, resume, growth, bytes, link")
	dir := flag.String("dir", ".", "the directory of this module")
	profile := flag.String("profile", "", "write CPU profiles into this `directory`")
	flag.Parse()
	if err := bench(*rounds, *short, list(*only), list(*jobs), *dir, *profile); err != nil {
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

// benchFlags is what stood on the command line, as make takes it.
func benchFlags() string {
	var args []string
	flag.Visit(func(f *flag.Flag) {
		if f.Name != "dir" {
			args = append(args, "-"+f.Name+"="+f.Value.String())
		}
	})
	if len(args) == 0 {
		return ""
	}
	return `BENCHFLAGS="` + strings.Join(args, " ") + `"`
}

func bench(rounds int, short bool, only, jobs []string, dir, profile string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	sizes := run.Sizes{Sessions: 1000, HTTP: 500, Openings: 1000, Warm: 3000, Seconds: 1.5, Echoes: 2000, Growth: []int{100, 1000, 4000, 8000}, Missed: 20, Idle: 126 * time.Second, Rounds: rounds}
	if short {
		sizes = run.Sizes{Sessions: 200, HTTP: 100, Openings: 200, Warm: 600, Seconds: 0.05, Echoes: 50, Growth: []int{100, 1000}, Missed: 20, Idle: 5 * time.Second, Rounds: rounds}
	}
	r := run.Runner{Sizes: sizes, Dir: dir, Self: self, Only: only, Jobs: jobs, Log: os.Stderr, Profile: profile,
		Commandline: strings.TrimSpace("make bench " + benchFlags()),
	}
	return r.Run()
}
