package faultproxy_test

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/everwire/everwire/internal/faultproxy"
)

func TestControl(t *testing.T) {
	p, err := faultproxy.Listen("127.0.0.1:1", faultproxy.Options{Seed: 42})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	call := func(method, target, body string) (int, faultproxy.State, string) {
		w := httptest.NewRecorder()
		p.Control().ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
		var s faultproxy.State
		json.Unmarshal(w.Body.Bytes(), &s)
		return w.Code, s, w.Body.String()
	}
	const faults = `{"latency":300,"webSocket":{"silent":true},"sse":{"pieceBytes":4096},"cut":{"after":2000,"status":504},
		"drops":[{"endpoint":"polling","when":"after","every":3}]}`
	want := faultproxy.Faults{
		Latency: 300, WebSocket: faultproxy.WebSocket{Silent: true}, SSE: faultproxy.Buffer{PieceBytes: 4096},
		Cut:   faultproxy.Cut{After: 2000, Status: 504},
		Drops: []faultproxy.Drop{{Endpoint: "polling", When: faultproxy.After, Every: 3}},
	}
	if code, s, body := call("PUT", "/", faults); code != 200 || !reflect.DeepEqual(s.Faults, want) || s.Seed != 42 {
		t.Fatalf("PUT: %d %s", code, body)
	}
	for name, bad := range map[string]string{
		"no JSON":          `{`,
		"unknown field":    `{"websocket_refuse":1}`,
		"bad status":       `{"webSocket":{"refuse":200}}`,
		"negative":         `{"latency":-1}`,
		"unknown moment":   `{"drops":[{"when":"sometimes"}]}`,
		"unknown endpoint": `{"cut":{"after":1,"endpoints":["nowhere"]}}`,
		"rate above 1":     `{"drops":[{"when":"after","rate":2}]}`,
	} {
		if code, _, body := call("PUT", "/", bad); code != 400 {
			t.Errorf("%s: %d %s, want 400", name, code, body)
		}
	}
	if code, s, body := call("GET", "/", ""); code != 200 || !reflect.DeepEqual(s.Faults, want) {
		t.Errorf("GET: %d %s, want the faults unchanged", code, body)
	}
	if code, s, body := call("DELETE", "/?endpoint=sse", ""); code != 200 || s.Cut == nil || *s.Cut != 0 {
		t.Errorf("DELETE: %d %s", code, body)
	}
	if code, _, _ := call("POST", "/", ""); code != 405 {
		t.Errorf("POST: %d, want 405", code)
	}
}

func TestNewWantsAListenerAndADial(t *testing.T) {
	if _, err := faultproxy.New(faultproxy.Options{}); err == nil {
		t.Error("no error")
	}
}
