package delivery_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/everwire/everwire/internal/leak"
)

// seedFlag gives one seed to the random tests in place of their own list. The
// environment variable EVERWIRE_DELIVERY_SEED does the same.
var seedFlag = flag.Uint64("delivery.seed", 0, "run the random delivery tests with this seed only")

func TestMain(m *testing.M) {
	flag.Parse()
	if env := os.Getenv("EVERWIRE_DELIVERY_SEED"); env != "" && *seedFlag == 0 {
		if _, err := fmt.Sscan(env, seedFlag); err != nil {
			fmt.Fprintln(os.Stderr, "EVERWIRE_DELIVERY_SEED:", err)
			os.Exit(2)
		}
	}
	leak.Main(m)
}
