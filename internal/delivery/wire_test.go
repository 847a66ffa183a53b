package delivery_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/everwire/everwire"
	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/internal/wireclient"
)

// The tests here write frames by hand, where an exact answer is due. Each has a
// world whose own client does nothing.

const key = "9fK2mQ0aT7uVx3LrYc1bEw"

func byHand(t *testing.T, opt everwire.Options, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, t.Name(), network{}, opt, wireclient.Options{})
		defer w.close()
		test(t, w)
		synctest.Wait()
	})
}

// fields returns the object of a welcome.
func fields(t *testing.T, line string) map[string]any {
	t.Helper()
	var frame []any
	if err := json.Unmarshal([]byte(line), &frame); err != nil || len(frame) != 2 || frame[0] != 21.0 {
		t.Fatalf("no welcome: %q", line)
	}
	return frame[1].(map[string]any)
}

// open opens a session by a POST and returns the welcome.
func (w *world) open(n int, frames ...string) map[string]any {
	w.t.Helper()
	status, answer := w.post("polling", append([]string{fmt.Sprintf(`[20,{"v":1,"key":%q,"n":%d,"ticket":1}]`, key, n)}, frames...)...)
	if status != 200 {
		w.t.Fatalf("open: status %d %q", status, answer)
	}
	return fields(w.t, answer[0])
}

// want does a POST and compares the answer.
func (w *world) want(status int, line, path string, lines ...string) {
	w.t.Helper()
	got, answer := w.post(path, lines...)
	if got != status || len(answer) == 0 || !strings.HasPrefix(answer[0], line) {
		w.t.Errorf("%s %.100q: got %d %.200q, want %d %q", path, lines, got, answer, status, line)
	}
}

// upIs waits for the handlers and compares what they got.
func (w *world) upIs(n int) {
	w.t.Helper()
	synctest.Wait()
	w.up.mu.Lock()
	defer w.up.mu.Unlock()
	if len(w.up.recv) != n {
		w.t.Errorf("the handlers ran %d times, want %d", len(w.up.recv), n)
	}
}

func TestOpeningIsIdempotent(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		first := w.open(1, `[1,"ev",1]`, `[1,"ev",2]`)
		again := w.open(2, `[1,"ev",1]`, `[1,"ev",2]`, `[1,"ev",3]`) // the answer was lost
		if first["id"] != again["id"] || again["got"] != 3.0 {
			t.Errorf("one key, two openings: %v and %v", first, again)
		}
		w.want(409, `[22,4409,"stale"`, "polling", `[20,{"v":1,"key":"`+key+`","n":2}]`, `[1,"ev",1]`, `[1,"ev",2]`, `[1,"ev",3]`, `[1,"ev",4]`)
		w.upIs(3)
		w.want(200, `[21,`, "send", fmt.Sprintf(`[20,{"id":%q,"r":1,"seq":4}]`, first["id"]), `[1,"ev",4]`)
		// The id has been used: the key opens nothing any more.
		w.want(409, `[22,4409,"stale"`, "polling", `[20,{"v":1,"key":"`+key+`","n":3}]`)
		w.upIs(4)
		if w.connects != 1 {
			t.Errorf("OnConnect ran %d times", w.connects)
		}
	})
}

func TestTakeover(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		id := w.open(1)["id"]
		held := make(chan string)
		go func() {
			status, answer := w.post("longpoll", fmt.Sprintf(`[20,{"id":%q,"n":2}]`, id))
			held <- fmt.Sprint(status, answer)
		}()
		synctest.Wait()
		// Two race, the higher is first: the lower comes too late.
		w.want(200, `[21,`, "polling", fmt.Sprintf(`[20,{"id":%q,"n":4,"ticket":1}]`, id))
		if got, want := <-held, `409 [[22,4409,"replaced"]]`; got != want {
			t.Errorf("the poll that was replaced: got %s, want %s", got, want)
		}
		w.want(409, `[22,4409,"stale"]`, "polling", fmt.Sprintf(`[20,{"id":%q,"n":3,"got":0,"ticket":1}]`, id), `[1,"ev",1]`)
		w.want(409, `[22,4409,"stale"]`, "longpoll", fmt.Sprintf(`[20,{"id":%q,"n":4}]`, id))
		w.upIs(0)
	})
}

