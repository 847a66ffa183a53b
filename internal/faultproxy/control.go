package faultproxy

import (
	"encoding/json"
	"net/http"
)

// State is what the control handler answers.
type State struct {
	Address  string   `json:"address"`
	Seed     uint64   `json:"seed"`
	Faults   Faults   `json:"faults"`
	Counters Counters `json:"counters"`
	Cut      *int     `json:"cut,omitempty"` // how many connections a cut has reset
}

const maxControlBytes = 64 << 10

// Control returns a handler by which a page or a test steers the proxy. Every good answer is a State.
//
//	GET     what is in force and the counters
//	PUT     a Faults value as JSON replaces the faults
//	DELETE  resets open connections; ?endpoint=NAME, possibly several times, those that serve it
//
// It checks nobody's right to do so: mount it where only the tester can reach it.
func (p *Proxy) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var s State
		switch r.Method {
		case http.MethodGet:
		case http.MethodPut:
			var f Faults
			d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBytes))
			d.DisallowUnknownFields()
			err := d.Decode(&f)
			if err == nil {
				err = p.Set(f)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		case http.MethodDelete:
			n := p.Cut(r.URL.Query()["endpoint"]...)
			s.Cut = &n
		default:
			w.Header().Set("Allow", "GET, PUT, DELETE")
			http.Error(w, "GET, PUT or DELETE", http.StatusMethodNotAllowed)
			return
		}
		s.Address, s.Seed = p.Addr().String(), p.Seed()
		s.Faults, s.Counters = p.Faults(), p.Counters()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(s)
	})
}
