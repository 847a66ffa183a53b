package polling_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/leak"
	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/transport"
	"github.com/everwire/everwire/transport/transporttest"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestTransport(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New:  func() transport.Transport { return polling.Transport{} },
		Dial: transporttest.DialPost,
	})
}

// TestAnsweredAtOnce: a poll is never held, whatever it wants.
func TestAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := transporttest.NewDoor(t)
		s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = polling.Transport{}.Serve(w, r, d)
		}), memhttp.Options{})
		defer s.Close()
		start := time.Now()
		resp, err := s.Client().Post(s.URL("/polling"), "text/plain", strings.NewReader(`[20,{"id":"session","n":1,"wait":5000}]`+"\n"))
		if err != nil || resp.StatusCode != http.StatusNoContent || time.Since(start) != 0 {
			t.Errorf("got %v, %v, after %v, want 204 at once", resp, err, time.Since(start))
		}
	})
}
