// Package plot draws bars and lines as SVG, plainly.
package plot

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// A Bar is one value of a row.
type Bar struct {
	Label  string
	Value  float64
	Low    float64 // the smallest and the largest measured
	High   float64
	Accent bool
}

const (
	font   = `font-family="system-ui, sans-serif"`
	accent = "#1f6feb"
	plain  = "#9aa4b2"
	ink    = "#24292f"
	dim    = "#57606a"
)

// Bars returns a chart of horizontal bars, in the order given. Less is better.
func Bars(title, unit string, bars []Bar) string {
	const width, left, right, row, top = 760, 150, 90, 26, 58
	high := 0.0
	for _, b := range bars {
		high = max(high, b.High, b.Value)
	}
	height := top + row*len(bars) + 16
	scale := func(v float64) float64 { return v / high * (width - left - right) }
	var s strings.Builder
	head(&s, width, height, title, unit)
	for i, b := range bars {
		y := top + row*i
		color, weight := plain, "400"
		if b.Accent {
			color, weight = accent, "700"
		}
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end" font-size="13" font-weight="%s" fill="%s">%s</text>`+"\n",
			left-8, y+16, weight, ink, html.EscapeString(b.Label))
		fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%.1f" height="16" rx="2" fill="%s"/>`+"\n", left, y+3, scale(b.Value), color)
		if b.High > b.Low {
			fmt.Fprintf(&s, `<path d="M%.1f %dH%.1f" stroke="%s" stroke-width="1.5"/>`+"\n", left+scale(b.Low), y+11, left+scale(b.High), ink)
		}
		fmt.Fprintf(&s, `<text x="%.1f" y="%d" font-size="13" font-weight="%s" fill="%s">%s</text>`+"\n",
			left+scale(max(b.High, b.Value))+6, y+16, weight, ink, Number(b.Value))
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// A Line is a series of points with the same x as those of the other lines.
type Line struct {
	Label  string
	Y      []float64
	Accent bool
}

// Lines returns a chart of lines over x, both axes beginning at 0.
func Lines(title, unit, xLabel string, x []float64, lines []Line) string {
	const width, height, left, right, top, bottom = 760, 340, 60, 110, 64, 48
	high := 0.0
	for _, l := range lines {
		for _, v := range l.Y {
			high = max(high, v)
		}
	}
	step := niceStep(high / 4)
	high = math.Ceil(high/step) * step
	px := func(v float64) float64 { return left + v/x[len(x)-1]*(width-left-right) }
	py := func(v float64) float64 { return top + (1-v/high)*(height-top-bottom) }
	var s strings.Builder
	head(&s, width, height, title, unit)
	for v := 0.0; v <= high+step/2; v += step {
		fmt.Fprintf(&s, `<path d="M%d %.1fH%d" stroke="#d8dee4"/>`+"\n", left, py(v), width-right)
		fmt.Fprintf(&s, `<text x="%d" y="%.1f" text-anchor="end" font-size="12" fill="%s">%s</text>`+"\n", left-8, py(v)+4, dim, Number(v))
	}
	for _, v := range x {
		fmt.Fprintf(&s, `<text x="%.1f" y="%d" text-anchor="middle" font-size="12" fill="%s">%s</text>`+"\n", px(v), height-bottom+20, dim, Number(v))
	}
	fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="middle" font-size="12" fill="%s">%s</text>`+"\n", (left+width-right)/2, height-8, dim, html.EscapeString(xLabel))
	for _, l := range lines {
		color, weight := plain, "400"
		if l.Accent {
			color, weight = accent, "700"
		}
		var d strings.Builder
		for i, v := range l.Y {
			c := "L"
			if i == 0 {
				c = "M"
			}
			fmt.Fprintf(&d, "%s%.1f %.1f", c, px(x[i]), py(v))
			fmt.Fprintf(&s, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", px(x[i]), py(v), color)
		}
		fmt.Fprintf(&s, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", d.String(), color)
		last := l.Y[len(l.Y)-1]
		fmt.Fprintf(&s, `<text x="%d" y="%.1f" font-size="13" font-weight="%s" fill="%s">%s</text>`+"\n", width-right+10, py(last)+4, weight, ink, html.EscapeString(l.Label))
	}
	s.WriteString("</svg>\n")
	return s.String()
}

func head(s *strings.Builder, width, height int, title, unit string) {
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" %s role="img" aria-label="%s">`+"\n",
		width, height, width, height, font, html.EscapeString(title+", "+unit))
	fmt.Fprintf(s, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(s, `<text x="16" y="26" font-size="16" font-weight="700" fill="%s">%s</text>`+"\n", ink, html.EscapeString(title))
	fmt.Fprintf(s, `<text x="16" y="46" font-size="13" fill="%s">%s</text>`+"\n", dim, html.EscapeString(unit))
}

// Number writes a value with as many digits as say something.
func Number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// niceStep returns the next of 1, 2, 5 times a power of ten.
func niceStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*p {
			return m * p
		}
	}
	return 10 * p
}
