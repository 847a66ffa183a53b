//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket

import (
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
// timer is due. So calls are left untold only while a timer is pending that is due
// soon: a handler that computes does not hold up the others for longer than that,
// and what the monitor then needs itself, some 20 ms more.
const (
	// untoldFor is how long calls are left untold.
	untoldFor = 20 * time.Millisecond

	// toldFirst is how many calls are told before that: a message that comes alone
	// makes three, and is not worth a timer.
	toldFirst = 4

	// quick bounds what a call that is not told may copy: a collection of garbage
	// that begins waits for it, some 20 us for so much.
	quick = 128 << 10
)

var (
	// toTell are the calls to be told yet; from 0 on untold is pending.
	toTell atomic.Int32
	untold = time.AfterFunc(0, func() { toTell.Store(toldFirst) })
)

// tell reports whether the scheduler is to be told of the next call.
func tell() bool {
	if toTell.Load() <= 0 {
		return false
	}
	if toTell.Add(-1) == 0 {
		untold.Reset(untoldFor) // before the call that wakes the monitor
	}
	return true
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
	told := tell() || len(p) > quick
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
		default:
			return 0, errno
		}
	}
}
