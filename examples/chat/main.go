// Command chat is a chat on localhost: rooms, names, who is here and what
// carries them, typing, history, and ticks on what has been said. Beside the
// two-way talk it has the oldest way in, an ordinary HTML form, whose handler
// emits to everybody:
//
//	go run ./examples/chat
//	curl -d name=curl -d text=hi http://127.0.0.1:8080/say
//
// Nothing is stored: rooms and their last messages live in memory.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io/fs"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/everwire/everwire"
)

// Everything that people can fill is bounded. The list of all people must fit
// into one frame, 64 KiB.
const (
	maxPeople  = 200 // and so of rooms: one is there while somebody is in it
	maxHistory = 50  // messages kept of a room
	maxName    = 24  // characters, of a person or a room
	maxText    = 1000
)

const lobby = "lobby" // the room of those who name none; it is always there

//go:embed page
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Chat on http://%s/ (Ctrl-C ends it)\n", l.Addr())
	if err := serve(ctx, l); err != nil {
		log.Fatal(err)
	}
}

// serve runs a chat until ctx is done. Then everybody leaves in order: first
// the sessions, as http.Server does not know all their connections, then the rest.
func serve(ctx context.Context, l net.Listener) error {
	c := newChat()
	srv := &http.Server{Handler: c.routes(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }() // ends at Shutdown
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := c.rt.Shutdown(ctx); err != nil {
		log.Print("some pages could not be told: ", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}

func (c *chat) routes() http.Handler {
	static, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded above
	}
	mux := http.NewServeMux()
	mux.Handle("/everwire/", c.rt) // also serves /everwire/client.js
	mux.Handle("POST /say", http.NewCrossOriginProtection().Handler(http.HandlerFunc(c.post)))
	mux.HandleFunc("/{$}", c.page)
	mux.Handle("/", http.FileServerFS(static))
	return mux
}

var index = template.Must(template.ParseFS(files, "page/index.html"))

// page writes the history into the page for those without script. With it, the
// session brings the history.
func (c *chat) page(w http.ResponseWriter, r *http.Request) {
	at := seat{Name: r.FormValue("name"), Room: cmp.Or(r.FormValue("room"), lobby)}
	c.mu.Lock()
	history := slices.Clone(c.rooms[at.Room])
	c.mu.Unlock()
	slices.Reverse(history) // such a page opens at its beginning
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'")
	err := index.Execute(w, map[string]any{"At": at, "History": history, "Host": r.Host, "MaxName": maxName, "MaxText": maxText})
	if err != nil {
		log.Print("page: ", err)
	}
}

// post is the form. What it brings is said in the room that it names, or else
// to everybody in all rooms. No session is needed: any code may emit.
func (c *chat) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	m, err := newMessage("", r.PostFormValue("name"), r.PostFormValue("text"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.Form = true
	room := r.PostFormValue("room")
	if err := c.shout(m, room); err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if r.PostFormValue("back") != "" { // a page without script
		http.Redirect(w, r, "/?"+url.Values{"room": {room}, "name": {m.Name}}.Encode(), http.StatusSeeOther)
		return
	}
	fmt.Fprintf(w, "Said to %s.\n", cmp.Or(room, "everybody"))
}

// A message is what somebody said, as it travels and as it is kept.
type message struct {
	ID   string `json:"id"` // chosen by who says it: saying it again changes nothing
	Name string `json:"name"`
	Text string `json:"text"`
	At   int64  `json:"at"`             // milliseconds since 1970
	Form bool   `json:"form,omitempty"` // it came by the form
}

// A seat is where somebody is, and under which name.
type seat struct {
	Name string `json:"name"`
	Room string `json:"room"`
}

type chat struct {
	rt *everwire.Server

	// mu is held while something is both kept and emitted (an emit only queues,
	// it does not wait). So who comes in gets every message once, be it from the
	// history or live.
	mu sync.Mutex
	// Guarded by mu.
	seats map[*everwire.Session]seat
	rooms map[string][]message // the last messages of each room, oldest first
}

func newChat() *chat {
	c := &chat{seats: make(map[*everwire.Session]seat), rooms: map[string][]message{lobby: nil}}
	c.rt = everwire.New(everwire.Options{MaxSessions: maxPeople, Authorize: authorize})
	c.rt.OnConnect(func(s *everwire.Session) error { c.sit(s, s.User().(seat)); return nil })
	c.rt.OnDisconnect(func(s *everwire.Session, _ error) { c.leave(s) })

	// Handle answers: what say returns is the ack of the page's emit.
	everwire.Handle(c.rt, "say", c.say)
	everwire.Handle(c.rt, "sit", func(s *everwire.Session, to seat) (seat, error) {
		if err := to.check(); err != nil {
			return to, &everwire.Refusal{Code: "seat", Text: err.Error()}
		}
		c.sit(s, to)
		return to, nil
	})
	// On does not answer. Typing is worthless a moment later, so it is volatile.
	everwire.On(c.rt, "typing", func(s *everwire.Session, _ struct{}) error {
		at := c.seat(s)
		return s.To(at.Room).Volatile("typing", at.Name)
	})
	// A page is carried by another transport now: the lists of people show it.
	everwire.On(c.rt, "moved", func(s *everwire.Session, _ struct{}) error { c.sit(s, c.seat(s)); return nil })
	return c
}

// authorize reads the seat that a page asks for in its handshake, so that it
// sits before any of its events is handled, also after the loss of a session.
func authorize(_ *http.Request, auth json.RawMessage) (any, error) {
	at := seat{Name: "guest", Room: lobby}
	if auth != nil {
		if err := json.Unmarshal(auth, &at); err != nil {
			return nil, err
		}
	}
	return at, at.check()
}

func (c *chat) seat(s *everwire.Session) seat {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seats[s]
}

// sit gives a session a name and a place. A room's history comes before what is
// said from now on, and the list of people ends it: emits arrive in order.
func (c *chat) sit(s *everwire.Session, to seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := c.seats[s]
	c.seats[s] = to
	if to.Room != from.Room {
		s.Leave(from.Room)
		s.Emit("room", to) // an error means that s has ended: leave comes next
		for _, m := range c.rooms[to.Room] {
			s.Emit("said", m)
		}
		s.Join(to.Room)
	}
	c.list(from.Room, to.Room)
}

func (c *chat) leave(s *everwire.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := c.seats[s]
	delete(c.seats, s)
	c.list(from.Room)
}

// list tells rooms who is in them, and everybody which rooms there are; empty
// ones are forgotten. c.mu is held.
func (c *chat) list(changed ...string) {
	type person struct {
		Name      string `json:"name"`
		Transport string `json:"transport"`
	}
	people := map[string][]person{lobby: {}}
	for s, at := range c.seats {
		people[at.Room] = append(people[at.Room], person{at.Name, s.Transport()})
	}
	sizes := make(map[string]int)
	for room, in := range people {
		sizes[room] = len(in)
		if _, ok := c.rooms[room]; !ok {
			c.rooms[room] = nil
		}
	}
	maps.DeleteFunc(c.rooms, func(room string, _ []message) bool { return sizes[room] == 0 && room != lobby })
	c.rt.Emit("rooms", sizes)
	for _, room := range slices.Compact(changed) {
		in := people[room]
		slices.SortFunc(in, func(a, b person) int { return strings.Compare(a.Name, b.Name) })
		c.rt.To(room).Emit("people", in)
	}
}

// say takes a message of a page. One that is said again, by a page that lost
// its session and does not know what became of it, is answered and no more.
func (c *chat) say(s *everwire.Session, in message) (message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.seats[s]
	m, err := newMessage(in.ID, at.Name, in.Text)
	if err != nil {
		return m, &everwire.Refusal{Code: "message", Text: err.Error()}
	}
	for _, old := range c.rooms[at.Room] {
		if old.ID == m.ID {
			return old, nil
		}
	}
	c.keep(at.Room, m)
	return m, c.rt.To(at.Room).Emit("said", m)
}

func (c *chat) shout(m message, room string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if room == "" {
		for name := range c.rooms {
			c.keep(name, m)
		}
		return c.rt.Emit("said", m)
	}
	if _, ok := c.rooms[room]; !ok {
		return errors.New("there is no such room")
	}
	c.keep(room, m)
	return c.rt.To(room).Emit("said", m)
}

// keep puts a message into the history of a room. c.mu is held.
func (c *chat) keep(room string, m message) {
	h := append(c.rooms[room], m)
	c.rooms[room] = slices.Delete(h, 0, max(0, len(h)-maxHistory))
}

func newMessage(id, name, text string) (message, error) {
	m := message{ID: cmp.Or(id, rand.Text()), Name: name, Text: strings.TrimSpace(text), At: time.Now().UnixMilli()}
	return m, errors.Join(bounded("id", m.ID, 40), bounded("name", name, maxName), bounded("text", m.Text, maxText))
}

func (at seat) check() error {
	return errors.Join(bounded("name", at.Name, maxName), bounded("room", at.Room, maxName))
}

func bounded(what, s string, limit int) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(s)); n == 0 || n > limit || !utf8.ValidString(s) {
		return fmt.Errorf("%s: 1 to %d characters", what, limit)
	}
	return nil
}
