package session_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/everwire/everwire/longpoll"
	"github.com/everwire/everwire/polling"
	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/sse"
	"github.com/everwire/everwire/transport"
)

// refused returns with what New panics, "" if it does not.
func refused(opts session.Options) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	newServer(opts)
	return ""
}

func TestTransportsThatNew(t *testing.T) {
	for _, tt := range []struct {
		name       string
		transports []transport.Transport
		refusal    string // a part of it, "" for none
	}{
		{"refuses: nothing in a place", []transport.Transport{polling.Transport{}, nil}, "Transports[1] is nil"},
		{"takes: a stream with its tickets", []transport.Transport{&sse.Transport{}, polling.Transport{}}, ""},
		{"takes: a stream with tickets for other clients", []transport.Transport{&sse.Transport{}, longpoll.Transport{}}, ""},
		{"takes: none", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := refused(session.Options{Transports: tt.transports})
			if !strings.Contains(got, tt.refusal) || (got == "") != (tt.refusal == "") {
				t.Errorf("got the panic %q, want %q in it", got, tt.refusal)
			}
		})
	}
}

// TestStreamWithoutTickets: New says that browsers will not use sse where they
// cannot get a ticket for it.
func TestStreamWithoutTickets(t *testing.T) {
	for _, tt := range []struct {
		transports []transport.Transport
		lines      int
	}{
		{[]transport.Transport{&sse.Transport{}, longpoll.Transport{}}, 1},
		{[]transport.Transport{&sse.Transport{}, polling.Transport{}}, 0},
		{[]transport.Transport{longpoll.Transport{}}, 0},
	} {
		var log bytes.Buffer
		session.New(session.Options{Transports: tt.transports, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if got := strings.Count(log.String(), "level=WARN"); got != tt.lines {
			t.Errorf("got %d warnings, want %d: %s", got, tt.lines, log.String())
		}
	}
}

func TestAllowedOriginsThatNew(t *testing.T) {
	for _, tt := range []struct {
		origin string
		ok     bool
	}{
		{"https://app.example.org", true},
		{"HTTPS://App.Example.org", true},
		{"http://localhost:3000", true},
		{"http://[::1]:3000", true},
		{"https://app.example.org:443", true},
		{"capacitor://localhost", true},
		{"file://", true},
		{"null", true},
		{"*", true},
		{"", false},
		{"app.example.org", false},
		{"localhost:3000", false},
		{"//app.example.org", false},
		{"https://", false},
		{"https://:8080", false},
		{"https://app.example.org:99999", false},
		{"https://app.example.org/", false},
		{"https://app.example.org/chat", false},
		{"https://app.example.org?q", false},
		{"https://app.example.org#top", false},
		{"https://user@app.example.org", false},
		{"https://*.example.org", false},
		{"https://app.example.org:*", false},
		{"https://app.example.org:", false},
		{" https://app.example.org", false},
		{"https://app.example.org, https://shop.example", false},
		{"https://bücher.example", false},
	} {
		t.Run(tt.origin, func(t *testing.T) {
			got := refused(session.Options{AllowedOrigins: []string{"https://shop.example", tt.origin}})
			if (got == "") != tt.ok {
				t.Errorf("got the panic %q, want none: %v", got, tt.ok)
			}
			if want := fmt.Sprintf("AllowedOrigins: %q", tt.origin); got != "" && !strings.Contains(got, want) {
				t.Errorf("got the panic %q, want %s in it", got, want)
			}
		})
	}
}
