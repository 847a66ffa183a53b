// The session: numbers, the queue of what is not confirmed, what came in (PROTOCOL.md, 4, 7 and 8).
// Knows connections only by what they carry: down_ and up_, the last counted frame read and written.

var key, id, auth, ticket,      // who we are; the ticket is good while its attach (ticket.n_) is the newest
  n, r,                         // last attach, last send
  base, queue, size,            // confirmed up to, the frames after it, their bytes
  got, said, fresh,             // received up to, told the server so, bytes since
  rtt = 0, faults = 0,          // the last round trip; faults of the peer without progress between them
  hints = { ping: 25e3, head: 400, max: [65536, 0, 1048576] };

// begin starts the numbers of a new session.
function begin() {
  var i = 32, bytes;
  // Firefox before 21 has a crypto without it
  try {
    bytes = env('crypto').getRandomValues(new Uint8Array(i));
  } catch (e) {}
  for (key = ''; i--;) key += ((bytes ? bytes[i] : random() * 16) & 15).toString(16);
  id = ticket = n = r = base = size = got = said = fresh = 0;
  queue = [];
}

// push numbers a frame and sends it when it can.
function push(item) {
  item.seq_ = base + queue.push(item);
  size += item.size_;
  flush();
}

function confirm(seq) {
  while (seq > base && queue[0]) {
    faults = 0;
    base++;
    size -= queue.shift().size_;
  }
  if (rt.state == 'closing' && !queue[0]) over();
}

// slice gives the first unconfirmed frames after seq, up to room bytes, one at least.
function slice(seq, room) {
  var out = [], item;
  while (out.length < 1e3 && (item = queue[seq - base + out.length]) && ((room -= item.size_ + 1) > 0 || !out[0])) {
    item.sent_ = 1;
    out.push(item);
  }
  return out;
}

// giveUp makes void what can never be carried.
function giveUp(item) {
  var err = fault('too-large');
  size -= item.size_;
  item.text_ = '[8]';
  item.kind_ = 8;
  item.size_ = 0;
  answered(item.call_, err) || fire('error', err);
}

// hello is the first line of a connection or request; with r it is a send, else it attaches with a new number.
function hello(c, fields) {
  if (id) {
    fields.id = id;
  } else {
    fields.key = key;
    fields.auth = auth;
  }
  if (!fields.r) fields.n = c.n_ = ++n;
  fields.got = said = got;
  fields.seq = base + 1;
  if (LEGACY) fields.flat = 1;
  fresh = 0;
  return encode([20, fields]);
}

// receive takes what one message or body brought, in order, up to a fault.
function receive(c, frames) {
  var mine = key, i;
  depth++;
  for (i = 0; frames[i] && mine == key && c.dead_ != 2; i++) take(c, frames[i]);
  depth--;
  flush();
}

function take(c, f) {
  var kind = f[0], info = f[1], i;
  if (kind < 20) {
    // R7: its number is what this connection counts
    c.down_++;
    if (c.down_ == got + 1) {
      got++;
      faults = 0;
      deliver(c, f);
    } else if (!(c.down_ <= got)) {
      ended(c, 4400, 'gap');
    }
  } else if (kind == 21) {
    if (info.n != c.n_ && !info.r) return;
    if (info.id) {
      id = info.id;
      hints = info;
      for (i = 0; queue[i]; i++) if (queue[i].size_ > hints.max[0]) giveUp(queue[i]);
    }
    if (info.ticket) ticket = { text_: info.ticket, n_: c.n_ };
    if (info.seq) c.down_ = info.seq - 1;
    if (info.n) carry(c);
    confirm(info.got);
    if (info.pause) pause(info.pause);
    c.next_ = info.next;
    if (info.at > got) late(c, info.at);
  } else if (kind == 22) {
    // R8: a WebSocket is as before a hello that came too late
    if (f[2] == 'stale' && c == legs[0]) c.greet_();
    else ended(c, info, f[2], f[3]);
  } else if (kind == 23) {
    leave(c, info);
  } else if (kind == 24) {
    pinged(c, info, f[2]);
  } else if (kind == 27) {
    c.down_ = info - 1;
  } else if (kind < 27) {
    confirm(info);
    if (kind < 26) ponged(c, f[2]);
  } else if (kind < 30) {
    deliver(c, f);
  }
}
