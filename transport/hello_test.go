package transport_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/everwire/everwire/transport"
)

func hellos() []string {
	key := `"key":"abcdefghijklmnopqrstuv"`
	return []string{
		`{` + key + `,"n":1}`, `{` + key + `,"n":1,"v":2,"auth":{"a":[1,"x"]},"ticket":1,"flat":1,"bin":0,"lines":1,"seq":7,"wait":100,"got":3}`,
		`{"id":"x","r":4,"got":12}`, `{"id":"x","n":null,"auth":null,"x":{"id":"y"}}`, `{"\u0069d":"\u0078","n":2}`,
		`{"id":"x","n":1,"n":2}`, ` { "id" : "x" , "n" : 5 } `, `{"ID":"x","n":1}`, `{"id":"x","n":1.0}`, `{"id":"x","n":-1}`,
		`{"id":7}`, `{"id":"x","bin":2}`, `{"id":"x","lines":2}`, `{"id":"x","bin":true}`, `{"id":"x",}`, `{"id":"x"`, `{"id" "x"}`, `{,}`, `{}`, `[]`, `"x"`, `null`, ``,
		`{"id":"x"}{}`, `{"id":"\ud800"}`, `{"id":"x","auth":"` + strings.Repeat("a", 5000) + `"}`, `{"id":"` + strings.Repeat("a", 65) + `"}`,
		`{"id":"x","` + key[1:4] + `":1}`, `{"id":"x","got":9007199254740992}`, `{"":1,"id":"x"}`, `{"id":"x","n":"1"}`,
	}
}

// slowly reads a hello by encoding/json, as the protocol has it.
func slowly(data []byte) (h transport.Hello, err error) {
	var m map[string]json.RawMessage
	bad := json.Unmarshal(data, &m) != nil || m == nil
	raw := func(name string) json.RawMessage {
		if string(m[name]) == "null" {
			return nil
		}
		return m[name]
	}
	text := func(name string) (s string) {
		if raw(name) != nil && json.Unmarshal(raw(name), &s) != nil {
			bad = true
		}
		return s
	}
	number := func(name string, absent uint64) (n uint64) {
		if v := raw(name); v != nil {
			bad = bad || json.Unmarshal(v, &n) != nil || n > 1<<53-1 || v[0] == '-'
		}
		if n == 0 {
			return absent
		}
		return n
	}
	flag := func(name string) bool {
		n := number(name, 0)
		bad = bad || n > 1
		return n == 1
	}
	h = transport.Hello{
		Version: number("v", 1), Key: text("key"), Auth: raw("auth"), ID: text("id"), Attach: number("n", 0), Send: number("r", 0),
		Got: number("got", 0), Seq: number("seq", 1), Wait: number("wait", 0), Binary: flag("bin"), Lines: flag("lines"), Flat: flag("flat"), Renew: flag("ticket"),
	}
	if bad {
		return h, transport.ErrHello
	}
	return h, nil
}

// FuzzHello compares with a reader that is slow and simple. What is refused by
// one for what the fields hold is not compared.
func FuzzHello(f *testing.F) {
	for _, h := range hellos() {
		f.Add([]byte(h))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if transport.CheckJSON(data) != nil || !json.Valid(data) || hasTwins(data) {
			if _, err := transport.DecodeHello(data); err == nil && transport.CheckJSON(data) != nil {
				t.Errorf("%q: taken, and is no JSON", data)
			}
			return
		}
		got, err := transport.DecodeHello(data)
		want, wantErr := slowly(data)
		switch {
		case errors.Is(err, transport.ErrSize):
		case wantErr != nil && err == nil:
			t.Errorf("%q: got %+v, want an error", data, got)
		case err == nil && !reflect.DeepEqual(got, want):
			t.Errorf("%q: got %+v, want %+v", data, got, want)
		case err != nil && wantErr == nil && plausible(want):
			t.Errorf("%q: got %v, want %+v", data, err, want)
		}
	})
}

// plausible reports whether the fields of a hello are within their bounds.
func plausible(h transport.Hello) bool {
	return h.Key == "" && h.ID != "" && len(h.ID) <= 64 && len(h.Auth) <= 4<<10
}

// hasTwins reports whether an object has a member twice: which of them counts
// is the same, but not what becomes of a bad one.
func hasTwins(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return false
	}
	seen := map[any]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil || seen[name] {
			return true
		}
		seen[name] = true
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return true
		}
	}
	return false
}

// TestWelcomeIsJSON: a welcome is the JSON that its tags say, field by field and
// with all of them.
func TestWelcomeIsJSON(t *testing.T) {
	no := false
	all := transport.Welcome{
		Version: 1, ID: "Jx0q-\"\\\n\u00e9\U0001f600", Attach: 2, Send: 3, Seq: 1<<53 - 1, Got: 5, Resumed: &no, Ticket: "u8Wm", At: 6,
		Transports: []string{"websocket", "sse"}, Ping: 7, Wait: 8, Poll: []int64{9, 10}, Head: 11, Window: 12, Max: []int64{13, 14, 15}, Pause: 16, Next: 17,
	}
	cases := []transport.Welcome{{}, all, {Transports: []string{}, Poll: []int64{}, Max: []int64{0}}}
	fields := reflect.ValueOf(all)
	for i := range fields.NumField() {
		if fields.Field(i).IsZero() {
			t.Errorf("%s is not tested", fields.Type().Field(i).Name)
		}
		var one transport.Welcome
		reflect.ValueOf(&one).Elem().Field(i).Set(fields.Field(i))
		cases = append(cases, one)
	}
	for _, w := range cases {
		want, err := json.Marshal(&w)
		if err != nil {
			t.Fatal(err)
		}
		f := w.Frame()
		if string(f.Data) != string(want) {
			t.Errorf("data: got %s, want %s", f.Data, want)
		}
		if line := "[21," + string(want) + "]"; string(f.Line()) != line {
			t.Errorf("line: got %s, want %s", f.Line(), line)
		}
	}
}

func BenchmarkHello(b *testing.B) {
	data := []byte(`{"id":"Jx0qv3VWRKmQk1tS2dYh7A","n":9,"got":41,"wait":25000}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := transport.DecodeHello(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWelcome(b *testing.B) {
	w := transport.Welcome{Attach: 9, Seq: 42, Got: 17}
	b.ReportAllocs()
	for b.Loop() {
		if len(w.Frame().Line()) == 0 {
			b.Fatal("no line")
		}
	}
}
