package main

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// A walker uses a server that runs in a bubble.
type walker struct {
	t *testing.T
	l *memhttp.Listener
	h *http.Client
}

// inWalk runs a test in virtual time, from the server's start to its shutdown,
// and returns how long that took.
func inWalk(t *testing.T, test func(t *testing.T, w *walker)) (shutdown time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := memhttp.Listen()
		tr := &http.Transport{DialContext: l.Dial}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, l) }() // ends with stop
		defer func() {
			tr.CloseIdleConnections()
			start := time.Now()
			stop()
			if err := <-ended; err != nil {
				t.Errorf("serve: %v", err)
			}
			shutdown = time.Since(start)
		}()
		test(t, &walker{t, l, &http.Client{Transport: tr}})
	})
	return shutdown
}

// send makes a request; header is names and values in turn.
func (w *walker) send(method, path, body string, header ...string) *http.Response {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+memhttp.Host+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := w.h.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

func (w *walker) get(path string) (int, string) {
	w.t.Helper()
	res := w.send("GET", path, "")
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// say posts a message to one of the first three chats.
func (w *walker) say(chat, text string) int {
	w.t.Helper()
	res := w.send("POST", "/"+chat+"/say", url.Values{"name": {"ann"}, "text": {text}}.Encode())
	res.Body.Close()
	return res.StatusCode
}

// after asks chat 1 or 2 and returns the texts of the answer.
func (w *walker) after(chat string, n int) (texts []string) {
	w.t.Helper()
	_, body := w.get(fmt.Sprintf("/%s/messages?after=%d", chat, n))
	var news []message
	if err := json.Unmarshal([]byte(body), &news); err != nil {
		w.t.Fatalf("%s answers %q: %v", chat, body, err)
	}
	for _, m := range news {
		texts = append(texts, m.Text)
	}
	return texts
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestPolling(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		equal(t, "before anything", w.after("polling", 0), nil)
		w.say("polling", "one")
		w.say("polling", "two")
		equal(t, "all", w.after("polling", 0), []string{"one", "two"})
		equal(t, "after 1", w.after("polling", 1), []string{"two"})
		equal(t, "after 1 again, as if the answer had been lost", w.after("polling", 1), []string{"two"})
		equal(t, "after the last", w.after("polling", 2), nil)
		equal(t, "after one from before a restart", w.after("polling", 57), []string{"one", "two"})
		for i := range 100 {
			w.say("polling", fmt.Sprint(i))
		}
		if got := w.after("polling", 1); len(got) != 100 || got[0] != "0" || got[99] != "99" {
			t.Errorf("who was away for 101 messages gets %d, from %q on; want the last 100", len(got), got[:1])
		}
	})
}

func TestLongpoll(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		start := time.Now()
		go func() { // ends after the post
			time.Sleep(7 * time.Second)
			w.say("longpoll", "one")
		}()
		equal(t, "held", w.after("longpoll", 0), []string{"one"})
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("the answer came after %v, want 7s", took)
		}
		equal(t, "what is there already", w.after("longpoll", 0), []string{"one"})
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("it was held until %v", took)
		}
		equal(t, "silence", w.after("longpoll", 1), nil)
		if took := time.Since(start); took != 7*time.Second+hold {
			t.Errorf("silence ended after %v, want %v", took, 7*time.Second+hold)
		}
	})
}

// stream opens the stream of chat 3; next returns its next event or comment.
func (w *walker) stream(header ...string) (res *http.Response, next func() string) {
	w.t.Helper()
	res = w.send("GET", "/sse/stream", "", header...)
	lines := bufio.NewScanner(res.Body)
	return res, func() string {
		var event []string
		for lines.Scan() && lines.Text() != "" {
			event = append(event, lines.Text())
		}
		return strings.Join(event, "\n")
	}
}

func TestSSE(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		res, next := w.stream()
		if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Errorf("got type %q", got)
		}
		const one, two = "id: 1\ndata: {\"number\":1,\"name\":\"ann\",\"text\":\"one\"}", "id: 2\ndata: {\"number\":2,\"name\":\"ann\",\"text\":\"two\\nlines\"}"
		got := []string{next()}
		w.say("sse", "one")
		got = append(got, next())
		start := time.Now()
		got = append(got, next())
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("a quiet stream carries something after %v, want 15s", took)
		}
		equal(t, "the stream", got, []string{":", one, ":"})
		res.Body.Close()
		w.say("sse", "two\nlines")
		res, next = w.stream("Last-Event-ID", "1")
		equal(t, "the rest", []string{next()}, []string{two})
		res.Body.Close()
		res, next = w.stream()
		equal(t, "a new stream", []string{next(), next()}, []string{one, two})
		res.Body.Close()
	})
}

