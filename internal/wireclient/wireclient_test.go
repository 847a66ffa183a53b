package wireclient_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// TestBreaches is that the client sees what it is there to see: each case is a
// server that breaks one rule, in its answer to the poll with the number 2.
func TestBreaches(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		answer string
		want   string // in the first fault; "" is none
	}{
		{name: "nothing wrong", status: 200, answer: `[21,{"n":2,"seq":1,"got":1}]` + "\n" + `[1,"x"]`},
		{name: "gap", status: 200, answer: `[21,{"n":2,"seq":2,"got":1}]` + "\n" + `[1,"x"]`, want: "a gap (R7)"},
		{name: "no seq", status: 200, answer: `[21,{"n":2,"got":1}]` + "\n" + `[1,"x"]`, want: "without seq"},
		{name: "confirms too much", status: 200, answer: `[21,{"n":2,"got":2}]`, want: "the server confirms 2, but only 1"},
		{name: "another session", status: 200, answer: `[21,{"n":2,"id":"other","got":1}]`, want: "(R9)"},
		{name: "replaced", status: 409, answer: `[22,4409,"replaced"]`, want: "replaced hits the newest attach"},
		{name: "stale", status: 409, answer: `[22,4409,"stale"]`},
		{name: "ack to nothing", status: 200, answer: `[21,{"n":2,"seq":1,"got":1}]` + "\n" + `[3,1,true]`, want: "answers no call"},
		{name: "blamed", status: 400, answer: `[22,4400,"frame"]`, want: "the server says"},
		{name: "status and frame differ", status: 404, answer: `[22,4409,"stale"]`, want: "status 404 with the frame"},
		{name: "no frame", status: 200, answer: `[21,{"n":2,"seq":1,"got":1}]` + "\n" + `[1,"x"`, want: "a frame in an answer that is none"},
		// An answer to somebody else is dropped, and asked for again.
		{name: "echo of another", status: 200, answer: `[21,{"n":1,"seq":1,"got":1}]` + "\n" + `[1,"x"]`},
		{name: "a login page", status: 200, answer: `<html>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var faults []string
				events := 0
				s := memhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					serve(w, r, tt.status, tt.answer)
				}), memhttp.Options{})
				c := wireclient.New(wireclient.Options{
					URL: s.URL("/"), HTTP: s.Transport(), Timeout: time.Second,
					Event: func(wireclient.Event) { events++ },
					Fault: func(err error) { faults = append(faults, err.Error()) },
				})
				if err := c.Emit("hi", nil); err != nil {
					t.Fatal(err)
				}
				c.Open(wireclient.LongPoll)
				time.Sleep(time.Minute)
				c.Stop()
				_ = s.Close()
				switch {
				case tt.want == "" && len(faults) > 0:
					t.Errorf("faults: %q, want none", faults)
				case tt.want != "" && (len(faults) == 0 || !strings.Contains(faults[0], tt.want)):
					t.Errorf("faults: %q, want one with %q", faults, tt.want)
				}
				if want := strings.Contains(tt.name, "wrong"); want != (events == 1) {
					t.Errorf("%d events came through", events)
				}
			})
		})
	}
}

// serve is a server of one session that confirms its first frame, answers poll 2
// as it is told to, and holds every later one for ever.
func serve(w http.ResponseWriter, r *http.Request, status int, answer string) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Cache-Control", "no-store, no-transform")
	switch {
	case strings.Contains(string(body), `"key":`):
		fmt.Fprintln(w, `[21,{"v":1,"id":"Jx0qv3VWRKmQk1tS2dYh7A","n":1,"seq":1,"got":1,"resumed":false,"ping":25000,"poll":[500,10000],"max":[65536,262144,1048576]}]`)
	case strings.Contains(string(body), `"n":2,`) || strings.Contains(string(body), `"n":2}`):
		w.WriteHeader(status)
		fmt.Fprintln(w, answer)
	default:
		<-r.Context().Done()
	}
}
