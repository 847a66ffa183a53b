// The page of the chat. All that is real-time in it is `rt`: what the server
// says comes in by rt.on, what this page says goes out by rt.emit. What people
// wrote is put into the page as text, never as HTML.
(() => {
  'use strict';

  const $ = (id) => document.getElementById(id);
  const log = $('log');
  const titles = { websocket: 'WebSocket', sse: 'server-sent events', longpoll: 'long-polling', polling: 'polling' };

  // The address may name all three, so that two windows can be compared: /?name=left&room=lab&transport=sse
  const asked = new URLSearchParams(location.search);
  const me = {
    name: asked.get('name') || remembered('name') || 'guest ' + (10 + Math.floor(Math.random() * 90)),
    room: asked.get('room') || 'lobby'
  };
  let pinned = titles[asked.get('transport')] ? asked.get('transport') : '';

  // ---- Everwire

  let rt;

  function connect() {
    if (rt) rt.close();
    // auth goes with every handshake, so a new session is in its room at once.
    rt = everwire.connect('/everwire/', { auth: () => me, transport: pinned || undefined });
    rt.on('room', enter);
    rt.on('said', said);
    rt.on('people', people);
    rt.on('rooms', rooms);
    rt.on('typing', typing);
    rt.on('transport', moved);
    for (const name of ['connect', 'resume', 'disconnect', 'transport']) rt.on(name, status);
    rt.on('error', (err) => {
      status();
      if (rt.state === 'closed') setStatus('closed', 'Ended: ' + err.message);
    });
    status();
  }

  // moved tells the others, whose lists say who comes by what.
  function moved() {
    if (rt.state === 'live') rt.emit('moved');
  }

  // send says a line and waits for its ack. If the session is lost meanwhile, nobody knows whether the server had the
  // line: it is sent again under the same id, which the server does not repeat.
  function send(line) {
    if (rt.state === 'closed') rt.connect();
    const by = rt;
    const began = performance.now();
    by.emit('say', { id: line.id, text: line.text }, (err) => {
      if (!err) {
        line.item.classList.remove('waiting');
        tick(line, 'delivered');
        $('ticked').textContent = duration(performance.now() - began);
      } else if (err.code === 'unknown-outcome' || (err.code === 'closed' && by !== rt)) {
        send(line);
      } else {
        fail(line, err);
      }
    });
  }

  // sit asks for another name or room; a new session would ask for the same.
  function sit(change, then) {
    const from = Object.assign({}, me);
    rt.emit('sit', Object.assign(me, change), (err) => {
      if (err) Object.assign(me, from);
      then(err);
    });
  }

  // ---- The log

  const lines = new Map(); // by id
  const own = new Set();   // ids of what this page said
  let fresh = false;       // what comes in is news, not history

  function enter(at) {
    fresh = false;
    log.setAttribute('aria-live', 'off'); // history is not read out
    if (log.dataset.room !== at.room) {
      log.dataset.room = at.room;
      log.replaceChildren();
      lines.clear();
      stopTyping();
    }
    me.room = at.room;
    $('where').textContent = at.room;
    document.title = at.room + ' · Everwire chat';
    address();
  }

  function said(m) {
    let line = lines.get(m.id);
    if (line && !line.item.classList.contains('waiting')) return; // history that is here already
    if (fresh && m.name !== me.name) {
      const took = Date.now() - m.at;
      if (took >= 0 && took < 60000) $('underway').textContent = duration(took);
    }
    stopTyping(m.name);
    if (!line) {
      line = show(m);
      tick(line, own.has(m.id) ? 'delivered' : '');
      if (!fresh) scroll(true);
    } else {
      // one of ours takes its place among the others, the same for everybody
      line.item.classList.remove('waiting');
      line.at = m.at;
      place(line);
    }
  }

  // show makes a line of the log: who, when, what, and the tick of our own.
  function show(m) {
    const line = { id: m.id, name: m.name, text: m.text, at: m.at, form: m.form };
    const item = line.item = document.createElement('li');
    item.append(face(m.name));
    const bubble = element('div');
    const who = element('p', 'who');
    who.append(element('b', '', m.name));
    if (m.form) {
      item.classList.add('form');
      who.append(element('span', '', 'by form'));
    }
    const time = element('time', '', new Date(m.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = new Date(m.at).toISOString();
    who.append(time);
    line.tick = element('span', 'tick');
    const text = element('p', 'text', m.text);
    if (own.has(m.id)) {
      item.classList.add('mine');
      text.append(line.tick);
    }
    bubble.append(who, text);
    item.append(bubble);
    lines.set(m.id, line);
    place(line);
    return line;
  }

  // place puts a line at the end of what has been said, before what is still on its way.
  function place(line) {
    const follow = atEnd();
    const item = line.item;
    const after = item.nextElementSibling;
    item.line = line;
    log.insertBefore(item, item.classList.contains('waiting') ? null : log.querySelector('.waiting'));
    for (const near of [item, item.nextElementSibling, after]) if (near) group(near);
    while (log.children.length > 500) {
      lines.delete(log.firstElementChild.line.id);
      log.firstElementChild.remove();
    }
    $('empty').hidden = true;
    scroll(follow);
  }

  // group draws a line nearer to the one before if that is of the same person and not old.
  function group(item) {
    const line = item.line;
    const last = item.previousElementSibling && item.previousElementSibling.line;
    item.classList.toggle('more', !!last && last.name === line.name && last.form === line.form &&
      own.has(last.id) === own.has(line.id) && line.at - last.at < 120000);
  }

  function wait(line) {
    line.item.classList.add('waiting');
    tick(line, 'on its way');
    place(line);
    return line;
  }

  function tick(line, word) {
    line.tick.replaceChildren(element('span', 'unseen', word));
  }

  function fail(line, err) {
    const again = element('button', '', 'Try again');
    again.type = 'button';
    again.onclick = () => {
      line.item.classList.remove('failed');
      send(wait(line));
    };
    line.item.classList.remove('waiting');
    line.item.classList.add('failed');
    line.tick.replaceChildren('not sent: ' + err.message, again);
  }

  function atEnd() {
    return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  }

  function scroll(follow) {
    if (follow) log.scrollTop = log.scrollHeight;
    $('newer').hidden = follow;
  }

  log.onscroll = () => { if (atEnd()) $('newer').hidden = true; };
  $('newer').onclick = () => scroll(true);
  new ResizeObserver(() => { if ($('newer').hidden) scroll(true); }).observe(log);

  // ---- Who is here, who types, which rooms there are

  function people(list) {
    $('count').textContent = list.length;
    const self = list.findIndex((p) => p.name === me.name && p.transport === rt.transport);
    $('people').replaceChildren(...list.map((p, i) => {
      const item = element('li');
      const who = element('span', '', p.name);
      if (i === self) who.append(element('em', '', ' (you)'));
      who.append(element('small', '', titles[p.transport] || ''));
      item.dataset.transport = p.transport;
      item.append(face(p.name), who);
      return item;
    }));
    if (!fresh) {
      fresh = true;
      $('empty').hidden = lines.size > 0;
      setTimeout(() => log.setAttribute('aria-live', 'polite'), 200);
    }
  }

  function rooms(sizes) {
    const focused = $('rooms').contains(document.activeElement) && document.activeElement.value;
    $('rooms').replaceChildren(...Object.keys(sizes).sort().map((name) => {
      const item = element('li');
      const button = element('button', '', name);
      const count = element('span', '', sizes[name]);
      count.append(element('span', 'unseen', ' here'));
      button.type = 'button';
      button.value = name;
      if (name === me.room) button.setAttribute('aria-current', 'true');
      button.append(count);
      button.onclick = () => go(name);
      item.append(button);
      return item;
    }));
    if (focused) for (const button of $('rooms').querySelectorAll('button')) if (button.value === focused) button.focus();
  }

  const typists = new Map(); // name -> timer

  function typing(name) {
    if (name === me.name) return;
    clearTimeout(typists.get(name));
    typists.set(name, setTimeout(() => stopTyping(name), 3500));
    sayTyping();
  }

  function stopTyping(name) {
    for (const n of name === undefined ? [...typists.keys()] : [name]) {
      clearTimeout(typists.get(n));
      typists.delete(n);
    }
    sayTyping();
  }

  function sayTyping() {
    const names = [...typists.keys()];
    $('typing').textContent = names.length > 3 ? 'Several people are typing…' :
      names.length ? names.join(', ') + (names.length > 1 ? ' are' : ' is') + ' typing…' : '\u00a0';
  }

  // ---- What carries the page

  let away = 0; // since when nothing carries it

  // status is called when something happened, and twice a second: only a pause that lasts is worth a word.
  function status() {
    for (const label of document.querySelectorAll('#transports label')) {
      label.classList.toggle('now', rt.state === 'live' && label.dataset.transport === rt.transport);
    }
    if (rt.state === 'live') {
      away = 0;
      $('status').dataset.transport = rt.transport;
      setStatus('live', 'Live over ' + titles[rt.transport]);
    } else if (rt.state !== 'closed') {
      away = away || Date.now();
      if (Date.now() - away > 1000) {
        setStatus('waiting', navigator.onLine === false ? 'Offline. What you write is kept.' : 'Reconnecting. What you write is kept.');
      }
    }
  }

  function setStatus(state, text) {
    $('status').dataset.state = state;
    const span = $('status').lastElementChild;
    if (span.textContent === text) return;
    const [before, name] = text.split(' over ');
    span.replaceChildren(...(name ? [element('span', 'long', before + ' over '), name] : [text]));
  }

  setInterval(status, 500);

  // ---- What people do here

  $('composer').onsubmit = (e) => {
    e.preventDefault();
    const text = $('text').value.trim();
    if (text) {
      const id = newID();
      own.add(id);
      send(wait(show({ id: id, name: me.name, text: text, at: Date.now() })));
      scroll(true);
    }
    $('text').value = '';
    grow();
    $('text').focus();
  };

  $('text').onkeydown = (e) => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      $('composer').requestSubmit();
    }
  };

  let typed = 0;
  $('text').oninput = () => {
    grow();
    if (rt.state !== 'live' || Date.now() - typed < 2000 || !$('text').value) return;
    typed = Date.now();
    rt.emit('typing', undefined, { volatile: true });
  };

  function grow() {
    const box = $('text');
    box.style.height = 'auto';
    box.style.height = box.scrollHeight + 2 + 'px';
  }

  $('you').onsubmit = (e) => {
    e.preventDefault();
    const name = $('name').value.trim();
    if (!name || name === me.name) return;
    sit({ name: name }, (err) => {
      $('name-said').textContent = err ? 'Not changed: ' + err.message : 'From now on you are ' + name + '.';
      if (err) return;
      remember('name', name);
      address();
    });
  };

  $('join').onsubmit = (e) => {
    e.preventDefault();
    const name = $('room').value.trim();
    if (name) go(name);
    $('room').value = '';
  };

  function go(room) {
    details(false);
    if (room !== me.room) sit({ room: room }, (err) => err && setStatus('live', 'Not moved: ' + err.message));
  }

  $('transports').onchange = (e) => {
    pinned = e.target.value;
    address();
    connect();
  };

  $('shout').onsubmit = () => setTimeout(() => { $('shout').elements.text.value = ''; }); // the browser posts it

  $('toggle').onclick = () => details(!document.body.classList.contains('details'));

  function details(open) {
    document.body.classList.toggle('details', open);
    $('toggle').setAttribute('aria-expanded', open);
    $('toggle').textContent = open ? 'Back' : 'Details';
    if (!open) scroll(true);
  }

  // ---- Small things

  function element(tag, kind, text) {
    const e = document.createElement(tag);
    if (kind) e.className = kind;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // face is the round letter of a name, in the name's colour.
  function face(name) {
    const f = element('span', 'face', [...name.trim()][0].toUpperCase());
    let hue = 0;
    for (const c of name) hue = (hue * 31 + c.codePointAt(0)) % 360;
    f.style.setProperty('--hue', hue);
    f.setAttribute('aria-hidden', 'true');
    return f;
  }

  function newID() {
    return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');
  }

  function duration(ms) {
    return ms < 1000 ? Math.max(1, Math.round(ms)) + ' ms' : (ms / 1000).toFixed(1) + ' s';
  }

  function address() {
    const q = new URLSearchParams();
    if (asked.get('name')) q.set('name', me.name);
    if (me.room !== 'lobby') q.set('room', me.room);
    if (pinned) q.set('transport', pinned);
    history.replaceState(null, '', String(q) ? '?' + q : location.pathname);
  }

  function remembered(key) {
    try { return localStorage.getItem('chat ' + key); } catch { return null; }
  }

  function remember(key, value) {
    try { localStorage.setItem('chat ' + key, value); } catch { /* then not */ }
  }

  // ---- Go

  $('name').value = me.name;
  document.querySelector('#transports input[value="' + pinned + '"]').checked = true;
  document.querySelector('pre code').textContent = 'curl -d name=curl -d text=hi \\\n  ' + location.origin + '/say';
  connect();
})();
