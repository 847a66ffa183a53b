package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/session"
)

type point struct{ X, Y int }

// A bomb panics wherever it is asked for something behind its handler.
type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error) { panic("boom") }
func (bomb) Error() string                { return "bomb" }
func (bomb) As(any) bool                  { panic("boom") }

// handlers returns a server with a handler of each kind.
func handlers(log *slog.Logger) *session.Server {
	rt := newServer(session.Options{Logger: log})
	session.On(rt, "nothing", func(*session.Session, any) error { return nil })
	session.On(rt, "fail", func(*session.Session, any) error { return errors.New("the disk is full") })
	session.On(rt, "refuse", func(*session.Session, any) error { return &session.Refusal{Code: "no", Text: "not now"} })
	session.On(rt, "wrapped", func(*session.Session, any) error {
		return fmt.Errorf("because: %w", &session.Refusal{Code: "no", Text: "not now"})
	})
	session.On(rt, "refuse by nil", func(*session.Session, any) error { return (*session.Refusal)(nil) })
	session.On(rt, "panic", func(*session.Session, any) error { panic("boom") })
	session.Handle(rt, "panic late", func(*session.Session, any) (bomb, error) { return bomb{}, nil })
	session.On(rt, "panic error", func(*session.Session, any) error { return bomb{} })
	session.Handle(rt, "point", func(_ *session.Session, p point) (point, error) { return point{p.Y, p.X}, nil })
	session.Handle(rt, "raw", func(_ *session.Session, p json.RawMessage) (json.RawMessage, error) { return p, nil })
	session.Handle(rt, "bytes", func(_ *session.Session, p []byte) ([]byte, error) { return append(p, 9), nil })
	session.Handle(rt, "pointer", func(*session.Session, *int) (*int, error) { return nil, nil })
	session.Handle(rt, "unencodable", func(*session.Session, any) (chan int, error) { return make(chan int), nil })
	session.Handle(rt, "huge", func(*session.Session, any) (string, error) { return strings.Repeat("x", 1<<20), nil })
	session.On(rt, "wordy", func(*session.Session, any) error {
		return &session.Refusal{Code: "no", Text: strings.Repeat("x", 1<<20)}
	})
	session.On(rt, "codey", func(*session.Session, any) error {
		return &session.Refusal{Code: strings.Repeat("x", 1<<20)}
	})
	return rt
}

// What a call is answered; [2,7,…] is the client's, [1,…] gets no answer.
var answers = []struct{ name, call, want string }{
	{"nothing", `[2,7,"nothing"]`, `[3,7]`},
	{"typed", `[2,7,"point",{"X":1,"Y":2}]`, `[3,7,{"X":2,"Y":1}]`},
	{"typed, no payload", `[2,7,"point"]`, `[3,7,{"X":0,"Y":0}]`},
	{"typed, null", `[2,7,"point",null]`, `[3,7,{"X":0,"Y":0}]`},
	{"raw", `[2,7,"raw",{"a": [1, "é"]}]`, `[3,7,{"a": [1, "é"]}]`},
	{"raw null", `[2,7,"raw",null]`, `[3,7,null]`},
	{"raw, no payload", `[2,7,"raw"]`, `[3,7]`},
	{"bytes", `[6,7,"bytes","AQI="]`, `[7,7,"AQIJ"]`},
	{"bytes as JSON", `[2,7,"bytes","AQI="]`, `[7,7,"AQIJ"]`},
	{"no bytes", `[6,7,"bytes",""]`, `[7,7,"CQ=="]`},
	{"pointer", `[2,7,"pointer",1]`, `[3,7,null]`},
	{"large id", `[2,9007199254740991,"nothing"]`, `[3,9007199254740991]`},
	{"nobody listens", `[2,7,"nobody"]`, `[4,7,"no-handler","no handler for this event"]`},
	{"wrong type", `[2,7,"point","x"]`, `[4,7,"payload",`},
	{"bytes for JSON", `[6,7,"point","AQI="]`, `[4,7,"payload",`},
	{"error", `[2,7,"fail"]`, `[4,7,"failed","the handler failed"]`},
	{"refusal", `[2,7,"refuse"]`, `[4,7,"no","not now"]`},
	{"wrapped refusal", `[2,7,"wrapped"]`, `[4,7,"no","not now"]`},
	{"refusal that is nil", `[2,7,"refuse by nil"]`, `[4,7,"failed","the handler failed"]`},
	{"panic", `[2,7,"panic"]`, `[4,7,"internal","the handler failed"]`},
	{"answer that cannot be encoded", `[2,7,"unencodable"]`, `[4,7,"internal",`},
	{"answer too large", `[2,7,"huge"]`, `[4,7,"too-large",`},
	{"refusal with a text too large", `[2,7,"wordy"]`, `[4,7,"no",""]`},
	{"refusal with a code too large", `[2,7,"codey"]`, `[4,7,"too-large",""]`},
	{"wrong type, told at length", `[2,7,"point",{"X":1` + strings.Repeat("0", 65_500) + `}]`, `[4,7,"payload",""]`},
	{"event nobody listens to", `[1,"nobody"]`, ``},
	{"event of a wrong type", `[1,"point","x"]`, ``},
	{"event that fails", `[1,"fail"]`, ``},
	{"answer that panics when it is encoded", `[2,7,"panic late"]`, `[4,7,"internal","the answer cannot be encoded"]`},
	{"error that panics when it is looked at", `[2,7,"panic error"]`, `[4,7,"internal","the handler failed"]`},
	{"event that panics", `[1,"panic"]`, ``},
	{"volatile that panics", `[28,"panic"]`, ``},
}

