//go:build linux

package run

import (
	"math"

	"github.com/everwire/everwire/bench/internal/stat"
)

// A table holds the values of one group of jobs: of every peer, column and round.
type table struct {
	Name   string                          `json:"name"`
	Rows   []string                        `json:"rows"`
	Values map[string]map[string][]float64 `json:"values"` // row, column
	Errors map[string]string               `json:"errors,omitempty"`
}

func newTable(name string) *table {
	return &table{Name: name, Values: make(map[string]map[string][]float64), Errors: make(map[string]string)}
}

// add notes a value of a row, which is a peer, or a peer and its transport.
func (t *table) add(row, column string, v float64) {
	if t.Values[row] == nil {
		t.Values[row] = make(map[string][]float64)
		t.Rows = append(t.Rows, row)
	}
	t.Values[row][column] = append(t.Values[row][column], v)
}

func (t *table) median(row, column string) float64 { return stat.Median(t.Values[row][column]) }

// ratio is the median of the ratios of each round: what was near in time is compared.
func (t *table) ratio(row, over, column string) float64 {
	a, b := t.Values[row][column], t.Values[over][column]
	if len(a) != len(b) || len(a) == 0 {
		return math.NaN()
	}
	var q []float64
	for i := range a {
		q = append(q, a[i]/b[i])
	}
	return stat.Median(q)
}
