package peer

import "encoding/json"

// Message is the typed payload of the echo job: what a chat would send.
type Message struct {
	ID   uint64   `json:"id"`
	User string   `json:"user"`
	Text string   `json:"text"`
	At   int64    `json:"at"`
	Tags []string `json:"tags"`
}

// sameJSON decodes a Message and encodes it again, the JSON work of everwire.Handle with a typed payload.
func sameJSON(b []byte) []byte {
	var m Message
	if err := json.Unmarshal(b, &m); err != nil {
		return []byte(err.Error())
	}
	out, err := json.Marshal(m)
	if err != nil {
		return []byte(err.Error())
	}
	return out
}
