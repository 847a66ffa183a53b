package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"log"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page
var files embed.FS

var index = template.Must(template.ParseFS(files, "page/index.html"))

// routes is the page's own address. What the page asks for here is not part of
// any measure: the panels have addresses of their own.
//
//	GET  /                    the page
//	POST /say                 text=… to every panel of every page
//	POST /stages              makes a stage; answers a view of it
//	GET  /stages/{id}         its view; ?since=N,N,… marks from those numbers on
//	POST /stages/{id}/set     rate=…, size=…, poll=…
//	POST /stages/{id}/burst   count=… events at once
//	     /stages/{id}/faults  the fault proxy's control handler
//	POST /stages/{id}/end     the page goes
func (h *house) routes() http.Handler {
	static, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded above
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.page)
	mux.Handle("/", http.FileServerFS(static))
	mux.Handle("GET /everwire/client.js", h.rt)
	mux.Handle("GET /everwire/client.legacy.js", h.rt)
	mux.HandleFunc("POST /say", h.post)
	mux.HandleFunc("POST /stages", h.make)
	mux.HandleFunc("GET /stages/{id}", h.with(look))
	mux.HandleFunc("POST /stages/{id}/set", h.with(set))
	mux.HandleFunc("POST /stages/{id}/burst", h.with(burst))
	mux.HandleFunc("/stages/{id}/faults", h.with(faults))
	mux.HandleFunc("POST /stages/{id}/end", h.with(func(w http.ResponseWriter, _ *http.Request, s *stage) {
		h.end(s.id)
		w.WriteHeader(http.StatusNoContent)
	}))
	return http.NewCrossOriginProtection().Handler(mux)
}

func (h *house) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", h.policy())
	err := index.Execute(w, h.texts())
	if err != nil {
		log.Print("page: ", err)
	}
}

const maxForm = 16 << 10 // bytes

// post is the ordinary form, and curl's way in.
func (h *house) post(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	from := "curl"
	if r.PostFormValue("via") == "form" {
		from = "form"
	}
	if err := h.say(r.PostFormValue("text"), from); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.PostFormValue("back") != "" { // a page without script wants to be seen again
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	fmt.Fprintln(w, "Said in every panel.")
}

func (h *house) make(w http.ResponseWriter, _ *http.Request) {
	s, err := h.open()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	reply(w, s.view(nil))
}

// with finds the stage that a path names.
func (h *house) with(fn func(http.ResponseWriter, *http.Request, *stage)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := h.stage(r.PathValue("id"))
		if s == nil {
			http.Error(w, "no such stage: it ends when its page is gone for three minutes", http.StatusNotFound)
			return
		}
		fn(w, r, s)
	}
}

func look(w http.ResponseWriter, r *http.Request, s *stage) {
	var since []int64
	for text := range strings.SplitSeq(r.FormValue("since"), ",") {
		n, _ := strconv.ParseInt(text, 10, 64) // nonsense is from the beginning
		since = append(since, n)
	}
	reply(w, s.view(since))
}

func set(w http.ResponseWriter, r *http.Request, s *stage) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	if err == nil {
		err = s.set(func(c controls) (controls, error) { return c.read(r.PostForm) })
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func burst(w http.ResponseWriter, r *http.Request, s *stage) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	n, err := burstSize(r.PostFormValue("count"))
	if err == nil {
		err = s.emit(n, "", "")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func faults(w http.ResponseWriter, r *http.Request, s *stage) {
	s.panels[len(s.panels)-1].proxy.Control().ServeHTTP(w, r)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print("reply: ", err)
	}
}