func (w *walker) dial() *websocket.Conn {
	w.t.Helper()
	d := websocket.Dialer{NetDialContext: w.l.Dial}
	conn, res, err := d.DialContext(w.t.Context(), "ws://"+memhttp.Host+"/websocket/", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	synctest.Wait() // it is in the hub now
	return conn
}

func speak(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.WriteJSON(message{Name: "ann", Text: text}); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	var m message
	if err := conn.ReadJSON(&m); err != nil {
		t.Fatal(err)
	}
	return m.Text
}

// What the comments of chat 4 say of its failures is so.
func TestWebSocket(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		a, b := w.dial(), w.dial()
		speak(t, a, "hi")
		equal(t, "both hear", []string{hear(t, a), hear(t, b)}, []string{"hi", "hi"})
		b.Close()
		synctest.Wait()
		speak(t, a, "lost")
		hear(t, a)
		b = w.dial()
		speak(t, a, "back")
		equal(t, "who was away", []string{hear(t, b)}, []string{"back"})
		hear(t, a)

		// b stops reading. When nothing more fits into its socket, a hears itself
		// a second late, and once.
		long := strings.Repeat("x", 500)
		var late []time.Duration
		for range 2 * memhttp.SocketBytes / len(long) {
			start := time.Now()
			speak(t, a, long)
			hear(t, a)
			if took := time.Since(start); took > 0 {
				late = append(late, took)
			}
		}
		if len(late) != 1 || late[0] != time.Second {
			t.Errorf("held up for %v, want once for 1s", late)
		}
		c := w.dial()
		speak(t, c, "without b")
		equal(t, "the rest", []string{hear(t, a), hear(t, c)}, []string{"without b", "without b"})
		speak(t, c, strings.Repeat(" ", 3))
		if _, _, err := c.ReadMessage(); err == nil {
			t.Error("nonsense is not hung up on")
		}
		a.Close()
		b.Close()
		c.Close()
	})
}

func TestEverwire(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		var want []string
		var mu sync.Mutex
		heard := make(map[string][]string) // guarded by mu
		var clients []*wireclient.Client
		for i, name := range []string{wireclient.WebSocket, wireclient.SSE, wireclient.LongPoll, wireclient.Polling} {
			c := wireclient.New(wireclient.Options{
				URL: "http://" + memhttp.Host + "/everwire/", HTTP: w.h.Transport, Dial: w.l.Dial, Seed: uint64(i + 1),
				Event: func(e wireclient.Event) {
					mu.Lock()
					defer mu.Unlock()
					var m message
					if err := json.Unmarshal(e.Data, &m); err != nil || e.Name != "said" || m.Number != len(heard[name])+1 {
						t.Errorf("%s: got %s %s: %v", name, e.Name, e.Data, err)
					}
					heard[name] = append(heard[name], m.Text)
				},
				Fault: func(err error) { t.Errorf("%s: %v", name, err) },
			})
			c.Open(name)
			clients = append(clients, c)
			time.Sleep(12 * time.Second) // the longest interval of polling is 10 s
			c.Drop()                     // what broke chat 4
			want = append(want, "by "+name)
			data, _ := json.Marshal(message{Name: "ann", Text: want[i]})
			err := c.Call("say", data, func(e wireclient.Event, err error) {
				if err != nil || string(e.Data) != fmt.Sprint(i+1) {
					t.Errorf("ack on %s: %s, %v; want %d", name, e.Data, err, i+1)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(12 * time.Second)
		}
		var refusal *wireclient.Refusal
		clients[0].Call("say", json.RawMessage(`{"name":"","text":"x"}`), func(_ wireclient.Event, err error) {
			if !errors.As(err, &refusal) {
				t.Errorf("no name: got %v, want a refusal", err)
			}
		})
		time.Sleep(12 * time.Second)
		synctest.Wait()
		if refusal == nil {
			t.Error("no name: no answer")
		}
		for _, c := range clients {
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for name, got := range heard {
			equal(t, name, got, want)
		}
		if len(heard) != 4 {
			t.Errorf("%d have heard something, want 4", len(heard))
		}
	})
}

func TestBadPosts(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		for _, chat := range []string{"polling", "longpoll", "sse"} {
			for _, text := range []string{"", " ", strings.Repeat("ü", 501), strings.Repeat("x", 9<<10), "\xff"} {
				if status := w.say(chat, text); status != 400 {
					t.Errorf("%s: %.20q: got %d, want 400", chat, text, status)
				}
			}
			if status := w.say(chat, strings.Repeat("ü", 500)); status != 204 {
				t.Errorf("%s: 500 characters: got %d, want 204", chat, status)
			}
			res := w.send("POST", "/"+chat+"/say", "name=a&text=b", "Sec-Fetch-Site", "cross-site")
			res.Body.Close()
			if res.StatusCode != 403 {
				t.Errorf("%s: a form of another site: got %d, want 403", chat, res.StatusCode)
			}
		}
	})
}

