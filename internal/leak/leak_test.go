package leak

import (
	"strings"
	"testing"
	"time"
)

// abandon waits for the test to release it.
func abandon(release <-chan struct{}) { <-release }

func TestWaitFindsWhatIsLeft(t *testing.T) {
	before := snapshot()
	release := make(chan struct{})
	go abandon(release) // ends with release
	left := wait(before, 20*time.Millisecond)
	if len(left) != 1 || !strings.Contains(left[0], "leak.abandon") {
		t.Errorf("got %d goroutines left %q, want the one in abandon", len(left), left)
	}
	close(release)
	if left := wait(before, patience); len(left) > 0 {
		t.Errorf("got %q left after all have ended, want none", left)
	}
}

func TestWaitIsPatient(t *testing.T) {
	before := snapshot()
	release := make(chan struct{})
	go abandon(release) // ends with release
	timer := time.AfterFunc(30*time.Millisecond, func() { close(release) })
	defer timer.Stop()
	if left := wait(before, patience); len(left) > 0 {
		t.Errorf("got %q, want none: the goroutine ends in time", left)
	}
}

func TestMain(m *testing.M) { Main(m) }
