package faultproxy

// holder writes a response to the client and holds event streams back as the faults in force say.
type holder struct {
	c       *conn
	at      string
	chunked bool
	stream  bool // the body is an event stream

	headHeld []byte
	held     []byte
	struck   bool // the fault is counted
}

func (h *holder) buffer() Buffer {
	if !h.stream {
		return Buffer{}
	}
	return h.c.p.plan.Load().SSE
}

func (h *holder) head(head []byte) error {
	if b := h.buffer(); b.Head && (b.Whole || b.PieceBytes > 0) {
		h.headHeld = head
		return nil
	}
	return h.c.write(head, h.at)
}

func (h *holder) write(data []byte) error {
	b := h.buffer()
	h.held = append(h.held, data...)
	if (b.Whole || b.PieceBytes > 0) && !h.struck {
		h.struck = true
		h.c.fault(h.at, "sse.buffer")
	}
	switch n := len(h.held); {
	case b.Whole:
		return nil
	case b.PieceBytes > 0:
		return h.pass(n - n%b.PieceBytes)
	default:
		return h.pass(n)
	}
}

// flush passes on all that is held, the head included.
func (h *holder) flush() error {
	if err := h.passHead(); err != nil {
		return err
	}
	return h.pass(len(h.held))
}

// end passes on all that is held and ends the body.
func (h *holder) end() error {
	if err := h.flush(); err != nil || !h.chunked {
		return err
	}
	return h.c.write(lastChunk, h.at)
}

// pass passes on the first n bytes that are held, behind the head.
func (h *holder) pass(n int) error {
	if n == 0 {
		return nil
	}
	if err := h.passHead(); err != nil {
		return err
	}
	data := h.held[:n:n]
	h.held = append([]byte(nil), h.held[n:]...)
	if h.chunked {
		data = chunkOf(data)
	}
	return h.c.write(data, h.at)
}

func (h *holder) passHead() error {
	head := h.headHeld
	h.headHeld = nil
	if head == nil {
		return nil
	}
	return h.c.write(head, h.at)
}