func TestAnswers(t *testing.T) {
	for _, tt := range answers {
		bubble(t, tt.name, func(t *testing.T) {
			_, c := open(t, handlers(nil), "websocket", tt.call)
			synctest.Wait()
			got := strings.Join(c.read(), "\n")
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" || len(got) > 64<<10 {
				t.Errorf("got %.200s of %d bytes, want %s", got, len(got), tt.want)
			}
			c.write(`[2,8,"nothing"]`) // and the session goes on
			synctest.Wait()
			c.reads(`[3,8]`)
		})
	}
}

// What goes wrong is logged at its level, without payloads and ids.
func TestLog(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"panic with its stack", `[1,"panic","secret"]`, "level=ERROR msg=\"everwire: handler panicked\" event=panic err=boom stack="},
		{"error", `[1,"fail","secret"]`, `level=ERROR msg="everwire: handler" event=fail err="the disk is full"`},
		{"no handler", `[1,"nobody","secret"]`, `level=INFO msg="everwire: event not handled" event=nobody`},
		{"payload", `[1,"point","secret"]`, `level=INFO msg="everwire: event not handled" event=point`},
		{"field of a payload", `[1,"point",{"X":"secret"}]`, `err="string for int"`},
		{"number", `[1,"small",987654321]`, `err="number for int8"`},
		{"payload that decodes itself", `[1,"time","secret"]`, `err=*time.ParseError`},
		{"bytes", `[5,"point","c2VjcmV0"]`, `err="bytes for JSON"`},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			var log syncBuffer
			rt := handlers(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo})))
			session.On(rt, "small", func(*session.Session, int8) error { return nil })
			session.On(rt, "time", func(*session.Session, time.Time) error { return nil })
			p, _ := open(t, rt, "websocket", tt.line)
			synctest.Wait()
			if got := log.String(); !strings.Contains(got, tt.want) || strings.Contains(got, "secret") || strings.Contains(got, "987654321") || strings.Contains(got, p.id) {
				t.Errorf("logged:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// What a client sends that nobody takes is told once for each session at Info: it
// must not be able to fill a disk.
func TestLogIsNoFlood(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		var info, debug syncBuffer
		rt := handlers(slog.New(both{
			slog.NewTextHandler(&info, nil),
			slog.NewTextHandler(&debug, &slog.HandlerOptions{Level: slog.LevelDebug}),
		}))
		const sessions, events = 2, 1000
		for range sessions {
			_, c := open(t, rt, "websocket")
			for i := range events {
				c.write(fmt.Sprintf(`[1,"nobody %d"]`, i), `[1,"point","x"]`)
			}
		}
		synctest.Wait()
		const line = "event not handled"
		same(t, "lines at Info", strings.Count(info.String(), line), sessions)
		same(t, "lines at Debug", strings.Count(debug.String(), line), sessions*events*2)
	})
}

// both writes to two logs.
type both struct {
	slog.Handler
	debug slog.Handler
}

func (b both) Enabled(context.Context, slog.Level) bool { return true }

func (b both) Handle(ctx context.Context, r slog.Record) error {
	if b.Handler.Enabled(ctx, r.Level) {
		_ = b.Handler.Handle(ctx, r)
	}
	return b.debug.Handle(ctx, r)
}

// A fault is an error that cannot say what it is where it is nil.
type fault struct{ text string }

func (e *fault) Error() string { return e.text }
func (e *fault) Is(error) bool { return e.text == "" }

func (e *fault) MarshalJSON() ([]byte, error) { var none *fault; return nil, none }

// A fragile log asks every error what it says, and panics at every line with all.
type fragileLog struct {
	slog.Handler
	all bool
}

func (h fragileLog) Handle(ctx context.Context, r slog.Record) error {
	if h.all {
		panic("the disk is full")
	}
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			_ = err.Error()
		}
		return true
	})
	return h.Handler.Handle(ctx, r)
}

