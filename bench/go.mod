module github.com/everwire/everwire/bench

go 1.25

require (
	github.com/everwire/everwire v0.0.0
	github.com/gorilla/websocket v1.5.3
	github.com/lxzan/gws v1.8.9
	github.com/olahol/melody v1.1.4
)

require (
	github.com/dolthub/maphash v0.1.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/klauspost/compress v1.17.9 // indirect
)

replace github.com/everwire/everwire => ../

// Some npm packages ship Go files.
ignore ./node/node_modules
