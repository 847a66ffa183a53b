// Package control is what a benchmark server and the runner say to each other: lines on the server's standard input,
// lines on its standard output. It is the same for every server, so that none pays for being told what to do.
//
//	ready ADDRESS VERSION   the server listens (its first line)
//	b N                     broadcast N events, one after the other
//	r N                     N rounds of one event to each of the rooms of one member
//	gc                      collect garbage, give memory back, answer "ok"
//	cpu FILE, stop          write a CPU profile, for curious people
//
// At the end of its standard input a server ends.
package control

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

// Size is the length of every payload.
const Size = 126

// letters is what every payload has behind its number.
var letters = strings.Repeat("everwire bench ", 8)[:Size-12]

// Payload returns the text of event n: its number between '#' and ':', and then letters. No format escapes any of it.
// Event 0 is the greeting that every session gets first.
func Payload(n int) string { return fmt.Sprintf("#%010d:%s", n, letters) }

// Number returns n where b begins with the number of event n as Payload writes it, and whether it does.
func Number(b []byte) (n int, ok bool) {
	if len(b) < 12 || b[0] != '#' || b[11] != ':' {
		return 0, false
	}
	for _, c := range b[1:11] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Event returns n where b is Payload(n), all of it and nothing more, and whether it is one.
func Event(b []byte) (n int, ok bool) {
	if len(b) != Size || string(b[12:]) != letters {
		return 0, false
	}
	return Number(b)
}

// Version returns the version of a module that this program is built with, or fallback.
func Version(module, fallback string) string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return fallback
	}
	for _, m := range info.Deps {
		if m.Path == module && m.Replace == nil {
			return m.Version
		}
	}
	return fallback
}

// Listen listens on a free port of 127.0.0.1.
func Listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return l
}

// HTTP serves h on l until the program ends, with the limits that a public server has.
func HTTP(l net.Listener, h http.Handler) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { fmt.Fprintln(os.Stderr, srv.Serve(l)) }()
}

// input is standard input for a read that waits in Go's poller, as reads from a network do. One that holds a thread has
// Go's monitor take that thread's processor away, and look for more of the kind every 20 us for a while: costs of the
// control, not of the server. Only the pipe of the runner is made so: a terminal is shared with others.
func input() *os.File {
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return os.Stdin
	}
	if err := syscall.SetNonblock(syscall.Stdin, true); err != nil {
		return os.Stdin
	}
	return os.NewFile(uintptr(syscall.Stdin), "standard input")
}

// Run says that l is ready and obeys until standard input ends. broadcast sends an event to all sessions, rooms (may be
// nil) one to each room of one member.
func Run(l net.Listener, version string, broadcast, rooms func(payload string)) {
	fmt.Println("ready", l.Addr(), version)
	in := bufio.NewScanner(input())
	next := 0
	for in.Scan() {
		var what, arg string
		fmt.Sscan(in.Text(), &what, &arg)
		var n int
		fmt.Sscan(arg, &n)
		switch what {
		case "b":
			for range n {
				next++
				broadcast(Payload(next))
			}
		case "r":
			for range n {
				next++
				rooms(Payload(next))
			}
		case "gc":
			runtime.GC()
			runtime.GC()
			debug.FreeOSMemory()
			fmt.Println("ok")
		case "cpu":
			if f, err := os.Create(arg); err == nil {
				_ = pprof.StartCPUProfile(f)
			}
		case "stop":
			pprof.StopCPUProfile()
			fmt.Println("ok")
		}
	}
}