func TestEveryPollIsRepeatable(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		id := w.open(1)["id"]
		s := w.serverSession()
		for i := range 3 {
			if err := s.Emit("ev", i); err != nil {
				t.Fatal(err)
			}
		}
		for n := 2; n < 5; n++ { // the answers are lost
			status, answer := w.post("longpoll", fmt.Sprintf(`[20,{"id":%q,"n":%d,"got":0}]`, id, n))
			if status != 200 || len(answer) != 4 || fields(t, answer[0])["seq"] != 1.0 || answer[3] != `[1,"ev",2]` {
				t.Errorf("poll %d: got %d %q", n, status, answer)
			}
		}
		status, answer := w.post("longpoll", fmt.Sprintf(`[20,{"id":%q,"n":5,"got":2}]`, id))
		if status != 200 || len(answer) != 2 || fields(t, answer[0])["seq"] != 3.0 {
			t.Errorf("poll with got 2: got %d %q", status, answer)
		}
		status, answer = w.post("polling", fmt.Sprintf(`[20,{"id":%q,"n":6,"got":3}]`, id))
		if status != 204 || answer != nil {
			t.Errorf("poll with got 3: got %d %q", status, answer)
		}
		w.want(400, `[22,4400,"confirm"]`, "polling", fmt.Sprintf(`[20,{"id":%q,"n":7,"got":4}]`, id))
	})
}

func TestSendByNumber(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		id := w.open(1)["id"]
		hello := func(r, seq int) string { return fmt.Sprintf(`[20,{"id":%q,"r":%d,"seq":%d}]`, id, r, seq) }
		w.want(200, `[21,{"r":1,"got":2}]`, "send", hello(1, 1), `[1,"ev",1]`, `[1,"ev",2]`, `[28,"vol",7]`)
		w.want(200, `[21,{"r":1,"got":2}]`, "send", hello(1, 1), `[1,"ev",1]`, `[1,"ev",2]`, `[28,"vol",7]`) // its twin
		w.want(200, `[21,{"r":2,"got":3}]`, "send", hello(2, 2), `[1,"ev",2]`, `[1,"ev",3]`)
		w.want(200, `[21,{"r":3,"got":3}]`, "send", hello(3, 5), `[1,"ev",5]`) // a gap: nothing is taken
		w.upIs(3)
		if n := w.up.volatile[7]; n != 1 {
			t.Errorf("the volatile event arrived %d times", n)
		}
		status, answer := w.post("send", fmt.Sprintf(`[20,{"id":%q,"r":4}]`, id), `[26,0]`)
		if status != 204 || answer != nil {
			t.Errorf("send of a confirm: got %d %q", status, answer)
		}
	})
}

func TestSessionsThatAreGone(t *testing.T) {
	byHand(t, everwire.Options{ResumeWindow: time.Minute}, func(t *testing.T, w *world) {
		hello := func(id any, n int) string { return fmt.Sprintf(`[20,{"id":%q,"n":%d}]`, id, n) }
		w.want(404, `[22,4404,"unknown"]`, "polling", hello("Jx0qv3VWRKmQk1tS2dYh7A", 1))
		w.want(404, `[22,4404,"unknown"]`, "send", `[20,{"id":"Jx0qv3VWRKmQk1tS2dYh7A","r":1}]`)
		id := w.open(1)["id"]
		w.want(200, `[21,`, "polling", strings.Replace(hello(id, 2), "}", `,"ticket":1}`, 1))
		opened := time.Now()
		time.Sleep(59 * time.Second)
		if w.rt.Session(id.(string)) == nil {
			t.Errorf("expired after %v, the window is 1m", time.Since(opened))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(w.ends) != 1 {
			t.Errorf("after the window OnDisconnect ran %d times", len(w.ends))
		}
		w.want(410, `[22,4410,"expired"]`, "polling", hello(id, 3))
		w.want(410, `[22,4410,"expired"]`, "polling", `[20,{"v":1,"key":"`+key+`","n":3}]`)
		time.Sleep(2 * time.Minute)
		other := strings.Replace(key, "9", "8", 1) // forgetting goes with the next end
		_, answer := w.post("polling", `[20,{"v":1,"key":"`+other+`","n":1}]`)
		w.want(200, `[21,{"r":1,"got":1}]`, "send", fmt.Sprintf(`[20,{"id":%q,"r":1}]`, fields(t, answer[0])["id"]), `[9,4000,"bye"]`)
		w.want(404, `[22,4404,"unknown"]`, "polling", hello(id, 4))
	})
}

// TestNobodyCameBack is an opening over HTTP whose client never shows that it
// got the answer.
func TestNobodyCameBack(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		id := w.open(1)["id"].(string)
		time.Sleep(14 * time.Second)
		if w.rt.Session(id) == nil {
			t.Error("the session is gone after 14 s, want 15 s")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if w.rt.Session(id) != nil || len(w.ends) != 1 {
			t.Errorf("after 16 s the session is there: %v, OnDisconnect ran %d times", w.rt.Session(id) != nil, len(w.ends))
		}
	})
}

