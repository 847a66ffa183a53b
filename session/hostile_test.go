package session_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/everwire/everwire/internal/memhttp"
	"github.com/everwire/everwire/session"
)

// An innocent is a session that lives beside a hostile client.
type innocent struct {
	*peer
	c *conn
}

// newInnocent opens one that nothing has happened to.
func newInnocent(t *testing.T, rt *session.Server) *innocent {
	t.Helper()
	session.Handle(rt, "alive", func(_ *session.Session, n int) (int, error) { return n, nil })
	p, c := open(t, rt, "websocket")
	p.session().Join("innocents")
	return &innocent{p, c}
}

// check makes a round trip and a broadcast. It must run in a bubble.
func (in *innocent) check(t *testing.T, after string) {
	t.Helper()
	_ = in.rt.To("innocents").Emit("news", nil)
	in.c.write(`[2,1,"alive",7]`)
	synctest.Wait()
	if got := strings.Join(in.c.read(), " "); !strings.Contains(got, `[1,"news"]`) || !strings.Contains(got, `[3,1,7]`) || strings.Contains(got, "end") {
		t.Fatalf("after %s the innocent session read %s", after, got)
	}
	if in.c.write(fmt.Sprintf(`[26,%d]`, in.got)) != "" {
		t.Fatalf("after %s the innocent session is at fault", after)
	}
}

// A refusal is a request and what it must be answered. ID in its body is the
// id of a session with n 1, KEY a key that is not known.
type refusal struct{ name, endpoint, body, want string }

const key22 = "AAAAAAAAAAAAAAAAAAAAAA"

