package main

import (
	"encoding/json"
	"strings"
	"time"
)

// An event is what all panels of a stage receive, as JSON. It is padded to the
// size that the page has set.
type event struct {
	N    int64  `json:"n"`             // number in the stage, from 1
	At   int64  `json:"t"`             // when it was emitted, microseconds since 1970
	Say  string `json:"say,omitempty"` // what somebody said
	From string `json:"from,omitempty"`
	Pad  string `json:"pad,omitempty"`
}

// encode returns the event as JSON of so many bytes, or of what it takes without
// padding where that is more, or too little less to be filled.
func (e event) encode(size int) (json.RawMessage, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	const around = len(`,"pad":""`)
	if room := size - len(b) - around; room > 0 {
		e.Pad = strings.Repeat("x", room)
		b, err = json.Marshal(e)
	}
	return b, err
}

func newEvent(n int64, text, from string) event {
	return event{N: n, At: time.Now().UnixMicro(), Say: text, From: from}
}
