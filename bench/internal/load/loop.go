//go:build linux

// Package load is the load generator: one goroutine, one epoll, bare sockets. It speaks to every server that is
// measured, counts every event on every session, and costs the machine as little as it can.
package load

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// A reader takes what a connection brings.
type reader interface {
	// read takes what is whole of b and returns how much that was.
	read(c *Conn, b []byte) (int, error)
	// ended tells that the connection is gone; err is why, io.EOF where the server closed it.
	ended(c *Conn, err error)
}

// A Loop owns connections. All of it is used by one goroutine.
type Loop struct {
	epoll  int
	conns  map[int]*Conn
	events [512]syscall.EpollEvent
	buf    []byte

	In, Out int64 // bytes of all connections, read and written
}

// A Conn is one socket of a Loop.
type Conn struct {
	loop    *Loop
	fd      int
	reader  reader
	in, out []byte // not read whole, not written yet
	waiting bool   // for room to write
}

// NewLoop returns a loop without connections.
func NewLoop() (*Loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Loop{epoll: fd, conns: make(map[int]*Conn), buf: make([]byte, 256<<10)}, nil
}

// Close closes all connections, quietly, and the loop.
func (l *Loop) Close() {
	for _, c := range l.conns {
		c.Close()
	}
	syscall.Close(l.epoll)
}

// Dial begins to connect to addr, an IPv4 address and port, and writes first as soon as it can.
func (l *Loop) Dial(addr string, r reader, first []byte) (*Conn, error) {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())})
	if err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		syscall.Close(fd)
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &Conn{loop: l, fd: fd, reader: r, out: first, waiting: true}
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLOUT, Fd: int32(fd)}
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &ev); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l.conns[fd] = c
	return c, nil
}

// Poll handles what has come, waiting up to the time given for the first of it, and reports whether there was any.
func (l *Loop) Poll(wait time.Duration) (bool, error) {
	n, err := syscall.EpollWait(l.epoll, l.events[:], int(wait.Milliseconds()))
	if errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("epoll: %w", err)
	}
	for _, ev := range l.events[:n] {
		c := l.conns[int(ev.Fd)]
		if c == nil {
			continue
		}
		if ev.Events&syscall.EPOLLOUT != 0 {
			c.flush()
		}
		if ev.Events&^syscall.EPOLLOUT != 0 && c.fd >= 0 {
			c.receive()
		}
	}
	return n > 0, nil
}

// Write writes b, keeping what the socket does not take.
func (c *Conn) Write(b []byte) {
	if c.fd < 0 {
		return
	}
	c.out = append(c.out, b...)
	if !c.waiting {
		c.flush()
	}
}

func (c *Conn) flush() {
	for len(c.out) > 0 {
		n, err := syscall.Write(c.fd, c.out)
		switch {
		case err == nil:
			c.loop.Out += int64(n)
			c.out = c.out[:copy(c.out, c.out[n:])]
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			c.watch(true)
			return
		default:
			c.end(err)
			return
		}
	}
	c.watch(false)
}

// watch asks to be told when there is room to write, or no more.
func (c *Conn) watch(room bool) {
	if c.waiting == room {
		return
	}
	c.waiting = room
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(c.fd)}
	if room {
		ev.Events |= syscall.EPOLLOUT
	}
	_ = syscall.EpollCtl(c.loop.epoll, syscall.EPOLL_CTL_MOD, c.fd, &ev)
}

func (c *Conn) receive() {
	n, err := syscall.Read(c.fd, c.loop.buf)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return
	case err != nil:
		c.end(err)
		return
	case n == 0:
		c.end(io.EOF)
		return
	}
	c.loop.In += int64(n)
	b := c.loop.buf[:n]
	if len(c.in) > 0 {
		c.in = append(c.in, b...)
		b = c.in
	}
	used, err := c.reader.read(c, b)
	if c.fd < 0 {
		return
	}
	if err != nil {
		c.end(err)
		return
	}
	if used == len(b) {
		c.in = nil
	} else {
		c.in = append(c.in[:0], b[used:]...)
	}
}

func (c *Conn) end(err error) {
	if c.fd < 0 {
		return
	}
	c.Close()
	c.reader.ended(c, err)
}

// Close closes the socket; the reader is not told.
func (c *Conn) Close() {
	if c.fd < 0 {
		return
	}
	delete(c.loop.conns, c.fd)
	syscall.Close(c.fd)
	c.fd = -1
}
