//go:build linux

package run

import (
	"math"

	"github.com/everwire/everwire/bench/internal/stat"
)

// A table holds the values of one group of jobs: of every peer, column and round.
type table struct {
	Name   string                          `json:"name"`
	Peers  []string                        `json:"peers"`
	Values map[string]map[string][]float64 `json:"values"` // peer, column
	Errors map[string]string               `json:"errors,omitempty"`
}

func newTable(name string) *table {
	return &table{Name: name, Values: make(map[string]map[string][]float64), Errors: make(map[string]string)}
}

func (t *table) add(p *Peer, column string, v float64) {
	if t.Values[p.Name] == nil {
		t.Values[p.Name] = make(map[string][]float64)
		t.Peers = append(t.Peers, p.Name)
	}
	t.Values[p.Name][column] = append(t.Values[p.Name][column], v)
}

func (t *table) median(peer, column string) float64 { return stat.Median(t.Values[peer][column]) }

// ratio is the median of the ratios of each round: what was near in time is compared.
func (t *table) ratio(peer, over, column string) float64 {
	a, b := t.Values[peer][column], t.Values[over][column]
	if len(a) != len(b) || len(a) == 0 {
		return math.NaN()
	}
	var q []float64
	for i := range a {
		q = append(q, a[i]/b[i])
	}
	return stat.Median(q)
}
