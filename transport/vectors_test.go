package transport_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/everwire/everwire/transport"
)

// vectors are the wire vectors that every implementation of the protocol reads;
// their own "format" says what the fields mean.
type vectors struct {
	DecodeOK    []frameVector `json:"decode_ok"`
	DecodeError []frameVector `json:"decode_error"`
	BinaryOK    []frameVector `json:"binary_ok"`
	BinaryError []frameVector `json:"binary_error"`
	HelloOK     []struct {
		Name, Text, At string
		Opens          bool
		Fields         map[string]json.RawMessage
	} `json:"hello_ok"`
	HelloError []struct {
		Name, Text, At, Word string
		Code                 uint16
		Fill                 string
	} `json:"hello_error"`
	Size []struct {
		Name, Head, Fill, Tail string
		Times, Bytes           int
		Word                   *string
	}
	Body []struct {
		Name, Text, Hex string
		Frames          []string
		Cut             bool
	}
	Count []struct {
		Name  string
		Steps []struct {
			Line, Do string
			Num      uint64
		}
		Error     string
		Seq, Next uint64
	}
	Codes []struct {
		HTTP *int
		Code transport.Code
		Word string
	}
}

type frameVector struct {
	Name, Text, Hex, Word string
	Kind                  uint64
	Counted, Canonical    bool
	Fields                struct {
		Num     uint64
		Name    string
		Text    string
		Token   uint64
		Payload json.RawMessage
		Bytes   *string
	}
}

func load(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.DecodeOK) < 50 || len(v.DecodeError) < 50 || len(v.BinaryOK) == 0 || len(v.HelloOK) == 0 || len(v.HelloError) == 0 ||
		len(v.Body) == 0 || len(v.Count) == 0 || len(v.Codes) == 0 || len(v.Size) == 0 {
		t.Fatal("testdata/frames.json lacks a group")
	}
	return v
}