func TestTicketIsGoodForOne(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		client := http.Client{Transport: w.srv.Transport()}
		get := func(ticket any, n int) (*http.Response, string) {
			resp, err := client.Get(w.srv.URL(base + fmt.Sprintf("sse?t=%s&n=%d&got=0", ticket, n)))
			if err != nil {
				t.Fatal(err)
			}
			line, _ := bufio.NewReader(resp.Body).ReadString('\n')
			return resp, line
		}
		welcome := w.open(1)
		first, line := get(welcome["ticket"], 2)
		defer first.Body.Close()
		if first.StatusCode != 200 || !strings.HasPrefix(line, `data:[21,{"n":2,`) {
			t.Fatalf("first use: got %d %q", first.StatusCode, line)
		}
		next := fields(t, strings.TrimSuffix(strings.TrimPrefix(line, "data:"), "\n"))["ticket"]
		replayed, line := get(welcome["ticket"], 3)
		replayed.Body.Close()
		if replayed.StatusCode != 409 || line != "[22,4409,\"stale\"]\n" {
			t.Errorf("replayed: got %d %q", replayed.StatusCode, line)
		}
		// The ticket of the stream is dead once a newer attach was taken.
		w.want(200, `[21,`, "polling", fmt.Sprintf(`[20,{"id":%q,"n":3,"ticket":1}]`, welcome["id"]))
		late, line := get(next, 4)
		late.Body.Close()
		if late.StatusCode != 409 || line != "[22,4409,\"stale\"]\n" {
			t.Errorf("overtaken: got %d %q", late.StatusCode, line)
		}
	})
}

// A line is a WebSocket that is written and read by hand.
type line struct {
	t *testing.T
	*gorilla.Conn
}

