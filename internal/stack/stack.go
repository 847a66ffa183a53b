// Package stack gives a new goroutine the stack that it will need.
package stack

// Grow makes the stack of the goroutine as large as a handler with encoding/json
// needs it. For a new goroutine: there is nothing on its stack yet that would
// have to be copied, as there is when the stack grows step by step in the depth
// of the handler (docs/performance.md has what that costs).
func Grow() { reach(0) }

// reach has room on its stack, which is grown for that before it runs. n is 0.
//
//go:noinline
func reach(n uint) byte {
	if n == 0 {
		return 0
	}
	var room [6 << 10]byte // never cleared
	room[n%uint(len(room))] = 1
	return room[n/2%uint(len(room))]
}
