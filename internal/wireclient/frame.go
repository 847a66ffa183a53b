package wireclient

import (
	"encoding/json"

	"github.com/everwire/everwire/transport"
)

// A hello is the object of a hello frame, as the client writes it.
type hello struct {
	Version uint64          `json:"v,omitempty"`
	Key     string          `json:"key,omitempty"`
	Auth    json.RawMessage `json:"auth,omitempty"`
	ID      string          `json:"id,omitempty"`
	Attach  uint64          `json:"n,omitempty"`
	Send    uint64          `json:"r,omitempty"`
	Got     uint64          `json:"got,omitempty"`
	Seq     uint64          `json:"seq,omitempty"`
	Wait    int64           `json:"wait,omitempty"` // ms
	Binary  flag            `json:"bin,omitempty"`
	Lines   flag            `json:"lines,omitempty"`
	Flat    flag            `json:"flat,omitempty"`
	Ticket  flag            `json:"ticket,omitempty"`
}

// A flag is a yes that is written as 1 and left out for no.
type flag bool

// MarshalJSON writes 1 or 0.
func (f flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte{'1'}, nil
	}
	return []byte{'0'}, nil
}

// frame returns a hello as its frame.
func (h hello) frame() *transport.Frame {
	data, err := json.Marshal(h)
	if err != nil {
		panic(err) // only Auth can fail, and that is the test's
	}
	return &transport.Frame{Kind: transport.KindHello, Data: data}
}

// A welcome is the object of a welcome frame, as the client reads it.
type welcome struct {
	Version    uint64   `json:"v"`
	ID         string   `json:"id"`
	Attach     uint64   `json:"n"`
	Send       uint64   `json:"r"`
	Seq        uint64   `json:"seq"`
	Got        uint64   `json:"got"`
	Resumed    *bool    `json:"resumed"`
	Ticket     string   `json:"ticket"`
	At         uint64   `json:"at"`
	Transports []string `json:"transports"`
	Ping       int64    `json:"ping"`
	Wait       int64    `json:"wait"`
	Poll       []int64  `json:"poll"`
	Window     int64    `json:"window"`
	Max        []int64  `json:"max"`
	Pause      int64    `json:"pause"`
	Next       int64    `json:"next"`
}

func decodeWelcome(f *transport.Frame, w *welcome) error { return json.Unmarshal(f.Data, w) }
