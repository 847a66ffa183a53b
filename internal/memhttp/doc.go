// Package memhttp runs HTTP servers and their clients in memory: a listener
// whose connections are buffered pipes, and a server with a client on top of
// it, over HTTP/1.1 or HTTP/2. Nothing of it leaves the process, so that all of
// it works in virtual time, inside a bubble of testing/synctest.
//
// The pipes have buffers, unlike net.Pipe: as with TCP, a write that returned
// nil says nothing about whether the other end will ever read the bytes, and
// two ends that write at the same time do not block each other. Every wait is
// on a channel, so a goroutine that waits here is durably blocked.
package memhttp
