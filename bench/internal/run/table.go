//go:build linux

package run

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/everwire/everwire/bench/internal/stat"
)

// A table holds the values of one group of jobs: of every peer, column and round.
type table struct {
	Name   string                       `json:"name"`
	Rounds int                          `json:"rounds"`
	Rows   []string                     `json:"rows"`
	Values map[string]map[string]values `json:"values"` // row, column
	Errors []string                     `json:"errors,omitempty"`

	// What the job that runs has measured: it counts when the job has ended well.
	pending []pending
}

type pending struct {
	row, column string
	value       float64
}

// values are those of one row and column by round, NaN where a round has none; later rounds may be missing.
type values []float64

// MarshalJSON writes null for a round without a value.
func (v values) MarshalJSON() ([]byte, error) {
	out := make([]*float64, len(v))
	for i := range v {
		if !math.IsNaN(v[i]) {
			out[i] = &v[i]
		}
	}
	return json.Marshal(out)
}

// got returns the values that there are.
func (v values) got() []float64 {
	var out []float64
	for _, f := range v {
		if !math.IsNaN(f) {
			out = append(out, f)
		}
	}
	return out
}

func newTable(name string, rounds int) *table {
	return &table{Name: name, Rounds: rounds, Values: make(map[string]map[string]values)}
}

// add notes a value of a row, which is a peer, or a peer and its transport.
func (t *table) add(row, column string, v float64) {
	t.pending = append(t.pending, pending{row, column, v})
}

// end takes the values of a job that has ended in a round, counted from 0; where it has failed, they are forgotten.
func (t *table) end(round int, what string, err error) {
	all := t.pending
	t.pending = nil
	if err != nil {
		t.Errors = append(t.Errors, fmt.Sprintf("%s, round %d: %v", what, round+1, err))
		return
	}
	for _, p := range all {
		t.set(round, p.row, p.column, p.value)
	}
}

func (t *table) set(round int, row, column string, v float64) {
	if t.Values[row] == nil {
		t.Values[row] = make(map[string]values)
		t.Rows = append(t.Rows, row)
	}
	of := t.Values[row][column]
	for len(of) <= round {
		of = append(of, math.NaN())
	}
	of[round] = v
	t.Values[row][column] = of
}

func (t *table) median(row, column string) float64 { return stat.Median(t.Values[row][column].got()) }

// ratios returns one to another in each round that has both: what was near in time is compared.
func (t *table) ratios(row, over, column string) []float64 {
	a, b := t.Values[row][column], t.Values[over][column]
	q := make(values, min(len(a), len(b)))
	for i := range q {
		q[i] = a[i] / b[i]
	}
	return q.got()
}

// some says how many rounds a figure is of where it is not of all.
func (t *table) some(n int) string {
	if n == t.Rounds {
		return ""
	}
	return fmt.Sprintf(" (%d of %d rounds)", n, t.Rounds)
}
