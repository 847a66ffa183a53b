//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket

import (
	"math/rand/v2"
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
// computes for long, sleeps from when no goroutine runs until a call is told, or
// the next timer of then is due. So calls are told until many have followed each
// other quickly, and then none as long as a timer is pending that is due soon: a
// handler that computes holds up the others until then at most, and for some 20 ms
// more, which the monitor itself needs. The timer is set again as long as calls
// are made. While it is due and set again a goroutine runs, so the monitor, which
// it has woken, sees it before it sleeps.
//
// One read in some, by chance, is told all the same: where threads share a
// processor, one that is put aside keeps the session that it serves waiting, and
// less long with a monitor that is awake. What is told costs no broadcast
// anything, as that only writes.

const (
	// untoldFor is how long calls are left untold, and again if any were made.
	untoldFor = 20 * time.Millisecond

	// inHaste is the longest distance of calls that follow each other quickly. Where
	// there are few, telling them costs less than the timer, which wakes threads.
	inHaste = 5 * time.Millisecond

	// quickWrite bounds what a call that is not told may copy: a collection of
	// garbage that begins waits for it, some 20 us for so much.
	quickWrite = 128 << 10

	// toldReads is the number of reads of which one is told.
	toldReads = 48
)

// The states of calls. Below untold it counts calls that were told, each in haste
// behind the one before.
const (
	untold int32 = 16 + iota // none is told, and none was made since the timer was set
	inUse                    // none is told, and some were made
)

var (
	calls     atomic.Int32
	toldAt    atomic.Int64 // when the last one was told, since epoch
	epoch     = time.Now()
	tellTimer *time.Timer
	makeTimer sync.Once
)

// tell reports whether the scheduler is to be told of the next call.
func tell() bool {
	for {
		switch n := calls.Load(); n {
		case inUse:
			return false
		case untold:
			if calls.CompareAndSwap(untold, inUse) {
				return false
			}
		default:
			now := time.Now()
			if inBubble(now) {
				return true
			}
			next := n + 1
			if at := int64(now.Sub(epoch)); at-toldAt.Swap(at) > int64(inHaste) {
				next = 1
			}
			if next == untold {
				next = inUse
			}
			if calls.CompareAndSwap(n, next) && next == inUse {
				setTimer() // before the call that wakes the monitor
			}
			return true
		}
	}
}

// tellRead is tell for a read. Chance needs no counter that all processors share.
func tellRead() bool { return tell() || rand.Uint32N(toldReads) == 0 }

// due is the end of a while: the timer goes on as long as calls are made, so that
// none of them has to be told.
func due() {
	if calls.CompareAndSwap(untold, 0) {
		return
	}
	calls.Store(untold)
	setTimer()
}

func setTimer() {
	makeTimer.Do(func() { tellTimer = time.AfterFunc(untoldFor, due) })
	tellTimer.Reset(untoldFor)
}

// inBubble reports whether now is a time of a bubble of testing/synctest, of which
// a timer from outside must not hear: it would be due in decades. Times there have
// no monotonic reading, which Round takes away.
func inBubble(now time.Time) bool { return now == now.Round(0) }

// writeOnce writes what the socket takes now; a full socket takes 0 bytes.
func writeOnce(fd uintptr, p []byte) (int, error) {
	n, err := call(syscall.SYS_SENDTO, fd, p, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, tell() || len(p) > quickWrite)
	if err == syscall.EAGAIN {
		return 0, nil
	}
	return n, err
}

// readOnce reads what there is; nothing is EAGAIN, the end 0 bytes.
func readOnce(fd uintptr, p []byte) (int, error) {
	return call(syscall.SYS_RECVFROM, fd, p, syscall.MSG_DONTWAIT, tellRead())
}

// call makes a call with the arguments that send and recv have, told or not. It is
// written out twice, as a pointer may become a number in the call itself only (package
// unsafe, pattern 4).
func call(number, fd uintptr, p []byte, flags uintptr, told bool) (int, error) {
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
