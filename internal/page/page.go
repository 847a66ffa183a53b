// Package page is a page at a server, both in memory: what the examples of the
// packages need to show what arrives.
package page

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// limit bounds every wait.
const limit = 20 * time.Second

// A Page is connected to a server by a WebSocket.
type Page struct {
	client *wireclient.Client
	server *memhttp.Server
	heard  chan string
	over   chan error
}

// Open connects a page to a server, mounted at /everwire/, and returns when its
// session is there, or when it was refused, which Ended tells. The auth, if any,
// goes with the opening. Answers are what the page says to calls.
func Open(h http.Handler, auth string, answers ...string) *Page {
	p := &Page{heard: make(chan string, 64), over: make(chan error, 1)}
	p.server = memhttp.Serve(h, memhttp.Options{})
	p.client = wireclient.New(wireclient.Options{
		URL: p.server.URL("/everwire/"), HTTP: p.server.Transport(), Dial: p.server.Dial,
		Seed: rand.Uint64(), Auth: json.RawMessage(auth),
		Event: func(e wireclient.Event) { p.heard <- strings.TrimSpace(e.Name + " " + string(e.Data)) },
		Call: func(e wireclient.Event) wireclient.Answer {
			if len(answers) == 0 {
				return wireclient.Answer{Code: "no-handler"}
			}
			a := answers[0]
			answers = answers[1:]
			return wireclient.Answer{Data: []byte(a)}
		},
		Changed: func(c wireclient.Change) {
			if c.What == "end" || c.What == "lost" {
				select {
				case p.over <- c.Err:
				default:
				}
			}
		},
	})
	p.client.Open(wireclient.WebSocket)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = p.client.Opened(ctx) // Ended tells
	return p
}

// Emit sends an event, its payload in JSON.
func (p *Page) Emit(name, payload string) {
	if err := p.client.Emit(name, json.RawMessage(payload)); err != nil {
		p.heard <- err.Error()
	}
}

// Call sends an event and returns its ack, or why there is none.
func (p *Page) Call(name, payload string) string {
	ack := make(chan string, 1)
	err := p.client.Call(name, json.RawMessage(payload), func(e wireclient.Event, err error) {
		if err != nil {
			ack <- err.Error()
		} else {
			ack <- string(e.Data)
		}
	})
	if err != nil {
		return err.Error()
	}
	return next(ack)
}

// Hear returns the next event, its name and payload.
func (p *Page) Hear() string { return next(p.heard) }

// Ended waits for the end of the session and returns why.
func (p *Page) Ended() string {
	select {
	case err := <-p.over:
		return fmt.Sprint(err)
	case <-time.After(limit):
		return "it has not ended"
	}
}

// Close takes the page away without a word.
func (p *Page) Close() {
	p.client.Stop()
	_ = p.server.Close()
}

func next(ch <-chan string) string {
	select {
	case s := <-ch:
		return s
	case <-time.After(limit):
		return "nothing came"
	}
}
