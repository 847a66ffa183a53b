//go:build unix && (!linux || 386 || s390x || race || msan || asan)

package socket

import "syscall"

// writeOnce writes what the socket takes now; a full socket takes 0 bytes.
func writeOnce(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), p)
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil
		}
		return max(n, 0), err
	}
}

// readOnce reads what there is; nothing is EAGAIN, the end 0 bytes.
func readOnce(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
