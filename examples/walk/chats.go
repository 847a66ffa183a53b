package main

// A chat is one station of the walk.
type chat struct {
	Slug  string // its page is at /Slug, what it serves below
	Title string
	Line  string // what to try
	Text  string
	steps []step
}

var chats = []chat{
	{
		Slug: "polling", Title: "Polling",
		Line: "Open it in two windows and watch how long a line takes: up to two seconds.",
		Text: "The page asks every two seconds: what is there after message 6? Mostly the answer is: nothing. That is a request and an answer with all " +
			"their headers for an empty list, a thousand quiet pages make 500 of them a second, and a line is still a second late on average. " +
			"But each request is as short as any other, so it gets through everywhere. The number in the question matters: " +
			"the page says what it has, so an answer that was lost is simply asked for again.",
		steps: []step{
			arrow(ann, server, "after 6?"),
			arrow(server, ann, "nothing"),
			arrow(ben, server, "say “hi”"),
			note("up to 2 s: nobody knows"),
			arrow(ann, server, "after 6?"),
			arrow(server, ann, "7: “hi”").getsLost(),
			note("2 s"),
			arrow(ann, server, "after 6?"),
			arrow(server, ann, "7: “hi”"),
		},
	},
	{
		Slug: "longpoll", Title: "Long-polling",
		Line: "In the network tab of the developer tools a request is always pending. Say something and see it end.",
		Text: "The same question, but the server takes its time: it answers when there is something to say, or after 25 seconds, before a proxy loses " +
			"patience. Lines arrive at once and silence is nearly free. Each line still costs a request for each page, each page keeps one " +
			"connection waiting, and a browser has six of them to a host over HTTP/1.1: with six such tabs open the seventh does not load.",
		steps: []step{
			arrow(ann, server, "after 6?").keptFor(2),
			arrow(ben, server, "say “hi”"),
			arrow(server, ann, "7: “hi”"),
			arrow(ann, server, "after 7?").keptFor(2),
			note("25 s of silence"),
			arrow(server, ann, "nothing"),
			arrow(ann, server, "after 7?").keptFor(1),
			note("and so on"),
		},
	},
	{
		Slug: "sse", Title: "Server-sent events",
		Line: "Stop the server for a moment and start it again: the browser comes back by itself, as long as it gets no error page.",
		Text: "One answer that never ends: the server writes each line into it, some twenty bytes more than the line. The browser's EventSource " +
			"comes back when the stream breaks and names the last id it has, so nothing is missed. What pages say still goes up by POST. " +
			"It fails where something on the way waits for the end of an answer before it passes it on: the stream is open, " +
			"nothing comes, and the page cannot tell that from a quiet room.",
		steps: []step{
			arrow(ann, server, "stream, please").keptFor(4),
			arrow(ben, server, "POST “hi”"),
			arrow(server, ann, "id 7: “hi”"),
			arrow(ben, server, "POST “still there?”"),
			arrow(server, ann, "id 8").getsLost(),
			note("the stream breaks"),
			arrow(ann, server, "Last-Event-ID: 7").keptFor(1),
			arrow(server, ann, "id 8: “still there?”"),
		},
	},
	{
		Slug: "websocket", Title: "WebSocket",
		Line: "Say something, then open another window: it hears nothing of what was said before, like one whose connection was broken for a moment.",
		Text: "One connection, both ways, two to eight bytes around a message: nothing is quicker or cheaper. What HTTP did is gone, too: " +
			"there is no question that could name what the page has, so what is said while a page is away never reaches it, and nothing says so. " +
			"Some networks let no Upgrade through. And the hub that every tutorial builds writes to all in turn: a page that " +
			"has stopped reading holds everybody up until its deadline.",
		steps: []step{
			arrow(ann, server, "GET, Upgrade"),
			arrow(server, ann, "101").keptFor(3),
			arrow(ben, server, "“hi”"),
			arrow(server, ann, "“hi”"),
			note("Ann is in a tunnel"),
			arrow(ben, server, "“still there?”"),
			arrow(server, ann, "“still there?”").getsLost(),
			arrow(ann, server, "GET, Upgrade"),
			arrow(server, ann, "101, and silence"),
		},
	},
	{
		Slug: "everwire", Title: "Everwire",
		Line: "Do to it what broke the others: block it, cut it, take the network away for a minute.",
		Text: "One session above the four. The page tries the WebSocket and, if that has not proved itself within 400 ms, opens over HTTP beside it; " +
			"it moves up or down while it lives. Messages are numbered in both directions, the page says what it has whenever it comes back, and " +
			"so each arrives once and in order. Acks, rooms, limits, origins and shutdown are done. This server is the shortest of the five.",
		steps: []step{
			arrow(ann, server, "WebSocket").getsLost(),
			note("400 ms"),
			arrow(ann, server, "stream, please").keptFor(4),
			arrow(ben, server, "1: say “hi”"),
			arrow(server, ben, "ack"),
			arrow(server, ann, "7: “hi”"),
			note("the stream breaks"),
			arrow(ben, server, "2: “still there?”"),
			arrow(ann, server, "WebSocket, I have 7").keptFor(1),
			arrow(server, ann, "8: “still there?”"),
		},
	},
}
