package stat

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestMedianAndSpread(t *testing.T) {
	tests := []struct {
		in             []float64
		median, spread float64
	}{
		{[]float64{3}, 3, 0},
		{[]float64{1, 3}, 2, 0.5},
		{[]float64{5, 1, 3}, 3, 2.0 / 3},
		{[]float64{10, 9, 11, 10, 100}, 10, 4.55},
		{[]float64{4, 2, 8, 6}, 5, 0.6},
	}
	for _, tt := range tests {
		before := slices.Clone(tt.in)
		if got := Median(tt.in); got != tt.median {
			t.Errorf("median of %v: got %v, want %v", tt.in, got, tt.median)
		}
		if got := Spread(tt.in); math.Abs(got-tt.spread) > 1e-12 {
			t.Errorf("spread of %v: got %v, want %v", tt.in, got, tt.spread)
		}
		if !slices.Equal(before, tt.in) {
			t.Errorf("%v became %v", before, tt.in)
		}
	}
	if !math.IsNaN(Median(nil)) || !math.IsNaN(Spread(nil)) {
		t.Error("no values have a median or a spread")
	}
}

func TestPercentile(t *testing.T) {
	var v []time.Duration
	for i := range 200 {
		v = append(v, time.Duration(200-i))
	}
	for p, want := range map[float64]time.Duration{0: 1, 1: 2, 50: 100, 99: 198, 100: 200} {
		if got := Percentile(v, p); got != want {
			t.Errorf("%v %%: got %d, want %d", p, got, want)
		}
	}
	if got := Percentile(nil, 99); got != 0 {
		t.Errorf("of none: got %v", got)
	}
}
