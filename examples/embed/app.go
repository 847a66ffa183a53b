package main

import (
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"

	"github.com/everwire/everwire"
)

//go:embed page
var files embed.FS

type app struct {
	rt     *everwire.Server
	logger *slog.Logger
	logins logins
	orders orders
}

func newApp(logger *slog.Logger) *app {
	a := &app{logger: logger, logins: logins{byToken: make(map[string]login)}}
	a.orders = orders{byUser: make(map[string][]*order), emit: a.tell}
	a.rt = everwire.New(everwire.Options{Authorize: a.authorize, Logger: logger, MaxSessions: 5000})
	a.rt.OnConnect(a.connected)
	everwire.Handle(a.rt, "cancel", func(s *everwire.Session, number int) (order, error) {
		return a.orders.cancel(s.User().(login).user, number)
	})
	return a
}

// authorize lets in who is logged in: the handshake is a request of the page, so
// it brings the cookie. What it returns is the session's User.
func (a *app) authorize(r *http.Request, _ json.RawMessage) (any, error) {
	l, err := a.logins.of(r)
	if err != nil {
		return nil, err // the page is told "auth", and goes to the login
	}
	return l, nil
}

// room is where all the windows of a user are.
func room(user string) string { return "user " + user }

// connected brings a window up to date. What changes from then on finds it in
// its room: both while no order can change.
func (a *app) connected(s *everwire.Session) error {
	user := s.User().(login).user
	a.orders.of(user, func(all []order) {
		s.Join(room(user))
		for _, o := range all {
			s.Emit("order", o) // an error means that s has ended
		}
	})
	return nil
}

// tell emits an order to all windows of its owner.
func (a *app) tell(user string, o order) {
	if err := a.rt.To(room(user)).Emit("order", o); err != nil {
		a.logger.Error("an order cannot be told", "err", err)
	}
}

// hangUp closes the sessions whose login is over: Authorize was asked once, when
// they began.
func (a *app) hangUp() {
	for s := range a.rt.Sessions() {
		if _, err := a.logins.find(s.User().(login).token); err != nil {
			s.Close(everwire.CodeApp, "logged out")
		}
	}
}

// handler is the whole app, with everything that wraps it.
func (a *app) handler() http.Handler {
	static, err := fs.Sub(files, "page/static")
	if err != nil {
		panic(err) // it is embedded above
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /login", a.loginPage)
	mux.HandleFunc("POST /login", a.logIn)
	mux.HandleFunc("POST /logout", a.logOut)
	mux.HandleFunc("POST /orders", a.placeOrder)
	mux.HandleFunc("GET /ready", a.ready)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.Handle("/everwire/", a.rt) // also serves /everwire/client.js
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return logging(a.logger, recovering(a.logger, secured(guarded)))
}

var pages = template.Must(template.ParseFS(files, "page/*.html"))

func (a *app) render(w http.ResponseWriter, status int, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // it is of one user
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		a.logger.Error("page", "name", name, "err", err)
	}
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	l, err := a.logins.of(r)
	if err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	data := map[string]any{"User": l.user}
	a.orders.of(l.user, func(all []order) {
		slices.Reverse(all) // the newest first
		data["Orders"] = all
	})
	a.render(w, http.StatusOK, "home.html", data)
}

func (a *app) loginPage(w http.ResponseWriter, _ *http.Request) {
	a.render(w, http.StatusOK, "login.html", nil)
}

func (a *app) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	user := r.PostFormValue("user")
	if !known(user, r.PostFormValue("password")) {
		a.render(w, http.StatusUnauthorized, "login.html", "This name and this password do not belong together.")
		return
	}
	l, err := a.logins.open(user)
	if err != nil {
		a.render(w, http.StatusServiceUnavailable, "login.html", err.Error())
		return
	}
	http.SetCookie(w, l.cookie(r))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// logOut ends the login, and with it the connections of all its windows.
func (a *app) logOut(w http.ResponseWriter, r *http.Request) {
	if l, err := a.logins.of(r); err == nil {
		a.logins.end(l.token)
		a.hangUp()
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// placeOrder is an ordinary handler that emits: every window of the user sees the
// order, also one that this request has nothing to do with.
func (a *app) placeOrder(w http.ResponseWriter, r *http.Request) {
	l, err := a.logins.of(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if _, err := a.orders.place(l.user, r.PostFormValue("what")); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// ready is for the load balancer: from the start of the shutdown on it sends
// people elsewhere.
func (a *app) ready(w http.ResponseWriter, _ *http.Request) {
	if !a.rt.Ready() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
