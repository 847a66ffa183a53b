//go:build linux && !386 && !s390x && !race && !msan && !asan

package socket

// Untold reports whether calls are left untold now.
func Untold() bool { return calls.Load() >= untold }

// Rest has the last call that was told be long ago.
func Rest() { toldAt.Add(-2 * int64(inHaste)) }

// TellRead reports whether the scheduler is to be told of the next read.
func TellRead() bool { return tellRead() }

// Due has the timer be due now, if it is pending.
func Due() bool {
	if tellTimer == nil || !tellTimer.Stop() {
		return false
	}
	due()
	return true
}
