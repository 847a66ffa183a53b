// Page life, and what is remembered of an origin from one page to the next.

function hidden() {
  return (env('document') || 0).hidden;
}

// watch looks out for what happens to the page, or no more.
function watch(off) {
  var names = ['online', 'pageshow', 'offline', 'pagehide', 'visibilitychange'], i, net = (env('navigator') || 0).connection;
  for (i = 0; i < 5; i++) listen(env('window') || root, names[i], turn, off);
  if (net) listen(net, 'change', turn, off);
}

// turn: something happened to the page or its network.
function turn(e) {
  var nav = env('navigator') || 0, list, i;
  if (e.type == 'pagehide') {
    // the last emits, and a close unless the page may come back from the browser's cache, which most never do
    if (id && nav.sendBeacon) {
      list = slice(base, 6e4);
      nav.sendBeacon(url + 'send', lines(hello({}, { r: ++r }), list, e.persisted || queue[list.length] ? [] : ['[9,4000,"leave"]']));
    }
  } else if (!hidden()) {
    for (i = 0; i < 4; i++) if (/^(on|p|c)/.test(e.type)) marks[i].until = 0;
    awake();
  }
}

// remember keeps the rung that carries for a day.
function remember(i) {
  try {
    env('localStorage').setItem('everwire ' + url, (now() + 864e5) * 4 + i);
  } catch (e) {}
}

// recall: what carried yesterday starts, and what is above it is tried soon after.
function recall() {
  var best = 0, i;
  try {
    i = env('localStorage').getItem('everwire ' + url);
    if (i > now() * 4) best = i % 4;
  } catch (e) {}
  for (i = 4; i--;) marks[i] = { transport: ladder[i].name_, weight: +(i < best), at: now(), until: (i < best) * (now() + 4e3) };
}
