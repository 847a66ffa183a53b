package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	cookieName = "session"
	loginLasts = 12 * time.Hour
	maxLogins  = 1000
)

// users are those of the demo, and their passwords are on the login page. An app
// keeps slow hashes (bcrypt, argon2id) of its users' in its database.
var users = map[string]string{"ann": "apple", "ben": "banana"}

// known tells whether a password is right. It takes as long for a name that does
// not exist, and does not depend on how much of a password is right.
func known(user, password string) bool {
	want, ok := users[user]
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && ok
}

// A login is what a cookie stands for.
type login struct {
	token   string
	user    string
	expires time.Time
}

var errNoLogin = errors.New("not logged in")

// logins is the store of those who are logged in, in memory.
type logins struct {
	mu      sync.Mutex
	byToken map[string]login // guarded by mu
}

// open logs somebody in: a new token each time, of 130 random bits.
func (s *logins) open(user string) (login, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for token, l := range s.byToken {
		if !now.Before(l.expires) {
			delete(s.byToken, token)
		}
	}
	if len(s.byToken) >= maxLogins {
		return login{}, errors.New("too many are logged in")
	}
	l := login{rand.Text(), user, now.Add(loginLasts)}
	s.byToken[l.token] = l
	return l, nil
}

// of returns the login of a request's cookie, errNoLogin if it has none or that
// has expired.
func (s *logins) of(r *http.Request) (login, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return login{}, errNoLogin
	}
	return s.find(c.Value)
}

func (s *logins) find(token string) (login, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.byToken[token]
	if !ok || !time.Now().Before(l.expires) {
		return login{}, errNoLogin
	}
	return l, nil
}

func (s *logins) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byToken, token)
}

// cookie is out of reach of scripts (HttpOnly), and browsers do not send it with
// what other sites post or embed (SameSite).
func (l login) cookie(r *http.Request) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: l.token, Path: "/", Expires: l.expires,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	}
}