// A Logger that panics costs no more than its line, and not even that where it is
// an error that it cannot take.
func TestLoggerThatPanics(t *testing.T) {
	for _, tt := range []struct{ name, call, answer, log string }{
		{"at an error that is nil", `[2,7,"nil"]`, `[4,7,"failed","the handler failed"]`, `msg="everwire: handler" event=nil err=<nil>`},
		{"at a panic", `[2,7,"panic"]`, `[4,7,"internal","the handler failed"]`, `msg="everwire: handler panicked" event=panic err=boom`},
		{"at an answer", `[2,7,"unencodable"]`, `[4,7,"internal","the answer cannot be encoded"]`, `msg="everwire: answer" event=unencodable`},
		{"at an answer whose error is nil", `[2,7,"nil answer"]`, `[4,7,"internal","the answer cannot be encoded"]`, ``},
	} {
		for _, all := range []bool{false, true} {
			bubble(t, fmt.Sprint(tt.name, ", at all ", all), func(t *testing.T) {
				var log syncBuffer
				rt := handlers(slog.New(fragileLog{slog.NewTextHandler(&log, nil), all}))
				session.On(rt, "nil", func(*session.Session, any) error { var none *fault; return none })
				session.Handle(rt, "nil answer", func(*session.Session, any) (*fault, error) { return &fault{}, nil })
				_, c := open(t, rt, "websocket", tt.call)
				synctest.Wait()
				c.reads(tt.answer)
				if got := log.String(); !all && !strings.Contains(got, tt.log) {
					t.Errorf("logged:\n%s\nwant:\n%s", got, tt.log)
				}
			})
		}
	}
}

// A syncBuffer may be written from several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestHandlersOfASession(t *testing.T) {
	bubble(t, "run one at a time and in order, those of others at once", func(t *testing.T) {
		rt := newServer(session.Options{})
		var running, most atomic.Int32
		var mu sync.Mutex
		order := make(map[string][]int)
		session.On(rt, "n", func(s *session.Session, n int) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			time.Sleep(time.Duration(10-n%10) * time.Millisecond)
			mu.Lock()
			order[s.ID()] = append(order[s.ID()], n)
			mu.Unlock()
			return nil
		})
		const sessions, events = 5, 50
		for range sessions {
			p, c := open(t, rt, "websocket")
			for n := range events {
				if n%3 == 0 {
					p.send(fmt.Sprintf(`[1,"n",%d]`, n)) // by several connections
					c.up++
					continue
				}
				c.write(fmt.Sprintf(`[1,"n",%d]`, n))
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, "at once", most.Load(), sessions)
		for id, got := range order {
			for n := range events {
				if n >= len(got) || got[n] != n {
					t.Fatalf("session %s handled %v", id, got)
				}
			}
		}
		same(t, "sessions", len(order), sessions)
	})
	bubble(t, "hold no lock", func(t *testing.T) {
		rt := newServer(session.Options{})
		session.On(rt, "all", func(s *session.Session, _ any) error {
			s.Join("a")
			s.Set("k", len(s.Rooms()))
			_ = s.Emit("me", s.Get("k"))
			_ = s.To("a").Emit("others", nil)
			_ = rt.Emit("everybody", rt.Len())
			s.Leave("a")
			s.Close(4000, "done")
			return nil
		})
		_, c := open(t, rt, "websocket", `[1,"all"]`)
		synctest.Wait()
		c.reads(`[1,"me",1]`, `[1,"everybody",1]`, `[9,4000,"done"]`)
	})
	bubble(t, "a panic costs one event", func(t *testing.T) {
		rt := handlers(nil)
		app := watch(rt)
		_, c := open(t, rt, "websocket", `[1,"say",1]`, `[1,"panic"]`, `[1,"say",2]`)
		other, _ := open(t, rt, "websocket")
		other.send(`[1,"say",3]`)
		synctest.Wait()
		same(t, "sessions", rt.Len(), 2)
		same(t, "told", len(app.told()), 5)
		c.reads()
	})
}

func TestRegistering(t *testing.T) {
	panics := func(name string, fn func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", name)
			}
		}()
		fn()
	}
	rt := newServer(session.Options{})
	on := func(name string) func() {
		return func() { session.On(rt, name, func(*session.Session, any) error { return nil }) }
	}
	on("once")()
	panics("twice", on("once"))
	panics("no name", on(""))
	panics("On without a handler", func() { session.On[any](rt, "none", nil) })
	panics("Handle without a handler", func() { session.Handle[any, any](rt, "neither", nil) })
	panics("OnConnect without a function", func() { rt.OnConnect(nil) })
	panics("OnDisconnect without a function", func() { rt.OnDisconnect(nil) })
	panics("name of 129", on(strings.Repeat("é", 129)))
	panics("not UTF-8", on("\xff"))
	on(strings.Repeat("é", 128))()
}
