//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket

// Untold reports whether calls are left untold now.
func Untold() bool { return untold.Load() }