var refusals = []refusal{
	{"empty", "polling", "", "4400 hello"},
	{"line feed", "polling", "\n", "4400 hello"},
	{"no line feed at the end", "polling", `[20,{"id":"ID","n":9}]`, "4400 frame"},
	{"cut in a frame", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"say"`, "4400 frame"},
	{"cut behind a whole frame", "send", `[20,{"id":"ID","r":9}]` + "\n" + `[1,"say",1]` + "\n" + `[1,"say",2]`, "4400 frame"},
	{"binary", "longpoll", "\x00\x01\x02\n", "4400 frame"},
	{"not UTF-8", "polling", "[20,{\"id\":\"ID\",\"n\":9}]\n[1,\"\xff\"]\n", "4400 utf8"},
	{"not UTF-8 in the hello", "polling", "[20,{\"id\":\"\xc0\x80\",\"n\":9}]\n", "4400 utf8"},
	{"UTF-16", "polling", "\xff\xfe[\x002\x00", "4400 frame"},
	{"BOM", "polling", "\ufeff[20,{\"id\":\"ID\",\"n\":9}]\n", "4400 frame"},
	{"html", "polling", "<html></html>\n", "4400 frame"},
	{"form", "polling", "id=ID&n=9\n", "4400 frame"},
	{"event first", "polling", `[1,"say",1]` + "\n", "4400 hello"},
	{"ping first", "send", `[24,0]` + "\n", "4400 hello"},
	{"two hellos", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[20,{"id":"ID","n":10}]` + "\n", "4400 hello"},
	{"welcome", "polling", `[20,{"id":"ID","n":9}]` + "\n[21,{}]\n", "4400 frame"},
	{"error frame", "send", `[20,{"id":"ID","r":9}]` + "\n" + `[22,4400,"x"]` + "\n", "4400 frame"},
	{"bad frame behind good ones", "polling", `[20,{"id":"ID","n":9,"seq":1}]` + "\n" + `[1,"say",1]` + "\n[1,2]\n", "4400 frame"},
	{"too deep", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"x",` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "]\n", "4400 frame"},
	{"hello too deep", "polling", `[20,` + strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70) + "]\n", "4400 frame"},
	{"name too long", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"` + strings.Repeat("é", 129) + `"]` + "\n", "4400 frame"},
	{"number too large", "polling", `[20,{"id":"ID","n":9}]` + "\n[26,9007199254740992]\n", "4400 frame"},
	{"hello too large", "polling", `[20,{"id":"ID","n":9,"x":"` + strings.Repeat("x", 9000) + "\"}]\n", "4413 size"},
	{"auth too large", "polling", `[20,{"key":"` + key22 + `","n":9,"auth":"` + strings.Repeat("x", 4097) + "\"}]\n", "4413 size"},
	{"frame too large", "polling", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"x","` + strings.Repeat("x", 65536) + "\"]\n", "4413 size"},
	{"body too large", "send", `[20,{"id":"ID","r":9}]` + "\n" + strings.Repeat(`[1,"x","`+strings.Repeat("x", 60_000)+"\"]\n", 5), "4413 size"},
	{"too many frames", "send", `[20,{"id":"ID","r":9}]` + "\n" + strings.Repeat("[8]\n", 1025), "4413 size"},
	{"line feeds without end", "polling", strings.Repeat("\n", 300_000), "4413 size"},
	{"no such id", "polling", `[20,{"id":"no","n":1}]` + "\n", "4404 unknown"},
	{"no such id of the right form", "send", `[20,{"id":"AAAAAAAAAAAAAAAAAAAAAA","r":1}]` + "\n", "4404 unknown"},
	{"the key as id", "polling", `[20,{"id":"KEY","n":9}]` + "\n", "4404 unknown"},
	{"n of before", "polling", `[20,{"id":"ID","n":1}]` + "\n", "4409 stale"},
	{"got too high", "polling", `[20,{"id":"ID","n":9,"got":5000}]` + "\n", "4400 confirm"},
	{"got too high in a send", "send", `[20,{"id":"ID","r":9,"got":5000}]` + "\n", "4400 confirm"},
	{"pong too high", "send", `[20,{"id":"ID","r":9}]` + "\n[25,5000]\n", "4400 confirm"},
	{"no r", "send", `[20,{"id":"ID"}]` + "\n", "4400 hello"},
	{"no n", "longpoll", `[20,{"id":"ID"}]` + "\n", "4400 hello"},
	{"opening by send", "send", `[20,{"key":"` + key22 + `","n":1,"r":1}]` + "\n", "4400 hello"},
	{"key and id", "polling", `[20,{"id":"ID","key":"` + key22 + `","n":1}]` + "\n", "4400 hello"},
	{"short key", "polling", `[20,{"key":"abc","n":1}]` + "\n", "4400 hello"},
	{"opening that confirms", "polling", `[20,{"key":"` + key22 + `","n":1,"got":1}]` + "\n", "4400 confirm"},
}

func TestRefusedBodies(t *testing.T) {
	for _, tt := range append(refusals, helloVectors(t)...) {
		bubble(t, tt.endpoint+"/"+tt.name, func(t *testing.T) {
			rt := withTransports(session.Options{})
			app := watch(rt)
			in := newInnocent(t, rt)
			victim, c := open(t, rt, "websocket")
			app.tells(t, "connect", "connect")
			body := strings.NewReplacer("ID", victim.id, "KEY", victim.key).Replace(tt.body)
			for _, flat := range []bool{false, true} {
				if flat {
					body = strings.Replace(body, `[20,{"`, `[20,{"flat":1,"`, 1)
				}
				resp, got := serve(t, rt, request(tt.endpoint, "POST", body).WithContext(t.Context()))
				same(t, "answer", got, tt.want)
				checkHead(t, resp)
			}
			app.tells(t) // nothing of it was taken
			c.reads()    // and the session's own connection goes on
			same(t, "sessions", rt.Len(), 2)
			in.check(t, tt.name)
		})
	}
}

// helloVectors returns the hellos that every server refuses, as requests.
func helloVectors(t *testing.T) (all []refusal) {
	t.Helper()
	raw, err := os.ReadFile("../transport/testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		HelloError []struct {
			Name, Text, At, Word, Head, Fill, Tail string
			Times                                  int
			Code                                   int
		} `json:"hello_error"`
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors.HelloError {
		if v.At == "websocket" || v.At == "sse" {
			continue
		}
		text := v.Text
		if text == "" {
			text = v.Head + strings.Repeat(v.Fill, v.Times) + v.Tail
		}
		all = append(all, refusal{"vector " + v.Name, v.At, text + "\n", fmt.Sprint(v.Code, " ", v.Word)})
	}
	if len(all) < 30 {
		t.Fatalf("got %d vectors for HTTP endpoints", len(all))
	}
	return all
}

func TestRefusedStreams(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"no n", "t=TICKET", "4400 hello"},
		{"n 0", "t=TICKET&n=0", "4400 hello"},
		{"n negative", "t=TICKET&n=-1", "4400 hello"},
		{"n a fraction", "t=TICKET&n=9.0", "4400 hello"},
		{"n with a sign", "t=TICKET&n=%2B9", "4400 hello"},
		{"n too large", "t=TICKET&n=9007199254740992", "4400 hello"},
		{"got malformed", "t=TICKET&n=9&got=x", "4400 hello"},
		{"got too high", "t=TICKET&n=9&got=99", "4400 confirm"},
		{"n of before", "t=TICKET&n=1", "4409 stale"},
		{"no such ticket", "t=AAAAAAAAAAAAAAAAAAAAAA&n=9", "4409 stale"},
		{"empty ticket", "t=&n=9", "4400 hello"},
		{"long ticket", "t=" + strings.Repeat("A", 65) + "&n=9", "4400 hello"},
		{"id for a ticket", "t=ID&n=9", "4409 stale"},
		{"key for a ticket", "t=KEY&n=9", "4409 stale"},
		{"id in the URL", "id=ID&t=x&n=9", "4409 stale"},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			rt := withTransports(session.Options{})
			in := newInnocent(t, rt)
			p := newPeer(t, rt)
			p.ticketed()
			query := strings.NewReplacer("TICKET", p.ticket, "ID", p.id, "KEY", p.key).Replace(tt.query)
			resp, got := serve(t, rt, request("sse?"+query, "GET", ""))
			same(t, "answer", got, tt.want)
			checkHead(t, resp)
			same(t, "the ticket is still good", p.refused(p.hello("sse")), "")
			in.check(t, tt.name)
		})
	}
}

