//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket_test

import (
	"fmt"
	"net"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/socket"
)

// TestCallsNeverWait: a read and a write return at once even where an app has
// made the socket wait, as os.File.Fd does: a call of which the scheduler does
// not know would hold a processor for as long as it waits.
func TestCallsNeverWait(t *testing.T) {
	for _, size := range []int{4 << 10, 1 << 20} { // a large write is another call
		t.Run(fmt.Sprint(size), func(t *testing.T) { neverWaits(t, size) })
	}
}

func neverWaits(t *testing.T, size int) {
	server, client := sockets(t)
	raw, err := server.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	// What would wait fails the test, by way of the peer, instead of hanging it. That
	// takes a processor beside the one that a call holds.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))))
	late := time.AfterFunc(10*time.Second, func() { client.Close() })
	defer late.Stop()
	err = raw.Control(func(fd uintptr) {
		if err := syscall.SetNonblock(int(fd), false); err != nil {
			t.Error(err)
		}
		p := make([]byte, size)
		if n, err := socket.ReadOnce(fd, p); n != 0 || err != syscall.EAGAIN {
			t.Errorf("read of nothing: got %d, %v, want EAGAIN", n, err)
		}
		for i := 0; ; i++ {
			n, err := socket.WriteOnce(fd, p)
			if err != nil {
				t.Errorf("write %d: %v", i, err)
			}
			if n == 0 || err != nil {
				break
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
	if !late.Stop() {
		t.Error("a call has waited")
	}
}

// TestCallsAreToldAgain: what calls leave untold ends, also where they are made
// in a bubble, whose time is not that of a timer from outside.
func TestCallsAreToldAgain(t *testing.T) {
	calls := readsOfNothing(t)
	toldAgain(t, "of other tests")
	untold(t, calls)
	toldAgain(t, "outside of a bubble")
	synctest.Test(t, func(*testing.T) {
		for range 100 {
			calls()
		}
	})
	toldAgain(t, "in a bubble")
}

// TestCallsStayUntold: calls are left untold as long as any are made.
func TestCallsStayUntold(t *testing.T) {
	calls := readsOfNothing(t)
	for end := time.Now().Add(10 * time.Second); ; {
		if time.Now().After(end) {
			t.Fatal("the timer is not to be had before it is due")
		}
		untold(t, calls)
		due := true // still in hand: it was not due by itself
		for range 2 {
			if due = due && socket.Due(); due && !socket.Untold() {
				t.Fatal("told again though calls were made")
			}
			calls()
		}
		for range 2 { // for the last call, and for none
			due = due && socket.Due()
		}
		if !due {
			continue
		}
		if socket.Untold() {
			t.Fatal("left untold though no call was made")
		}
		return
	}
}

// TestCallsFarApartAreTold: it is only calls that follow each other quickly that
// are left untold.
func TestCallsFarApartAreTold(t *testing.T) {
	calls := readsOfNothing(t)
	toldAgain(t, "of other tests")
	for i := range 100 {
		socket.Rest()
		if calls(); socket.Untold() {
			t.Fatalf("call %d is left untold", i+1)
		}
	}
}

// TestSomeReadsAreTold: while calls are left untold, some reads are not.
func TestSomeReadsAreTold(t *testing.T) {
	calls := readsOfNothing(t)
	untold(t, calls)
	told := 0
	for range 100_000 {
		if !socket.Untold() { // a pause of more than 20 ms
			untold(t, calls)
		}
		if socket.TellRead() {
			told++
		}
	}
	// One in 48 is 2,083, with a deviation of 45; calls that begin anew are some more.
	if told < 1_700 || told > 3_000 {
		t.Errorf("told %d of 100,000 reads, want one in 48", told)
	}
}

// readsOfNothing returns what makes a call that finds nothing.
func readsOfNothing(t *testing.T) func() {
	server, _ := sockets(t)
	raw, err := server.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		err := raw.Control(func(fd uintptr) {
			if n, err := socket.ReadOnce(fd, make([]byte, 1)); n != 0 || err != syscall.EAGAIN {
				t.Errorf("read of nothing: got %d, %v, want EAGAIN", n, err)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// untold makes calls until they are left untold.
func untold(t *testing.T, calls func()) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !socket.Untold(); {
		if calls(); time.Now().After(end) {
			t.Fatal("all calls are told, want none behind many for a while")
		}
	}
}

// toldAgain waits until calls are told.
func toldAgain(t *testing.T, after string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); socket.Untold(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("calls are still left untold, 10 s after those ", after)
		}
	}
}
