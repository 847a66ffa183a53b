package wire

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/everwire/everwire/bench/control"
)

func numbers(s string) (all []int, err error) {
	_, err = Events([]byte(s), func(n int) { all = append(all, n) })
	return all, err
}

func TestEvents(t *testing.T) {
	quoted := func(n int) string { return `"` + control.Payload(n) + `"` }
	whole := quoted(7)
	for s, want := range map[string][]int{
		"":                              nil,
		`{"id":1}`:                      nil,
		quoted(0):                       {0},
		`[1,"e",` + whole + `]`:         {7},
		quoted(1) + "\n" + quoted(2):    {1, 2},
		`a[` + quoted(1234567890) + `]`: {1234567890},
	} {
		if got, err := numbers(s); err != nil || !slices.Equal(got, want) {
			t.Errorf("%.30q: got %v and error %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"#", `"#"`, control.Payload(7), `"` + control.Payload(7), whole[1:], whole + "#",
		whole[:len(whole)-2] + `"`,       // cut by a character
		whole[:len(whole)-1] + `x"`,      // one more
		whole[:20] + "X" + whole[21:],    // a letter is another
		whole[:3] + "x" + whole[4:],      // a digit is none
		`"#` + whole[1:],                 // two marks
		whole[:12] + ";" + whole[13:],    // no colon
		quoted(6) + whole[:len(whole)/2], // one whole, one not
	} {
		if got, err := numbers(s); !errors.Is(err, ErrDamaged) {
			t.Errorf("%.40q: got %v and error %v, want %v", s, got, err, ErrDamaged)
		}
	}
	if n := len(control.Payload(3)); n != control.Size {
		t.Errorf("a payload has %d characters, want %d", n, control.Size)
	}
}

// What the whole benchmark rests on: a loss and a repeat show.
func TestCount(t *testing.T) {
	tests := []struct {
		name string
		from int
		in   []int
		want Count
		bad  int // events that were not the one that was due
	}{
		{"in order", 0, []int{1, 2, 3}, Count{Last: 3, Got: 3}, 0},
		{"from the middle", 41, []int{42, 43}, Count{Last: 43, Got: 2}, 0},
		{"one lost", 0, []int{1, 2, 4, 5}, Count{Last: 5, Got: 4, Lost: 1}, 1},
		{"the first lost", 0, []int{2}, Count{Last: 2, Got: 1, Lost: 1}, 1},
		{"many lost", 0, []int{1, 11}, Count{Last: 11, Got: 2, Lost: 9}, 1},
		{"twice", 0, []int{1, 2, 2, 3}, Count{Last: 3, Got: 3, Dup: 1}, 1},
		{"all again", 0, []int{1, 2, 1, 2, 3}, Count{Last: 3, Got: 3, Dup: 2}, 2},
		{"out of order", 0, []int{1, 3, 2, 4}, Count{Last: 4, Got: 3, Lost: 1, Dup: 1}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Count{Last: tt.from}
			bad := 0
			for _, n := range tt.in {
				if !c.Take(n) {
					bad++
				}
			}
			if c != tt.want || bad != tt.bad {
				t.Errorf("got %+v and %d refused, want %+v and %d", c, bad, tt.want, tt.bad)
			}
		})
	}
}

func TestLines(t *testing.T) {
	const stream = "data: a\r\n\r\ndata: bc\n\nlast\nnot whole"
	want := []string{"data: a", "", "data: bc", "", "last"}
	for n := 1; n <= len(stream); n++ {
		var l Lines
		var got []string
		for piece := range slices.Chunk([]byte(stream), n) {
			l.Feed(piece, func(line []byte) { got = append(got, string(line)) })
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("in pieces of %d: got %q, want %q", n, got, want)
		}
	}
}
