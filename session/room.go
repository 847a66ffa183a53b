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
	index   map[*Session]int // place in members
}

func newRoom(name string) *room { return &room{name: name, index: make(map[*Session]int)} }

func (r *room) add(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, in := r.index[s]; !in {
		r.index[s] = len(r.members)
		r.members = append(r.members, s)
	}
}

// remove takes s out and returns how many members are left.
func (r *room) remove(s *Session) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, in := r.index[s]
	if !in {
		return len(r.members)
	}
	last := len(r.members) - 1
	r.members[i] = r.members[last]
	r.index[r.members[i]] = i
	r.members[last] = nil
	r.members = r.members[:last]
	delete(r.index, s)
	return last
}

// rooms are the rooms of a server; a room exists while it has members.
type rooms struct {
	mu sync.RWMutex
	// Guarded by mu.
	byName map[string]*room
}

// join puts s into the room. It reports false if s has ended.
func (rs *rooms) join(s *Session, name string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s.mu.Lock()
	if s.state == closed || s.ending != nil {
		s.mu.Unlock()
		return false
	}
	r := rs.byName[name]
	if r == nil {
		r = newRoom(name)
		rs.byName[name] = r
	}
	if i, in := s.room(name); !in {
		s.rooms = slices.Insert(s.rooms, i, r)
	}
	s.mu.Unlock()
	r.add(s)
	return true
}

// room returns the place of a room among those of the session. s.mu is held.
func (s *Session) room(name string) (i int, in bool) {
	return slices.BinarySearchFunc(s.rooms, name, func(r *room, name string) int { return cmp.Compare(r.name, name) })
}

func (rs *rooms) leave(s *Session, name string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s.mu.Lock()
	var r *room
	if i, in := s.room(name); in {
		r = s.rooms[i]
		s.rooms = slices.Delete(s.rooms, i, i+1)
	}
	s.mu.Unlock()
	if r != nil {
		rs.drop(r, s)
	}
}

// leaveAll takes s out of all its rooms.
func (rs *rooms) leaveAll(s *Session) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s.mu.Lock()
	in := s.rooms
	s.rooms = nil
	s.mu.Unlock()
	for _, r := range in {
		rs.drop(r, s)
	}
}

// drop takes s out of r and forgets an empty room. rs.mu is held.
func (rs *rooms) drop(r *room, s *Session) {
	if r.remove(s) == 0 {
		delete(rs.byName, r.name)
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
