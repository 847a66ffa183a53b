//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket

import (
	"syscall"
	"unsafe"
)

// The two calls that never wait for the peer (MSG_DONTWAIT, send(2), recv(2)) need
// not tell Go's scheduler that they may wait: it takes the processor from a
// thread that is in a call for 20 us, if only because the system runs another one
// in its place, and the thread has to get one again (docs/performance.md). 386 and
// s390x have these calls under another number, and the detectors of races and
// the like look into the calls of package syscall only.

// quickWrite bounds what a call of which the scheduler does not know may copy: a
// collection of garbage that begins waits for it, some 20 us for so much.
const quickWrite = 128 << 10

// writeOnce writes what the socket takes now; a full socket takes 0 bytes. Both
// calls are written out, as a pointer may become a number in the call itself only
// (package unsafe, pattern 4).
func writeOnce(fd uintptr, p []byte) (int, error) {
	const flags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL
	for {
		var n uintptr
		var errno syscall.Errno
		if len(p) <= quickWrite {
			n, _, errno = syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		} else {
			n, _, errno = syscall.Syscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		}
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil
		}
		return 0, errno
	}
}

// readOnce reads what there is; nothing is EAGAIN, the end 0 bytes.
func readOnce(fd uintptr, p []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, errno
	}
}
