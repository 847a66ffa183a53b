package main

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// A lane is who takes part in a sequence: a vertical line of its diagram.
type lane int

const (
	ann lane = iota
	server
	ben
)

var laneNames = [...]string{"Ann's page", "Server", "Ben's page"}

// A step is one line of a sequence diagram, from top to bottom: an arrow, or
// where both ends are the same a note across all lanes.
type step struct {
	from, to lane
	text     string
	lost     bool // the arrow does not arrive
	open     int  // the server keeps what came in until so many steps later
}

// arrow is a step between two; at most 21 characters fit above it.
func arrow(from, to lane, text string) step { return step{from: from, to: to, text: text} }

// note is what happens in between.
func note(text string) step { return step{text: text} }

func (s step) keptFor(steps int) step { s.open = steps; return s }

func (s step) getsLost() step { s.lost = true; return s }

const (
	diagramWidth = 360 // of a small phone, less the margins
	stepHeight   = 34
	headHeight   = 40
)

func (l lane) x() int { return 46 + int(l)*134 }

// diagram draws a sequence as SVG. Its colours are those of the page, by the
// classes in walk.css; its description tells the steps to who cannot see them.
func diagram(id, title string, steps []step) template.HTML {
	var b strings.Builder
	height := headHeight + stepHeight*len(steps) + 12
	fmt.Fprintf(&b, `<svg class="sequence" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d">`, diagramWidth, height, id, id)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, html.EscapeString(title), id, html.EscapeString(tell(steps)))
	for l, name := range laneNames {
		x := lane(l).x()
		fmt.Fprintf(&b, `<line class="life" x1="%d" y1="28" x2="%d" y2="%d"/>`, x, x, height-4)
		fmt.Fprintf(&b, `<rect class="who" x="%d" y="4" width="88" height="24" rx="7"/><text class="who" x="%d" y="20">%s</text>`, x-44, x, html.EscapeString(name))
	}
	for i, s := range steps {
		y := headHeight + stepHeight*i + 24
		if s.open > 0 {
			fmt.Fprintf(&b, `<rect class="held" x="%d" y="%d" width="8" height="%d"/>`, server.x()-4, y, s.open*stepHeight)
		}
		s.draw(&b, y)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

func (s step) draw(b *strings.Builder, y int) {
	text := html.EscapeString(s.text)
	if s.from == s.to {
		wide := 7*len([]rune(s.text)) + 16
		fmt.Fprintf(b, `<rect class="note" x="%d" y="%d" width="%d" height="22" rx="5"/><text class="note" x="%d" y="%d">%s</text>`,
			(diagramWidth-wide)/2, y-17, wide, diagramWidth/2, y-2, text)
		return
	}
	from, to, way := s.from.x(), s.to.x(), 1
	if to < from {
		way = -1
	}
	middle := (from + to) / 2
	from += way * 5
	to -= way * 5
	if s.lost {
		to = middle + way*30
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text><line class="arrow" x1="%d" y1="%d" x2="%d" y2="%d"/>`, middle, y-6, text, from, y, to, y)
	if s.lost {
		fmt.Fprintf(b, `<path class="lost" d="M%d %dl8 8m0 -8l-8 8"/>`, to-4, y-4)
		return
	}
	fmt.Fprintf(b, `<path class="head" d="M%d %dl%d -4v8z"/>`, to, y, -8*way)
}

// tell puts a sequence into words.
func tell(steps []step) string {
	var told []string
	for _, s := range steps {
		switch {
		case s.from == s.to:
			told = append(told, s.text+".")
		case s.lost:
			told = append(told, fmt.Sprintf("%s to %s: %s, which is lost on the way.", laneNames[s.from], laneNames[s.to], s.text))
		case s.open > 0:
			told = append(told, fmt.Sprintf("%s to %s: %s, which the server keeps open.", laneNames[s.from], laneNames[s.to], s.text))
		default:
			told = append(told, fmt.Sprintf("%s to %s: %s.", laneNames[s.from], laneNames[s.to], s.text))
		}
	}
	return strings.Join(told, " ")
}
