package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// rects reads a drawing as XML and returns the widths of the bars.
func rects(t *testing.T, svg string) (widths []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return widths
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "rect" {
			for _, a := range e.Attr {
				if a.Name.Local == "width" {
					widths = append(widths, a.Value)
				}
			}
		}
	}
}

func TestBars(t *testing.T) {
	svg := Bars("a < b & c", "us", []Bar{{Label: "one", Value: 1, Low: 0.5, High: 2}, {Label: `"two"`, Value: 2, Low: 2, High: 2, Accent: true}})
	got := rects(t, svg)
	if want := []string{"760", "260.0", "520.0"}; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got widths %v, want %v", got, want)
	}
	if strings.Count(svg, accent) != 1 {
		t.Error("not one accent")
	}
}

func TestLines(t *testing.T) {
	svg := Lines("t", "u", "x", []float64{1, 10}, []Line{{Label: "flat", Y: []float64{5, 5}}, {Label: "up", Y: []float64{1, 9}}})
	rects(t, svg)
	if n := strings.Count(svg, "<circle"); n != 4 {
		t.Errorf("got %d points, want 4", n)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", 0.256: "0.26", 9.994: "9.99", 12.34: "12.3", 123.4: "123", 5000: "5000", math.NaN(): "-"} {
		if got := Number(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}
