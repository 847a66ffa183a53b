package session

import (
	"net/http"
	"path"
	"strings"

	"github.com/everwire/everwire/transport"
)

// known are the transports of the protocol: one of them that is switched off is
// told as such, so that the client goes down a rung.
const known = " polling longpoll sse websocket "

// ServeHTTP serves everything below the path where the server is mounted; the
// last element of the path says what. It works under any prefix and router.
func (rt *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	t := rt.transports[name]
	off := t == nil && strings.Contains(known, " "+name+" ")
	if t == nil && !off && name != "send" {
		rt.serveClient(w, r, name)
		return
	}
	w.Header().Add("Vary", "Origin")
	foreign, err := rt.originAllowed(r)
	if err != nil {
		rt.opts.Logger.Info("everwire: origin refused", "transport", name, "remote", r.RemoteAddr, "origin", r.Header.Get("Origin"))
		transport.WriteError(w, err, false)
		return
	}
	if foreign != "" {
		w.Header().Set("Access-Control-Allow-Origin", foreign)
		if rt.opts.AllowCredentials {
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		}
	}
	switch {
	case r.Method == http.MethodOptions:
		preflight(w, name, foreign != "")
	case off:
		transport.WriteError(w, transport.ErrTransport, false)
	case name == "send":
		err = transport.ServeSend(w, r, rt)
	default:
		err = t.Serve(w, r, rt)
	}
	if err != nil {
		rt.opts.Logger.Debug("everwire: request ended", "transport", name, "remote", r.RemoteAddr, "err", err)
	}
}

// preflight answers OPTIONS. No request of the protocol needs one: it is there
// for pages that add headers of their own, and for people with curl.
func preflight(w http.ResponseWriter, name string, foreign bool) {
	methods := "POST, OPTIONS"
	if name == "sse" || name == "websocket" {
		methods = "GET, OPTIONS"
	}
	h := w.Header()
	h.Set("Allow", methods)
	if foreign {
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
}

// serveClient serves what is no endpoint of the protocol. Its 404 has no frame:
// it must not be taken for a session that is not known.
func (rt *Server) serveClient(w http.ResponseWriter, r *http.Request, name string) {
	if rt.opts.Client != nil && strings.Contains(name, ".") {
		rt.opts.Client.ServeHTTP(w, r)
		return
	}
	http.Error(w, "everwire: no such endpoint", http.StatusNotFound)
}
