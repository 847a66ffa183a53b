package main

import "net/url"

// What the page's template shows of the panels and the faults. The names are
// those that the page's scripts know.

type item struct{ Name, Title, What string }

var pinned = []item{
	{"polling", "Polling", "asks again and again"},
	{"longpoll", "Long-polling", "a request that waits for news"},
	{"sse", "Server-sent events", "a stream down, posts up"},
	{"websocket", "WebSocket", "one connection, both ways"},
}

var rungs = []item{
	{Name: "websocket", Title: "WebSocket"},
	{Name: "sse", Title: "SSE"},
	{Name: "longpoll", Title: "Long-polling"},
	{Name: "polling", Title: "Polling"},
}

var faultButtons = []item{
	{"refuse", "Refuse WebSocket", "the handshake gets a 403"},
	{"kill", "Kill WebSocket", "each one after 3 s"},
	{"hole", "Black-hole WebSocket", "open, and nothing passes"},
	{"buffer", "Buffer SSE", "the stream is held back"},
	{"cut", "Cut long requests", "504 after 2 s"},
	{"drop", "Drop poll responses", "each third is lost"},
	{"latency", "300 ms latency", "each way"},
}

// texts is what the template is executed with.
func (h *house) texts() map[string]any {
	return map[string]any{
		"Host": h.host, "Said": h.lately(), "MaxText": maxText,
		"Panels": pinned, "Ladder": item{Name: ladder}, "Rungs": rungs, "Faults": faultButtons,
	}
}

// policy is the page's Content-Security-Policy: its own files, and the ports of its own host.
func (h *house) policy() string {
	host := (&url.URL{Host: h.host}).Hostname()
	return "default-src 'self'; connect-src 'self' http://" + host + ":* ws://" + host + ":*; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
}
