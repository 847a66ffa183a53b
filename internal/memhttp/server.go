package memhttp

import (
	"context"
	"net/http"
	"net/url"
)

// Host is the host of every Server's URL.
const Host = "everwire.test"

// Options configure a Server. The zero value is a plain HTTP/1.1 server.
type Options struct {
	// HTTP2 makes the client ask by HTTP/2 without TLS (RFC 9113 section 3.3).
	// The server takes HTTP/1.1 beside it, as a WebSocket's dialer needs it.
	HTTP2 bool

	// Server, where set, changes the http.Server before it starts: time-outs,
	// ConnState, BaseContext.
	Server func(*http.Server)
}

// A Server is an http.Server on a Listener of its own.
type Server struct {
	*Listener
	srv       *http.Server
	transport *http.Transport
	served    chan struct{}
}

// Serve starts a server for h. Inside a bubble, Close it there.
func Serve(h http.Handler, opt Options) *Server {
	s := &Server{Listener: Listen(), served: make(chan struct{})}
	s.srv = &http.Server{Handler: h, Protocols: new(http.Protocols)}
	protocols := new(http.Protocols)
	s.srv.Protocols.SetHTTP1(true)
	s.srv.Protocols.SetUnencryptedHTTP2(opt.HTTP2)
	protocols.SetHTTP1(!opt.HTTP2)
	protocols.SetUnencryptedHTTP2(opt.HTTP2)
	if opt.Server != nil {
		opt.Server(s.srv)
	}
	s.transport = &http.Transport{
		DialContext: s.Dial,
		Protocols:   protocols,
		// Redirections, proxies and compression are not for tests of a wire.
		DisableCompression: true,
		Proxy:              func(*http.Request) (*url.URL, error) { return nil, nil },
	}
	go func() { // ends with the listener
		defer close(s.served)
		_ = s.srv.Serve(s.Listener)
	}()
	return s
}

// URL returns the URL of path on the server.
func (s *Server) URL(path string) string { return "http://" + Host + path }

// Transport returns the one http.Transport that Close closes. Another may use
// Dial.
func (s *Server) Transport() *http.Transport { return s.transport }

// Client returns a client of the server that follows no redirections.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Transport:     s.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Shutdown is http.Server.Shutdown: it waits for the requests that are served.
func (s *Server) Shutdown(ctx context.Context) error { return s.srv.Shutdown(ctx) }

// Close ends the server, the client and every connection. Handlers see their
// requests' contexts end; it does not wait for them. Idempotent.
func (s *Server) Close() error {
	err := s.srv.Close()
	_ = s.Listener.Close()
	<-s.served
	s.transport.CloseIdleConnections()
	return err
}
