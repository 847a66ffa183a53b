package session_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/session"
	"github.com/everwire/everwire/transport"
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

// saying is a value that encodes as the JSON that it is.
type saying string

func (s saying) MarshalJSON() ([]byte, error) { return []byte(s), nil }

// nested returns a value of arrays in arrays.
func nested(depth int) (v any) {
	for range depth {
		v = []any{v}
	}
	return v
}

// TestPayloadsThatNoClientTakes: encoding/json passes on what is not UTF-8 and
// nests as deep as one likes. A client would refuse such a frame, and get it again
// on each connection, so it is refused where it is emitted.
func TestPayloadsThatNoClientTakes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		payload any
		ok      bool
	}{
		{"a Marshaler's UTF-8", saying(`"é"`), true},
		{"a Marshaler's Latin-1", saying("\"\xe9\""), false},
		{"a raw part's Latin-1", map[string]any{"raw": json.RawMessage("\"\xe9\"")}, false},
		{"a raw part's key", []json.RawMessage{json.RawMessage("{\"\xe9\":1}")}, false},
		{"a string's Latin-1, which encoding/json replaces", "\xe9", true},
		{"63 deep", nested(63), true},
		{"64 deep", nested(64), false},
		{"64 deep, of maps", map[string]any{"a": nested(63)}, false},
		{"broad and full of brackets", []string{strings.Repeat("[{", 100), strings.Repeat("{[", 100)}, true},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := newServer(session.Options{})
			session.Handle(rt, "ask", func(*session.Session, int) (any, error) { return tt.payload, nil })
			p, c := open(t, rt, "websocket", `[2,1,"ask",0]`)
			synctest.Wait()
			answer := strings.HasPrefix(strings.Join(c.read(), "\n"), `[3,1,`)
			for what, ok := range map[string]bool{
				"the answer of Handle": answer,
				"Session.Emit":         p.session().Emit("a", tt.payload) == nil,
				"Session.Volatile":     p.session().Volatile("a", tt.payload) == nil,
				"Server.Emit":          rt.Emit("a", tt.payload) == nil,
			} {
				if ok != tt.ok {
					t.Errorf("%s was taken: %v, want %v", what, ok, tt.ok)
				}
			}
			p.session().Close(transport.CodeNormal, "")
		})
	}
}
