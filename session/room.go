package session

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// A room is a named set of sessions. Its lock is held while a broadcast is
// appended to the queues of its members, so all members see the broadcasts of
// the room in one order. Lock order: rooms.mu, room.mu (by name where there
// are several), Session.mu, and then whatever a transport's Notify takes.
type room struct {
	name string

	mu sync.Mutex
	// Guarded by mu.
	members []*Session
}

// add puts s at the end of the members.
func (r *room) add(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, s)
}

// remove takes out the member at a place. It returns the one that has moved there,
// nil for none. r.mu is held.
func (r *room) remove(at int) (moved *Session) {
	last := len(r.members) - 1
	if at < last {
		moved = r.members[last]
		r.members[at] = moved
	}
	r.members[last] = nil
	r.members = r.members[:last]
	return moved
}

// A place is where a session is in a room.
type place struct {
	room *room
	at   int // in its members
}

// rooms are the rooms of a server; a room exists while it has members.
type rooms struct {
	mu sync.RWMutex
	// Guarded by mu, as is who is in which room: the locks of rooms and sessions are
	// for those who look at one of them only.
	byName map[string]*room
}

// join puts s into the room, unless it has ended.
func (rs *rooms) join(s *Session, name string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s.mu.Lock()
	if s.state == closed || s.ending != nil {
		s.mu.Unlock()
		return
	}
	r := rs.byName[name]
	if r == nil {
		r = &room{name: name}
		rs.byName[name] = r
	}
	i, in := s.room(name)
	if !in {
		s.rooms = slices.Insert(s.rooms, i, place{r, len(r.members)})
	}
	s.mu.Unlock()
	if !in {
		r.add(s)
	}
}

// room returns the place of a room among those of the session. s.mu is held.
func (s *Session) room(name string) (i int, in bool) {
	return slices.BinarySearchFunc(s.rooms, name, func(p place, name string) int { return cmp.Compare(p.room.name, name) })
}

func (rs *rooms) leave(s *Session, name string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s.mu.Lock()
	i, in := s.room(name)
	if !in {
		s.mu.Unlock()
		return
	}
	p := s.rooms[i]
	s.rooms = slices.Delete(s.rooms, i, i+1)
	s.mu.Unlock()
	rs.drop(p)
}

// leaveAll takes s out of all its rooms.
func (rs *rooms) leaveAll(s *Session) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s.mu.Lock()
	in := s.rooms
	s.rooms = nil
	s.mu.Unlock()
	for _, p := range in {
		rs.drop(p)
	}
}

// drop takes the member at a place out and forgets an empty room. rs.mu is held.
func (rs *rooms) drop(p place) {
	r := p.room
	r.mu.Lock()
	moved := r.remove(p.at)
	left := len(r.members)
	r.mu.Unlock()
	if left == 0 {
		delete(rs.byName, r.name)
	}
	if moved != nil {
		moved.mu.Lock()
		i, _ := moved.room(r.name)
		moved.rooms[i].at = p.at
		moved.mu.Unlock()
	}
}

// find returns the rooms with these names that exist, each once, in the order
// in which they are locked.
func (rs *rooms) find(names []string) []*room {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	if len(names) == 1 { // the usual case, without a map
		if r := rs.byName[names[0]]; r != nil {
			return []*room{r}
		}
		return nil
	}
	found := make(map[string]*room, len(names))
	for _, n := range names {
		if r := rs.byName[n]; r != nil {
			found[n] = r
		}
	}
	sorted := make([]*room, 0, len(found))
	for _, n := range slices.Sorted(maps.Keys(found)) {
		sorted = append(sorted, found[n])
	}
	return sorted
}
