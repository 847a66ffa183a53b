//go:build linux

package everwire_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/transport"
)

// servesFair makes a process of this test the server.
const servesFair = "EVERWIRE_TEST_SERVES_FAIR"

// TestHandlerThatComputes: a handler that computes does not hold up another
// session on the same processor: Go's scheduler takes the processor from it. That
// is to be so, too, when the scheduler's monitor slept as the message came. The
// server is a process of its own, as the calls of a client in it would wake the
// monitor.
func TestHandlerThatComputes(t *testing.T) {
	if os.Getenv(servesFair) != "" {
		serveFair(t)
		return
	}
	server := startFair(t)
	computes, other := openWebSocket(t, server.url, "key-of-the-one-that-computes"), openWebSocket(t, server.url, "key-of-the-other-session")
	for _, ws := range []*gorilla.Conn{computes, other} {
		_ = ws.SetReadDeadline(time.Now().Add(time.Minute)) // what does not come fails the test
	}
	n := 0
	free := func() { // ends what computes, if that does
		n++
		callOver(t, other, fmt.Appendf(nil, `[2,%d,"free",%d]`, n, n), fmt.Sprintf("[3,%d,null]", n))
	}
	for round, before := range []int{0, 1, 2, 3, 5, 10, 20, 40} {
		server.rests(t)
		for range before { // some calls, so that the next one is not the first
			free()
		}
		server.sleeps(t)
		if err := computes.WriteMessage(gorilla.TextMessage, fmt.Appendf(nil, `[2,%d,"compute",%d]`, round+1, n+1)); err != nil {
			t.Fatal(err)
		}
		server.computes(t)
		free()
		if got, want := nextAck(t, computes), fmt.Sprintf("[3,%d,true]", round+1); got != want {
			t.Errorf("computing %d calls after a rest: got %s, want %s: it held up the other session", before, got, want)
		}
	}
}

// serveFair serves until its standard input ends. "compute" computes until "free"
// was called with its number, and says whether it was, in 5 s.
func serveFair(t *testing.T) {
	rt := everwire.New(everwire.Options{Logger: slog.New(slog.DiscardHandler)})
	var freed atomic.Int64
	everwire.Handle(rt, "free", func(_ *everwire.Session, n int64) (*int, error) {
		freed.Store(n)
		return nil, nil
	})
	everwire.Handle(rt, "compute", func(_ *everwire.Session, n int64) (bool, error) {
		for began := time.Now(); freed.Load() < n; {
			if time.Since(began) > 5*time.Second {
				return false, nil
			}
		}
		return true, nil
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: rt}
	go func() { _ = server.Serve(ln) }()
	fmt.Println(ln.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = server.Close()
	_ = rt.Shutdown(transport.Done)
}

// A fairServer is a server in a process of its own, with one processor.
type fairServer struct {
	url   string
	tasks string // the threads, in /proc
}

func startFair(t *testing.T) *fairServer {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHandlerThatComputes$", "-test.count=1")
	cmd.Env = append(os.Environ(), servesFair+"=1", "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Error("server: ", err)
		}
	})
	var addr string
	if _, err := fmt.Fscanln(stdout, &addr); err != nil {
		t.Fatal("server: no address: ", err)
	}
	return &fairServer{"http://" + addr, fmt.Sprintf("/proc/%d/task/*/", cmd.Process.Pid)}
}

// rests waits until the process has done nothing for longer than calls are told
// or left untold for what came before.
func (s *fairServer) rests(t *testing.T) {
	t.Helper()
	last, since := -1, time.Now()
	s.until(t, "schedstat", func(threads []string) bool {
		if now := onCPU(t, threads); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 60*time.Millisecond
	})
}

// sleeps waits until all threads wait for something to happen, and none for the
// end of a time only, as the monitor does while it is awake.
func (s *fairServer) sleeps(t *testing.T) {
	t.Helper()
	pause := strconv.Itoa(syscall.SYS_NANOSLEEP) + " "
	s.until(t, "syscall", func(threads []string) bool {
		return !slices.ContainsFunc(threads, func(thread string) bool {
			return strings.HasPrefix(thread, "running") || strings.HasPrefix(thread, pause)
		})
	})
}

// computes waits until the process has computed for some milliseconds.
func (s *fairServer) computes(t *testing.T) {
	t.Helper()
	began := -1
	s.until(t, "schedstat", func(threads []string) bool {
		now := onCPU(t, threads)
		if began < 0 {
			began = now
		}
		return now-began > int(5*time.Millisecond)
	})
}

// onCPU returns how long threads have run, in ns, by their schedstat.
func onCPU(t *testing.T, threads []string) int {
	t.Helper()
	sum := 0
	for _, thread := range threads {
		first, _, _ := strings.Cut(thread, " ")
		ns, err := strconv.Atoi(first)
		if err != nil {
			t.Fatal(err)
		}
		sum += ns
	}
	if sum == 0 {
		t.Skip("the system does not count how long a thread has run")
	}
	return sum
}

// until looks at a file of all threads until it is as it should be.
func (s *fairServer) until(t *testing.T, file string, is func(threads []string) bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-time.After(100 * time.Microsecond) {
		files, err := filepath.Glob(s.tasks + file)
		if err != nil || len(files) == 0 {
			t.Skipf("no %s%s here, to see what the server does: %v", s.tasks, file, err)
		}
		var threads []string
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil {
				threads = append(threads, string(b))
			} else if os.IsPermission(err) {
				t.Skipf("cannot see what the server does: %v", err)
			}
		}
		if is(threads) {
			return
		}
	}
	t.Fatalf("%s is not what it should be after 10 s", file)
}
