package main

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// A recorder wraps a ResponseWriter, as the middleware of most apps does. What
// it must have is Unwrap: by that Everwire flushes streams, sets deadlines and
// takes WebSockets over (http.ResponseController).
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 || w.status < 200 { // 1xx are on the way to the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status < 200 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logging writes a line for each request when it is over; that of a stream may be
// hours later. Status 0 is a connection that was taken over. The path only: a
// query may hold what belongs in no log.
func logging(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			logger.Info("request", "method", r.Method, "path", r.URL.Path, "status", rec.status, "bytes", rec.bytes, "took", time.Since(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// recovering answers 500 for a handler that panics, if it is not too late for that.
func recovering(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { // by which a handler cuts its answer off
				panic(p)
			}
			logger.Error("panic", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			if rec, ok := w.(*recorder); !ok || rec.status == 0 {
				http.Error(w, "something went wrong", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// secured sets the headers that every answer has. To browsers of today 'self' means
// the WebSocket, too.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
