package transport_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/everwire/everwire/transport"
)

// Ends that an app may think of, and what a peer is told: what can stand in every
// frame and in the close frame of a WebSocket.
func TestEndsThatCannotBeTold(t *testing.T) {
	for _, tt := range []struct {
		name   string
		end    transport.CloseError
		want   string
		status int
	}{
		{"as it is", transport.CloseError{Code: 4403, Reason: "no licence", After: time.Second}, `[22,4403,"no licence",1000]`, 403},
		{"long", transport.CloseError{Code: 4403, Reason: strings.Repeat("x", 200)}, `[22,4403,"` + strings.Repeat("x", 123) + `"]`, 403},
		{"long, beyond ASCII", transport.CloseError{Code: 4403, Reason: strings.Repeat("日", 100)}, `[22,4403,"` + strings.Repeat("日", 41) + `"]`, 403},
		{"cut in a character", transport.CloseError{Code: 4403, Reason: "xx" + strings.Repeat("日", 100)}, `[22,4403,"xx` + strings.Repeat("日", 40) + `"]`, 403},
		{"no UTF-8", transport.CloseError{Code: 4403, Reason: "caf\xe9"}, `[22,4403,"caf` + "\uFFFD" + `"]`, 403},
		{"long, no UTF-8", transport.CloseError{Code: 4403, Reason: strings.Repeat("\xff ", 200)}, `[22,4403,"` + strings.Repeat("\uFFFD ", 30) + "\uFFFD" + `"]`, 403},
		{"code too high", transport.CloseError{Code: 5000, Reason: "no", After: time.Second}, `[22,4403,"no",1000]`, 403},
		{"time before", transport.CloseError{Code: 4429, Reason: "rate", After: -time.Second}, `[22,4429,"rate"]`, 429},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.end.Frame().Line()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			w := httptest.NewRecorder()
			transport.WriteError(w, &tt.end, false)
			if got := w.Body.String(); got != tt.want+"\n" || w.Code != tt.status {
				t.Errorf("over HTTP: got %d %s want %d %s", w.Code, got, tt.status, tt.want)
			}
		})
	}
}