func (w *world) dial() line {
	w.t.Helper()
	d := gorilla.Dialer{NetDialContext: w.srv.Dial, Subprotocols: []string{"everwire.1"}}
	c, _, err := d.Dial("ws://"+memhttp.Host+base+"websocket", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return line{w.t, c}
}

func (l line) say(frames ...string) {
	l.t.Helper()
	for _, f := range frames {
		if err := l.WriteMessage(gorilla.TextMessage, []byte(f)); err != nil {
			l.t.Fatal(err)
		}
	}
}

// hear reads a message and compares its beginning.
func (l line) hear(want string) string {
	l.t.Helper()
	_ = l.SetReadDeadline(time.Now().Add(time.Minute))
	_, msg, err := l.ReadMessage()
	if err != nil || !strings.HasPrefix(string(msg), want) {
		l.t.Errorf("got %q, %v, want %q", msg, err, want)
	}
	return string(msg)
}

// end reads the close of the connection.
func (l line) end(code int, reason string) {
	l.t.Helper()
	_ = l.SetReadDeadline(time.Now().Add(time.Minute))
	_, msg, err := l.ReadMessage()
	if !gorilla.IsCloseError(err, code) || err.(*gorilla.CloseError).Text != reason {
		l.t.Errorf("got %q, %v, want the end with %d %s", msg, err, code, reason)
	}
	_ = l.Close()
}

func TestRefusedHelloLeavesTheConnection(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		id := w.open(1)["id"]
		hello := func(n int) string { return fmt.Sprintf(`[20,{"id":%q,"n":%d,"bin":1}]`, id, n) }
		w.want(200, `[21,`, "polling", fmt.Sprintf(`[20,{"id":%q,"n":3,"ticket":1}]`, id))
		l := w.dial()
		l.say(`[24,0,1]`)
		l.hear(`[25,0,1]`)
		l.say(hello(3), `[1,"ev",1]`) // n 3 has been taken: the frame behind is dropped
		l.hear(`[22,4409,"stale"]`)
		l.say(`[20,{"v":1,"key":"`+key+`","n":9}]`, `[1,"ev",1]`)
		l.hear(`[22,4409,"stale"]`)
		l.say(`[20,{"id":"Jx0qv3VWRKmQk1tS2dYh7A","n":1}]`)
		l.hear(`[22,4404,"unknown"]`)
		w.upIs(0)
		l.say(hello(4), `[1,"ev",1]`)
		l.hear(`[21,{"n":4,`)
		w.upIs(1)
		other := w.dial()
		other.say(hello(5))
		other.hear(`[21,{"n":5,`)
		l.hear(`[22,4409,"replaced"]`)
		l.end(4409, "replaced")
		other.say(`[27,3]`, `[1,"ev",3]`) // 2 is missing
		other.hear(`[22,4400,"gap"]`)
		other.end(4400, "gap")
		w.upIs(1)
	})
}

// TestConfirmOvertakesTheStream is the upgrade in which a frame arrives by the
// old poll and is confirmed before the stream got to it (rule R6).
func TestConfirmOvertakesTheStream(t *testing.T) {
	byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
		id := w.open(1)["id"]
		s := w.serverSession()
		l := w.dial()
		l.say(fmt.Sprintf(`[20,{"id":%q,"n":2}]`, id))
		l.hear(`[21,{"n":2,"seq":1`)
		for i := range 3 {
			_ = s.Emit("ev", i)
		}
		l.hear(`[1,"ev",0]`)
		l.hear(`[1,"ev",1]`)
		l.hear(`[1,"ev",2]`)
		// Upwards: 1 and 2 come by a send, the stream goes on behind them.
		w.want(200, `[21,{"r":1,"got":2`, "send", fmt.Sprintf(`[20,{"id":%q,"r":1,"got":3}]`, id), `[1,"ev",1]`, `[1,"ev",2]`)
		l.say(`[27,3]`, `[1,"ev",3]`)
		w.upIs(3)
		// The ping says the last number that was written here.
		time.Sleep(time.Minute / 2)
		for {
			if msg := l.hear(`[2`); strings.HasPrefix(msg, "[24,") {
				if msg != `[24,3]` {
					t.Errorf("ping: got %s, want [24,3]", msg)
				}
				break
			}
		}
		_ = l.Close()
	})
}

