// Package transporttest checks that a transport keeps its contract: it runs a
// transport against a door of its own, without package session, and talks to it
// with a client that the test of the transport hands in. What Run checks is the
// definition of the seam between sessions and transports (package transport)
// and of section 9 of PROTOCOL.md.
//
//	func TestTransport(t *testing.T) {
//		transporttest.Run(t, transporttest.Subject{
//			New:  func() transport.Transport { return polling.Transport{} },
//			Dial: transporttest.DialPost,
//		})
//	}
//
// All of it runs in virtual time and in memory, inside bubbles of
// testing/synctest, so that a goroutine that a transport leaves behind fails
// the test. That needs Go 1.26: the HTTP/2 of net/http in Go 1.25 cannot run in
// bubbles one after the other. Door, Link and DialPost also serve the tests that
// a transport has of its own.
package transporttest
