// Command sockjs is a server of sockjs-go, version 3. ResponseLimit, after which an event stream has to be opened anew,
// is raised from 128 KiB, so that none ends within a measurement.
package main

import (
	"strings"
	"sync"

	"github.com/igm/sockjs-go/v3/sockjs"

	"peer/control"
)

// Set by the linker where there is no module to ask.
var version string

func main() {
	var mu sync.RWMutex
	sessions := make(map[string]sockjs.Session)
	opts := sockjs.DefaultOptions
	opts.ResponseLimit = 1 << 30
	h := sockjs.NewHandler("/sock", opts, func(s sockjs.Session) {
		mu.Lock()
		_ = s.Send(control.Payload(0))
		sessions[s.ID()] = s
		mu.Unlock()
		for {
			m, err := s.Recv()
			if err != nil {
				break
			}
			_ = s.Send(m)
		}
		mu.Lock()
		delete(sessions, s.ID())
		mu.Unlock()
	})
	l := control.Listen()
	control.HTTP(l, h)
	control.Run(l, strings.TrimSpace(control.Version("github.com/igm/sockjs-go/v3", version)), func(p string) {
		mu.RLock()
		defer mu.RUnlock()
		for _, s := range sessions {
			_ = s.Send(p)
		}
	}, nil)
}