// Whatever is held open ends with the server. On real sockets, as the listener
// in memory would end it by itself.
func TestShutdown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := l.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l) }() // ends with stop
	held := make(chan error, 1)
	stream, err := http.Get("http://" + base + "/sse/stream")
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the stream
		_, err := io.ReadAll(stream.Body)
		stream.Body.Close()
		held <- err
	}()
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+base+"/websocket/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v: it has waited", err)
	}
	if err := <-held; err != nil {
		t.Errorf("the stream did not end in order: %v", err)
	}
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("the WebSocket is open after the shutdown")
	}
	conn.Close()
	http.DefaultClient.CloseIdleConnections()
}

func TestPages(t *testing.T) {
	inWalk(t, func(t *testing.T, w *walker) {
		_, body := w.get("/")
		for i, c := range chats {
			if !strings.Contains(body, `href="/`+c.Slug+`"`) {
				t.Errorf("the index does not link %s", c.Slug)
			}
			status, page := w.get("/" + c.Slug)
			if status != 200 || !strings.Contains(page, fmt.Sprintf("%d. %s</h1>", i+1, c.Title)) {
				t.Errorf("%s: got %d %.200q", c.Slug, status, page)
			}
			server, lines := source(c.Slug + ".go")
			if lines > 60 || strings.Count(server, "\n") < 30 {
				t.Errorf("%s.go: %d lines of code, %d in all; want 30 to 60", c.Slug, lines, strings.Count(server, "\n"))
			}
			if !strings.Contains(page, html.EscapeString("// What it costs")) || !strings.Contains(page, html.EscapeString("// Where it fails")) {
				t.Errorf("the page of %s does not show what it costs and where it fails", c.Slug)
			}
			for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
				if status, _ := w.get("/" + strings.TrimPrefix(m[1], "/")); status != 200 {
					t.Errorf("the page of %s refers to %s: got %d", c.Slug, m[1], status)
				}
			}
		}
		if _, last := source("everwire.go"); last >= 37 {
			t.Errorf("everwire.go has %d lines: the page says that it is the shortest", last)
		}
		if status, _ := w.get("/index.html"); status != 404 {
			t.Errorf("a template is served: got %d", status)
		}
	})
}

// Each diagram is well-formed, has a title and a description, and its texts fit.
func TestDiagrams(t *testing.T) {
	for _, c := range chats {
		svg := string(diagram(c.Slug, c.Title+" <&>", c.steps))
		var parsed struct {
			Role  string `xml:"role,attr"`
			By    string `xml:"aria-labelledby,attr"`
			Title struct {
				ID   string `xml:"id,attr"`
				Text string `xml:",chardata"`
			} `xml:"title"`
			Desc struct {
				ID   string `xml:"id,attr"`
				Text string `xml:",chardata"`
			} `xml:"desc"`
		}
		if err := xml.Unmarshal([]byte(svg), &parsed); err != nil {
			t.Errorf("%s: %v", c.Slug, err)
		}
		if parsed.Role != "img" || parsed.By != parsed.Title.ID+" "+parsed.Desc.ID || parsed.Title.Text != c.Title+" <&>" {
			t.Errorf("%s: role %q, labelled by %q, title %q", c.Slug, parsed.Role, parsed.By, parsed.Title.Text)
		}
		for i, s := range c.steps {
			if n := len([]rune(s.text)); s.from != s.to && n > 21 {
				t.Errorf("%s: %q has %d characters, want at most 21", c.Slug, s.text, n)
			}
			want := s.text
			if s.lost {
				want += ", which is lost on the way"
			}
			if !strings.Contains(parsed.Desc.Text, want) {
				t.Errorf("%s: the description does not say %q", c.Slug, want)
			}
			if i+s.open >= len(c.steps) {
				t.Errorf("%s: %q stays open for %d steps, beyond the end", c.Slug, s.text, s.open)
			}
		}
	}
}
