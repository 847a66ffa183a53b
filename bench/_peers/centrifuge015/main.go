// Command centrifuge is a server of centrifuge, version 0.15 as Debian packages it, with its WebSocket handler and JSON protocol, in
// the configuration of its chat example less presence and join messages. With "recover" the channel has a history that
// clients catch up from.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/centrifugal/centrifuge"

	"peer/control"
)

const channel = "all"

// Set by the linker.
var version string

type message struct {
	ID   uint64   `json:"id"`
	User string   `json:"user"`
	Text string   `json:"text"`
	At   int64    `json:"at"`
	Tags []string `json:"tags"`
}

func main() {
	replay := len(os.Args) > 1 && os.Args[1] == "recover"
	config := centrifuge.DefaultConfig
	config.LogLevel = centrifuge.LogLevelError
	node, err := centrifuge.New(config)
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{UserID: "bench"},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channel: {Recover: replay}},
		}, nil
	})
	greeting, _ := json.Marshal(control.Payload(0))
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnRPC(func(e centrifuge.RPCEvent, reply centrifuge.RPCCallback) {
			data := e.Data
			if e.Method == "typed" {
				var m message
				if err := json.Unmarshal(data, &m); err != nil {
					reply(centrifuge.RPCReply{}, centrifuge.ErrorBadRequest)
					return
				}
				data, _ = json.Marshal(m)
			}
			reply(centrifuge.RPCReply{Data: data}, nil)
		})
		_ = c.Send(greeting)
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		UseWriteBufferPool: true,
	}))
	l := control.Listen()
	control.HTTP(l, mux)
	var opts []centrifuge.PublishOption
	if replay {
		opts = append(opts, centrifuge.WithHistory(1000, time.Minute))
	}
	control.Run(l, version, func(p string) {
		data, _ := json.Marshal(p)
		if _, err := node.Publish(channel, data, opts...); err != nil {
			log.Print(err)
		}
	}, nil)
}
