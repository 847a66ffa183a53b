package main

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// Bounds of what a page may ask for. The most that they come to, 50 events of
// 4 KiB a second, leaves room in the sessions' queues for a slow poller.
const (
	maxRate  = 50.0 // events per second
	minSize  = 64   // bytes of an event's payload, as JSON
	maxSize  = 4096
	minPoll  = 100 // ms
	maxPoll  = 10000
	maxBurst = 200 // events
	maxText  = 200 // characters
)

// Controls are what a page sets. The zero rate is silence, the zero interval
// leaves it to the library.
type controls struct {
	Rate float64 `json:"rate"` // events per second
	Size int     `json:"size"` // bytes of each payload
	Poll int     `json:"poll"` // ms between polls
}

var defaults = controls{Rate: 2, Size: 100}

// read returns the controls with the fields of a form changed, or why they
// cannot be. Fields that are absent stay as they are.
func (c controls) read(form url.Values) (controls, error) {
	if form.Has("rate") {
		v, err := strconv.ParseFloat(form.Get("rate"), 64)
		if err != nil || math.IsNaN(v) || v < 0 || v > maxRate {
			return c, fmt.Errorf("rate must be a number of events per second from 0 to %v", maxRate)
		}
		c.Rate = v
	}
	if form.Has("size") {
		v, err := strconv.Atoi(form.Get("size"))
		if err != nil || v < minSize || v > maxSize {
			return c, fmt.Errorf("size must be a number of bytes from %d to %d", minSize, maxSize)
		}
		c.Size = v
	}
	if form.Has("poll") {
		v, err := strconv.Atoi(form.Get("poll"))
		if err != nil || v != 0 && (v < minPoll || v > maxPoll) {
			return c, fmt.Errorf("poll must be 0 or an interval from %d to %d ms", minPoll, maxPoll)
		}
		c.Poll = v
	}
	return c, nil
}

// burstSize reads how many events a burst has.
func burstSize(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxBurst {
		return 0, fmt.Errorf("burst must be a number of events from 1 to %d", maxBurst)
	}
	return n, nil
}

// checkText judges what somebody wants to say.
func checkText(text string) error {
	if n := utf8.RuneCountInString(text); n == 0 || n > maxText || !utf8.ValidString(text) {
		return fmt.Errorf("text must have from 1 to %d characters", maxText)
	}
	return nil
}
