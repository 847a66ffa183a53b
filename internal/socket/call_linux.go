//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The two calls that never wait for the peer (MSG_DONTWAIT, send(2), recv(2)) need
// not tell Go's scheduler that they may wait: it takes the processor from a
// thread that is in a call for 20 us, if only because the system runs another one
// in its place, and the thread has to get one again (docs/performance.md). 386 and
// s390x have these calls under another number, and the detectors of races and
// the like look into the calls of package syscall only.
//
// But the scheduler's monitor, which takes the processor from a goroutine that
// computes for long, sleeps from when no goroutine runs until a call is told, or a
// timer is due. So one call is told, and behind it none as long as a timer is
// pending that is due soon: a handler that computes holds up the others until then
// at most, and for some 20 ms more, which the monitor itself needs.

// untoldFor is how long calls are left untold.
const untoldFor = 20 * time.Millisecond

// quickWrite bounds what a call that is not told may copy: a collection of garbage
// that begins waits for it, some 20 us for so much.
const quickWrite = 128 << 10

var (
	untold    atomic.Bool // tellTimer is pending, or about to be
	tellTimer = sync.OnceValue(func() *time.Timer { return time.AfterFunc(untoldFor, tellAgain) })
)

func tellAgain() { untold.Store(false) }

// tell reports whether the scheduler is to be told of the next call. If so, it
// need not be told of those after it for a while.
func tell() bool {
	if untold.Load() || !untold.CompareAndSwap(false, true) {
		return false
	}
	if inBubble() {
		tellAgain()
	} else {
		tellTimer().Reset(untoldFor) // before the call that wakes the monitor
	}
	return true
}

// inBubble reports whether the time of the caller is that of a bubble of
// testing/synctest, of which a timer from outside must not hear: it would be due
// in decades. Times there have no monotonic reading, which Round takes away.
func inBubble() bool {
	now := time.Now()
	return now == now.Round(0)
}

// writeOnce writes what the socket takes now; a full socket takes 0 bytes.
func writeOnce(fd uintptr, p []byte) (int, error) {
	n, err := call(syscall.SYS_SENDTO, fd, p, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
	if err == syscall.EAGAIN {
		return 0, nil
	}
	return n, err
}

// readOnce reads what there is; nothing is EAGAIN, the end 0 bytes.
func readOnce(fd uintptr, p []byte) (int, error) {
	return call(syscall.SYS_RECVFROM, fd, p, syscall.MSG_DONTWAIT)
}

// call makes a call with the arguments that send and recv have. It is written out
// twice, as a pointer may become a number in the call itself only (package
// unsafe, pattern 4).
func call(number, fd uintptr, p []byte, flags uintptr) (int, error) {
	told := tell() || len(p) > quickWrite
	for {
		var n uintptr
		var errno syscall.Errno
		if told {
			n, _, errno = syscall.Syscall6(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		} else {
			n, _, errno = syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		}
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, errno
	}
}