// TestMarkDown is rule R6 the other way: frames are confirmed, and forgotten,
// while a slow stream has not come to them yet. The stream goes on behind them
// and says so.
func TestMarkDown(t *testing.T) {
	const frames, confirmed = 20, 12
	payload := rawJSON(`"` + strings.Repeat("x", 40<<10) + `"`)
	emit := func(w *world) any {
		id := w.open(1)["id"]
		s := w.serverSession()
		for range frames {
			if err := s.Emit("ev", payload); err != nil {
				w.t.Fatal(err)
			}
		}
		return id
	}
	// count returns the number that the count gives the last event.
	count := func(t *testing.T, next func() string) (last uint64, marked bool) {
		seq := uint64(1)
		for seq <= frames {
			switch f := next(); {
			case strings.HasPrefix(f, "[27,"):
				marked = true
				if _, err := fmt.Sscanf(f, "[27,%d]", &seq); err != nil || seq != confirmed+1 {
					t.Errorf("mark: got %s, want %d", f, confirmed+1)
				}
			case strings.HasPrefix(f, "[1,"):
				last = seq
				seq++
			case f == "":
				t.Fatalf("the stream ended behind frame %d", last)
			}
		}
		return last, marked
	}
	t.Run(websocket, func(t *testing.T) {
		byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
			id := emit(w)
			l := w.dial()
			defer l.Close()
			l.say(fmt.Sprintf(`[20,{"id":%q,"n":2}]`, id))
			synctest.Wait() // the socket's buffers are full now
			w.want(200, `[21,`, "send", fmt.Sprintf(`[20,{"id":%q,"r":1,"got":%d}]`, id, confirmed), `[1,"ev",1]`)
			if last, marked := count(t, func() string { return l.hear("[") }); last != frames || !marked {
				t.Errorf("the last frame was %d, a mark came: %v", last, marked)
			}
			// The stream is of one mind with the server about the count.
			time.Sleep(25 * time.Second)
			for msg := ""; msg != fmt.Sprintf("[24,%d]", frames); {
				if msg = l.hear("[2"); strings.HasPrefix(msg, "[24,") && msg != fmt.Sprintf("[24,%d]", frames) {
					t.Fatalf("ping: got %s, want [24,%d]", msg, frames)
				}
			}
		})
	})
	// Where everything is confirmed nothing is left to write, and no mark. The
	// ping says what was written here last, not what the client has by now.
	t.Run("nothing left", func(t *testing.T) {
		byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
			id := emit(w)
			l := w.dial()
			defer l.Close()
			l.say(fmt.Sprintf(`[20,{"id":%q,"n":2}]`, id))
			synctest.Wait()
			w.want(200, `[21,`, "send", fmt.Sprintf(`[20,{"id":%q,"r":1,"got":%d}]`, id, frames), `[1,"ev",1]`)
			written := 0
			for {
				switch msg := l.hear("["); {
				case strings.HasPrefix(msg, "[1,"):
					written++
				case strings.HasPrefix(msg, "[24,"):
					if want := fmt.Sprintf("[24,%d]", written); msg != want || written == frames {
						t.Errorf("ping: got %s, want %s", msg, want)
					}
					return
				}
			}
		})
	})
	t.Run(sse, func(t *testing.T) {
		byHand(t, everwire.Options{}, func(t *testing.T, w *world) {
			id := emit(w)
			_, answer := w.post("polling", fmt.Sprintf(`[20,{"id":%q,"n":2,"ticket":1}]`, id))
			client := http.Client{Transport: w.srv.Transport()}
			resp, err := client.Get(w.srv.URL(base + fmt.Sprintf("sse?t=%s&n=3", fields(t, answer[0])["ticket"])))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			synctest.Wait()
			w.want(200, `[21,`, "send", fmt.Sprintf(`[20,{"id":%q,"r":1,"got":%d}]`, id, confirmed), `[1,"ev",1]`)
			lines := bufio.NewReaderSize(resp.Body, 64<<10)
			next := func() string {
				for {
					line, err := lines.ReadString('\n')
					if err != nil {
						return ""
					}
					if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data:"); ok {
						return data
					}
				}
			}
			if last, marked := count(t, next); last != frames || !marked {
				t.Errorf("the last frame was %d, a mark came: %v", last, marked)
			}
		})
	})
}

// TestConfirmsInTime is what keeps the queues of both ends short.
func TestConfirmsInTime(t *testing.T) {
	for _, name := range []string{polling, longpoll, sse, websocket} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, t.Name(), network{}, everwire.Options{}, wireclient.Options{Seed: 7})
				defer w.close()
				w.client.Open(name)
				w.talk(5, time.Second)
				w.agree()
				time.Sleep(10*time.Second + time.Second)
				id, got := w.client.ID(), w.client.Got()
				w.client.Stop()
				status, answer := w.post("polling", fmt.Sprintf(`[20,{"id":%q,"n":1000,"ticket":1}]`, id))
				if status != 200 || len(answer) != 1 {
					t.Errorf("11 s behind frame %d the queue holds %d frames: %d %.200q", got, len(answer)-1, status, answer)
				}
			})
		})
	}
}
