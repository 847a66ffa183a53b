package main

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"
)

// A message is what somebody said. Its number says where it belongs: the first
// three chats live by it, the fourth has nobody who would read it.
type message struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Text   string `json:"text"`
}

func (m message) check() error {
	for _, s := range []string{m.Name, m.Text} {
		if n := utf8.RuneCountInString(strings.TrimSpace(s)); n == 0 || n > 500 || !utf8.ValidString(s) {
			return errors.New("a name and a text, 1 to 500 characters each")
		}
	}
	return nil
}

// readMessage reads what a page has posted, or answers that it is no message.
func readMessage(w http.ResponseWriter, r *http.Request) (message, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	m := message{Name: r.PostFormValue("name"), Text: r.PostFormValue("text")}
	if err := m.check(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return m, false
	}
	return m, true
}

// A history is the last 100 messages of a chat, numbered from 1.
type history struct {
	kept []message
	last int // the number of the newest
}

func (h *history) add(m message) message {
	h.last++
	m.Number = h.last
	h.kept = append(h.kept, m)
	h.kept = h.kept[max(0, len(h.kept)-100):]
	return m
}

// after returns what was said after message n. A number from the future is one
// from before a restart of the server: such a page gets everything.
func (h *history) after(n int) []message {
	if n < 0 || n > h.last {
		n = 0
	}
	return append([]message{}, h.kept[max(0, len(h.kept)-(h.last-n)):]...)
}