// A body that does not come in time, or not whole, takes nothing.
func TestBodiesThatDoNotCome(t *testing.T) {
	for _, tt := range []struct {
		name, sent string
		hangUp     bool
		want       string        // answered with, "" for nothing
		after      time.Duration // the server hangs up
	}{
		{"never", "", false, "", 10 * time.Second},
		{"stops in the middle", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"say",1]` + "\n", false, "", 10 * time.Second},
		{"ends in the middle", `[20,{"id":"ID","n":9}]` + "\n" + `[1,"say",1]` + "\n", true, "", 0},
	} {
		for _, endpoint := range []string{"polling", "longpoll", "send"} {
			bubble(t, tt.name+"/"+endpoint, func(t *testing.T) {
				rt := withTransports(session.Options{})
				app := watch(rt)
				in := newInnocent(t, rt)
				victim, c := open(t, rt, "websocket")
				app.tells(t, "connect", "connect")
				srv := memhttp.Serve(rt, memhttp.Options{})
				defer srv.Close()
				nc, err := srv.Dial(t.Context(), "tcp", "")
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				start := time.Now()
				fmt.Fprintf(nc, "POST /everwire/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5000\r\n\r\n%s",
					endpoint, memhttp.Host, strings.ReplaceAll(tt.sent, "ID", victim.id))
				if tt.hangUp {
					nc.Close()
				} else {
					answer, _ := io.ReadAll(nc)
					same(t, "answer", string(answer), tt.want)
					same(t, "after", time.Since(start), tt.after)
				}
				app.tells(t)
				c.reads()
				in.check(t, tt.name)
			})
		}
	}
}
