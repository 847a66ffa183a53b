package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/everwire/everwire"
)

// The stages of an order, in their order. A cancelled one is in none of them.
var stages = []string{"placed", "packed", "sent"}

const (
	cancelled = "cancelled"
	workEvery = 5 * time.Second
	maxOrders = 20 // kept of a user
)

// An order is what a user has ordered, as the pages know it, too.
type order struct {
	Number int    `json:"number"`
	What   string `json:"what"`
	Stage  string `json:"stage"`
}

// orders are those of all users. Each change is emitted before the lock is let
// go (an emit only queues), so pages see the changes in the order in which they
// were made.
type orders struct {
	mu     sync.Mutex
	last   int                 // guarded by mu
	byUser map[string][]*order // guarded by mu; oldest first
	emit   func(user string, o order)
}

func (s *orders) place(user, what string) (order, error) {
	if n := utf8.RuneCountInString(what); strings.TrimSpace(what) == "" || n > 100 || !utf8.ValidString(what) {
		return order{}, errors.New("an order is 1 to 100 characters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	o := &order{s.last, what, stages[0]}
	all := append(s.byUser[user], o)
	s.byUser[user] = all[max(0, len(all)-maxOrders):]
	s.emit(user, *o)
	return *o, nil
}

// cancel takes an order back that has not been packed yet.
func (s *orders) cancel(user string, number int) (order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.byUser[user] {
		if o.Number == number && o.Stage == stages[0] {
			o.Stage = cancelled
			s.emit(user, *o)
			return *o, nil
		}
	}
	return order{}, &everwire.Refusal{Code: "late", Text: "there is nothing left to cancel"}
}

// of calls fn with a copy of a user's orders, the oldest first, while nothing
// changes.
func (s *orders) of(user string, fn func(all []order)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []order
	for _, o := range s.byUser[user] {
		all = append(all, *o)
	}
	fn(all)
}

// advance moves every order one stage on.
func (s *orders) advance() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, all := range s.byUser {
		for _, o := range all {
			for i, stage := range stages[:len(stages)-1] {
				if o.Stage == stage {
					o.Stage = stages[i+1]
					s.emit(user, *o)
					break
				}
			}
		}
	}
}

// work is the background job. It ends when ctx is done.
func (a *app) work(ctx context.Context) {
	tick := time.NewTicker(workEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.orders.advance()
			a.hangUp()
		}
	}
}