// line returns the bytes of a vector.
func line(t testing.TB, text, hexed string) []byte {
	t.Helper()
	if hexed == "" {
		return []byte(text)
	}
	b, err := hex.DecodeString(hexed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// word returns the reason of an error, "" for none.
func word(err error) string {
	var ce *transport.CloseError
	if errors.As(err, &ce) {
		return ce.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestVectorsDecode(t *testing.T) {
	for _, v := range load(t).DecodeOK {
		in := line(t, v.Text, v.Hex)
		f, err := transport.Decode(in)
		if err != nil {
			t.Errorf("%s: Decode(%q): %v", v.Name, in, err)
			continue
		}
		checkFrame(t, v, f)
		if v.Canonical && f.Kind.Known() && string(f.Line()) != v.Text {
			t.Errorf("%s: Line() = %s, want %s", v.Name, f.Line(), v.Text)
		}
	}
}

func TestVectorsBinary(t *testing.T) {
	for _, v := range load(t).BinaryOK {
		in := line(t, v.Text, v.Hex)
		f, err := transport.DecodeMessage(in)
		if err != nil {
			t.Errorf("%s: DecodeMessage(%q): %v", v.Name, in, err)
			continue
		}
		checkFrame(t, v, f)
		if got, binary := f.Message(); v.Canonical && f.Kind.Known() && (!binary || !bytes.Equal(got, in)) {
			t.Errorf("%s: Message() = %q, want %q", v.Name, got, in)
		}
	}
}

func checkFrame(t *testing.T, v frameVector, f *transport.Frame) {
	t.Helper()
	if f.Kind.Known() && uint64(f.Kind) != v.Kind || f.Kind.Counted() != v.Counted && v.Kind < 100 {
		t.Errorf("%s: kind %d counted %v, want %d %v", v.Name, f.Kind, f.Kind.Counted(), v.Kind, v.Counted)
	}
	if !f.Kind.Known() {
		return
	}
	name, text := v.Fields.Name, v.Fields.Text
	if f.Kind != transport.KindRefusal && text != "" {
		name, text = text, "" // the word of 9, 22 and 23
	}
	if f.Num != v.Fields.Num || f.Name != name || f.Text != text || f.Token != v.Fields.Token {
		t.Errorf("%s: got num %d name %q text %q token %d, want %+v", v.Name, f.Num, f.Name, f.Text, f.Token, v.Fields)
	}
	switch {
	case v.Fields.Bytes != nil:
		if hex.EncodeToString(f.Data) != *v.Fields.Bytes {
			t.Errorf("%s: bytes %x, want %s", v.Name, f.Data, *v.Fields.Bytes)
		}
	case len(v.Fields.Payload) > 0 || len(f.Data) > 0:
		if !sameJSON(f.Data, v.Fields.Payload) {
			t.Errorf("%s: payload %s, want %s", v.Name, f.Data, v.Fields.Payload)
		}
	}
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func TestVectorsRefused(t *testing.T) {
	v := load(t)
	for _, v := range v.DecodeError {
		in := line(t, v.Text, v.Hex)
		if _, err := transport.Decode(in); word(err) != v.Word {
			t.Errorf("%s: Decode(%q): %v, want %s", v.Name, in, err, v.Word)
		}
	}
	for _, v := range v.BinaryError {
		in := line(t, v.Text, v.Hex)
		if _, err := transport.DecodeMessage(in); word(err) != v.Word {
			t.Errorf("%s: DecodeMessage(%q): %v, want %s", v.Name, in, err, v.Word)
		}
	}
}

func TestVectorsHello(t *testing.T) {
	all := load(t)
	for _, v := range all.HelloOK {
		f, err := transport.Decode([]byte(v.Text))
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		h, err := transport.DecodeHello(f.Data)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		fields := map[string]any{"v": h.Version, "key": h.Key, "id": h.ID, "n": h.Attach, "r": h.Send,
			"got": h.Got, "seq": h.Seq, "wait": h.Wait, "bin": h.Binary, "flat": h.Flat, "ticket": h.Renew}
		if h.Lines {
			fields["lines"] = true
		}
		if h.Auth != nil {
			fields["auth"] = h.Auth
		}
		got, _ := json.Marshal(fields)
		want, _ := json.Marshal(v.Fields)
		if !sameJSON(got, want) || v.Opens != (h.Key != "") {
			t.Errorf("%s: got %s, want %s", v.Name, got, want)
		}
	}
	for _, v := range all.HelloError {
		if v.Word != "hello" || v.At == "sse" || v.At == "send" || v.Text == "" {
			continue // those need an endpoint: package session has them
		}
		f, err := transport.Decode([]byte(v.Text))
		if err == nil {
			var h transport.Hello
			h, err = transport.DecodeHello(f.Data)
			if err == nil && h.Attach == 0 { // a transport's own check
				err = transport.ErrHello
			}
		}
		if word(err) != v.Word {
			t.Errorf("%s: %v, want %s", v.Name, err, v.Word)
		}
	}
}

func TestVectorsSize(t *testing.T) {
	lim := transport.Limits{FrameBytes: 65536, BodyBytes: 262144, BodyFrames: 1024}
	for _, v := range load(t).Size {
		in := v.Head + strings.Repeat(v.Fill, v.Times) + v.Tail
		_, err := transport.DecodeLines(nil, []byte(in), lim)
		want := ""
		if v.Word != nil {
			want = *v.Word
		}
		if len(in) == v.Bytes && word(err) != want {
			t.Errorf("%s: %v, want %q", v.Name, err, want)
		}
	}
}

// TestVectorsBody reads each body behind a hello: one that was cut is refused as
// a whole, as a server does; of the others every line is a frame.
func TestVectorsBody(t *testing.T) {
	for _, v := range load(t).Body {
		body := line(t, v.Text, v.Hex)
		if len(v.Frames) > 0 && strings.HasPrefix(v.Frames[0], "[20,") {
			body = body[len(v.Frames[0])+1:] // it has its own hello
			v.Frames = v.Frames[1:]
		}
		_, b, err := read(helloLine+string(body), limits)
		if v.Cut {
			if word(err) != "frame" {
				t.Errorf("%s: got %v, want frame", v.Name, err)
			}
			continue
		}
		if err != nil || len(b.Frames) != len(v.Frames) {
			t.Errorf("%s: got %d frames, %v, want %d", v.Name, len(b.Frames), err, len(v.Frames))
			continue
		}
		for i, f := range b.Frames {
			want, err := transport.Decode([]byte(v.Frames[i]))
			if err != nil || !bytes.Equal(f.Line(), want.Line()) {
				t.Errorf("%s: frame %d: got %s, want %s, %v", v.Name, i, f.Line(), v.Frames[i], err)
			}
		}
	}
}

// TestVectorsCount runs what a Batch knows of numbers: which one a frame has
// that stands behind others. Duplicates and gaps are the session's.
func TestVectorsCount(t *testing.T) {
	for _, v := range load(t).Count {
		b := transport.Batch{Seq: v.Seq}
		for i, step := range v.Steps {
			f, err := transport.Decode([]byte(step.Line))
			if err != nil {
				if step.Do != "fault" || word(err) != v.Error {
					t.Errorf("%s: step %d: %v, want %s", v.Name, i, err, v.Error)
				}
				break
			}
			if num := b.After(); step.Num != 0 && num != step.Num {
				t.Errorf("%s: step %d has number %d, want %d", v.Name, i, num, step.Num)
			}
			if step.Do == "fault" {
				break
			}
			b.Frames = append(b.Frames, f)
		}
		if next := b.After(); v.Next != 0 && next != v.Next {
			t.Errorf("%s: the next number is %d, want %d", v.Name, next, v.Next)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range load(f).DecodeOK {
		f.Add(line(f, v.Text, v.Hex))
	}
	for _, v := range load(f).DecodeError {
		f.Add(line(f, v.Text, v.Hex))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		frame, err := transport.Decode(in)
		reused(t, in, frame, err)
		if err != nil {
			if w := word(err); w != "frame" && w != "utf8" && w != "hello" {
				t.Fatalf("Decode(%q): %v", in, err)
			}
			return
		}
		if !json.Valid(in) {
			t.Fatalf("Decode(%q) took what is not JSON", in)
		}
		again(t, frame, transport.Decode)
	})
}

// reused checks that a Decoder takes frames that were freed for what Decode makes
// anew.
func reused(t *testing.T, in []byte, want *transport.Frame, wantErr error) {
	t.Helper()
	d := transport.Decoder{Reuse: true}
	for range 2 {
		f, err := d.Line(in)
		if err != wantErr {
			t.Fatalf("%q: %v with frames that were freed, %v without", in, err, wantErr)
		}
		if err == nil {
			alike(t, in, f, want)
			f.Free()
		}
	}
}

func FuzzDecodeMessage(f *testing.F) {
	for _, v := range load(f).BinaryOK {
		f.Add(line(f, v.Text, v.Hex))
	}
	for _, v := range load(f).BinaryError {
		f.Add(line(f, v.Text, v.Hex))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		frame, err := transport.DecodeMessage(in)
		if err != nil {
			return
		}
		if frame.Kind.Known() {
			data, _ := frame.Message()
			same(t, frame, data, transport.DecodeMessage)
		}
		again(t, frame, transport.Decode)
	})
}

func FuzzDecodeHello(f *testing.F) {
	for _, v := range load(f).HelloOK {
		f.Add([]byte(strings.TrimSuffix(strings.TrimPrefix(v.Text, "[20,"), "]")))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := transport.DecodeHello(in)
		if err == nil && (h.Key == "") == (h.ID == "") {
			t.Fatalf("DecodeHello(%q) = %+v", in, h)
		}
	})
}

// again checks that a frame survives encoding and decoding as text.
func again(t *testing.T, f *transport.Frame, decode func([]byte) (*transport.Frame, error)) {
	t.Helper()
	if f.Kind.Known() {
		same(t, f, f.Line(), decode)
	}
}

func same(t *testing.T, f *transport.Frame, encoded []byte, decode func([]byte) (*transport.Frame, error)) {
	t.Helper()
	g, err := decode(encoded)
	if err != nil {
		t.Fatalf("decode(%q): %v", encoded, err)
	}
	alike(t, encoded, g, f)
}

func alike(t *testing.T, encoded []byte, g, f *transport.Frame) {
	t.Helper()
	if g.Kind != f.Kind || g.Num != f.Num || g.Name != f.Name || g.Text != f.Text || g.Token != f.Token || !bytes.Equal(g.Data, f.Data) {
		t.Fatalf("%q became %+v, was %+v", encoded, g, f)
	}
}
