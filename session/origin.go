package session

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

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
	origin = withoutPort(origin)
	return slices.ContainsFunc(rt.opts.AllowedOrigins, func(o string) bool {
		return strings.EqualFold(withoutPort(o), origin) || o == "*"
	})
}

// validOrigin reports whether an entry of AllowedOrigins can be what a browser
// sends (RFC 6454 section 6.2), or is one of the two words. Schemes of apps may
// have no host: "file://".
func validOrigin(origin string) bool {
	if origin == "*" || origin == "null" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || strings.HasSuffix(u.Host, ":") || strings.ContainsAny(origin, "*, ") {
		return false
	}
	if u.Hostname() == "" && (u.Host != "" || u.Scheme == "http" || u.Scheme == "https") {
		return false
	}
	if port, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || port > 65535) {
		return false
	}
	if strings.ContainsFunc(origin, func(c rune) bool { return c > unicode.MaxASCII }) { // browsers send punycode
		return false
	}
	return strings.EqualFold(origin, u.Scheme+"://"+u.Host)
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

// withoutPort takes off the port of an origin, if it is the scheme's own.
func withoutPort(origin string) string {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok {
		return origin
	}
	return origin[:len(origin)-len(host)+len(stripPort(host, scheme))]
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
