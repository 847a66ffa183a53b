package session_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
)

// A poll is short polling, which no package under test here is.
type poll struct{}

func (poll) Name() string { return "polling" }

func (poll) Serve(w http.ResponseWriter, r *http.Request, d transport.Door) error {
	return transport.ServeBatch(w, r, d, "polling", func(transport.Hello, transport.Limits) time.Duration { return 0 })
}

// TestAnswersWaitForTheirHandlers: the answer to an opening comes when OnConnect
// has returned, with everything that it has emitted, and no later than after
// 20 ms.
func TestAnswersWaitForTheirHandlers(t *testing.T) {
	tests := []struct {
		name           string
		before, behind time.Duration // of the emit in OnConnect
		after          time.Duration
		emitted        bool
		silent         bool // nothing is emitted
	}{
		{"at once", 0, 0, 0, true, false},
		{"a quick one", 5 * time.Millisecond, 0, 5 * time.Millisecond, true, false},
		{"goes on behind its emit", 0, 3 * time.Millisecond, 3 * time.Millisecond, true, false},
		{"a slow end", 0, time.Minute, 20 * time.Millisecond, true, false},
		{"a slow one", time.Minute, 0, 20 * time.Millisecond, false, false},
		{"one that says nothing", 5 * time.Millisecond, 0, 5 * time.Millisecond, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := newServer(session.Options{Transports: []transport.Transport{poll{}}})
				defer func() {
					time.Sleep(2 * time.Minute) // the slow handlers return
					_ = rt.Shutdown(transport.Done)
				}()
				rt.OnConnect(func(s *session.Session) error {
					time.Sleep(tt.before)
					var err error
					if !tt.silent {
						err = s.Emit("hi", nil)
					}
					time.Sleep(tt.behind)
					return err
				})
				start, w := time.Now(), httptest.NewRecorder()
				body := fmt.Sprintf("[20,{\"key\":%q,\"n\":1}]\n", newPeer(t, rt).key)
				rt.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/everwire/polling", strings.NewReader(body)))
				if d := time.Since(start); d != tt.after {
					t.Errorf("answered after %v, want %v", d, tt.after)
				}
				if got := strings.Contains(w.Body.String(), "\n[1,\"hi\"]\n"); got != tt.emitted || w.Code != http.StatusOK {
					t.Errorf("got %d %q, want the event in it: %v", w.Code, w.Body, tt.emitted)
				}
			})
		})
	}
}
