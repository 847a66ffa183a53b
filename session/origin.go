package session

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/everwire/everwire/transport"
)

// originAllowed is the one origin rule for all transports (PROTOCOL.md,
// cross-origin; RFC 6454). It returns the foreign origin that the answer has
// to name for the browser to hand it over, "" where there is none.
func (rt *Server) originAllowed(r *http.Request) (foreign string, err error) {
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		return "", rt.withoutOrigin(r)
	case len(origins) > 1:
		return "", transport.ErrOrigin
	case sameHost(origins[0], r.Host):
		return "", nil
	case rt.listed(origins[0]):
		return origins[0], nil
	}
	return "", transport.ErrOrigin
}

// listed reports whether the app allows the origin.
func (rt *Server) listed(origin string) bool {
	return slices.ContainsFunc(rt.opts.AllowedOrigins, func(o string) bool {
		return strings.EqualFold(o, origin) || o == "*"
	})
}

// withoutOrigin judges a request that names no origin by what else a browser
// says about its page (Fetch Metadata; RFC 9110 section 10.1.3).
func (rt *Server) withoutOrigin(r *http.Request) error {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return transport.ErrOrigin
	}
	ref := r.Header.Get("Referer")
	if ref == "" {
		return nil
	}
	u, err := url.Parse(ref)
	if err != nil {
		return transport.ErrOrigin
	}
	origin := u.Scheme + "://" + u.Host
	if sameHost(origin, r.Host) || rt.listed(origin) {
		return nil
	}
	return transport.ErrOrigin
}

// suspicious refuses an opening that bears cookies and says nothing of the page
// that it comes from: a browser of any age says something, and what is none
// has no cookies to be robbed of.
func suspicious(r *http.Request) error {
	h := r.Header
	if h.Get("Cookie") != "" && h.Get("Origin") == "" && h.Get("Referer") == "" && h.Get("Sec-Fetch-Site") == "" {
		return transport.ErrOrigin
	}
	return nil
}

// sameHost compares an origin with a Host header: host and port, but not the
// scheme, which a proxy in front may have changed.
func sameHost(origin, host string) bool {
	scheme, rest, ok := strings.Cut(origin, "://")
	if !ok || rest == "" {
		return false
	}
	return strings.EqualFold(stripPort(rest, scheme), stripPort(host, scheme))
}

// stripPort takes off the port that the scheme implies.
func stripPort(host, scheme string) string {
	switch strings.ToLower(scheme) {
	case "http", "ws":
		return strings.TrimSuffix(host, ":80")
	case "https", "wss":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
