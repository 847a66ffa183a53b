package transporttest

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/everwire/everwire/transport"
)

// writers: where a transport cannot work on a connection, it says so at once, so
// that the client goes down a rung; where it can, the writer does not matter.
func writers(t *testing.T, s Subject) {
	opaque := func(w http.ResponseWriter) http.ResponseWriter { return struct{ http.ResponseWriter }{w} }
	tests := []struct {
		name  string
		http2 bool
		wrap  func(http.ResponseWriter) http.ResponseWriter
		works bool
	}{
		{"no flush, no hijack", false, opaque, !s.Stream},
		{"no flush, http2", true, opaque, !s.Stream},
		{"http2", true, nil, !s.Duplex},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPeer(t, s, variant{http2: tt.http2})
				p.server.close()
				p.server = newServer(t, s.New(), p.door, variant{http2: tt.http2}, tt.wrap)
				defer p.server.close()
				defer p.leave()
				p.checkWriter(tt.works)
				p.leave()
				synctest.Wait()
				p.checkEnd()
			})
		})
	}
}

func (p *peer) checkWriter(works bool) {
	p.t.Helper()
	all := frames(2, 10)
	p.door.Emit(all...)
	if works {
		p.expect(all)
		return
	}
	// Asked as over HTTP/1.1 and by a client that would speak the transport.
	c, err := p.subject.Dial(p.ctx, p.server.site, p.hello())
	if err != nil {
		p.t.Fatalf("dial: %v", err)
	}
	p.all = append(p.all, c)
	want := transport.ErrTransport
	if f, err := c.Frame(); err != nil || !same(f, want.Frame()) {
		p.t.Fatalf("got %v, %v, want %s", f, err, want.Frame().Line())
	}
	if resp, err := c.Response(); err != nil || resp.StatusCode != http.StatusNotAcceptable {
		p.t.Errorf("got %v, %v, want status 406", resp, err)
	}
	if n := len(p.door.Hellos()); n != 0 {
		p.t.Errorf("%d hellos reached the door, want none: the client may still use its number and ticket", n)
	}
}
