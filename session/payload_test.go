package session_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/everwire/everwire/session"
)

// message is what the typed echo of the benchmark holds.
type message struct {
	ID   uint64   `json:"id"`
	User string   `json:"user"`
	Text string   `json:"text"`
	At   int64    `json:"at"`
	Tags []string `json:"tags"`
}

var messageJSON = []byte(`{"id":12345,"user":"ann","text":"` + strings.Repeat("abcdefgh", 8) + `","at":1700000000000,"tags":["a","bench"]}`)

// FuzzDecodeJSON holds the decoder, whose memory is used again, against
// json.Unmarshal: the same values and the same errors, also behind a value that
// left white space or an error.
func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{
		`1`, ` 1 `, `-0`, `1e400`, `"a"`, `"\ud800"`, `null`, `true`, `[]`, ` [1, "a", null] `, `{}`, `{"id":1,"ID":2}`, `{"id":"1"}`, `{"id":1.5,"tags":[1]}`,
		`{"raw":[1, {"a":2}],"inner":{"at":"x"},"num":12.50,"bytes":"AQID","any":{"a":[true]}}`,
		string(messageJSON), `"` + strings.Repeat("x", 4094) + `"`, `"` + strings.Repeat("x", 4095) + `"`,
	} {
		f.Add([]byte(s), []byte(`{"user":"next"}`))
		f.Add([]byte(`{"user":"before"}`), []byte(s))
	}
	type wide struct {
		message
		Raw   json.RawMessage
		Inner *message
		Num   json.Number
		Bytes []byte
		Any   any
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, data := range [][]byte{first, second, first} {
			if !json.Valid(data) {
				continue // no payload
			}
			for _, target := range []any{new(any), new(wide), new(int), new(string), new([]uint8), new(map[string]message), wide{}, nil} {
				got, want := fresh(target), fresh(target)
				gotErr, wantErr := session.DecodeJSON(data, got), json.Unmarshal(data, want)
				if !reflect.DeepEqual(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || reflect.TypeOf(gotErr) != reflect.TypeOf(wantErr) {
					t.Errorf("%q into %T: got %+v, %v, want %+v, %v", data, target, got, gotErr, want, wantErr)
				}
			}
		}
	})
}

// fresh returns a new value of the type of target.
func fresh(target any) any {
	if t := reflect.TypeOf(target); t != nil && t.Kind() == reflect.Pointer {
		return reflect.New(t.Elem()).Interface()
	}
	return target
}

// TestDecodedValuesStay: a value does not change when the memory that it was
// decoded with is used again.
func TestDecodedValuesStay(t *testing.T) {
	type kept struct {
		S string
		R json.RawMessage
		N json.Number
		B []byte
		A any
	}
	decode := func(c string) (k kept) {
		t.Helper()
		data := fmt.Sprintf(`{"S":%[1]q,"R":{"r":%[1]q},"N":%[2]s,"B":"%[3]s","A":[%[1]q]}`, strings.Repeat(c, 100), strings.Repeat("7", len(c)), strings.Repeat("AQID", len(c)))
		if err := session.DecodeJSON([]byte(data), &k); err != nil {
			t.Fatal(err)
		}
		return k
	}
	first := decode("a")
	was := fmt.Sprintf("%+v", first)
	for _, c := range []string{"b", "cc", "d"} {
		decode(c)
	}
	if is := fmt.Sprintf("%+v", first); is != was {
		t.Errorf("got %s, want %s", is, was)
	}
}

// BenchmarkDecodeJSON is the decoding of the payload of an event into a struct.
func BenchmarkDecodeJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var m message
		if err := session.DecodeJSON(messageJSON, &m); err != nil {
			b.Fatal(err)
		}
	}
}
