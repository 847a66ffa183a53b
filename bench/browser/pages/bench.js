// What every page has: it counts the events of one run, and looks at each.
var bench = (function () {
  'use strict';
  let got = 0, events = 0, wrong = [], done, finish, open;
  const connected = new Promise((resolve) => { open = resolve; });

  return {
    transport: new URLSearchParams(location.search).get('transport'),
    connected, // resolves when open() is called: the client may be sent events
    open: () => open(),

    // take is the app's handler: the events must come as 1, 2, 3, ...
    take(event) {
      if (event.n !== got + 1 || event.text.length < 60) wrong.push(`${event.n} after ${got}`);
      got++;
      if (got === events) finish();
    },

    // begin starts a run of n events; taken resolves when all have come.
    begin(n) {
      got = 0;
      events = n;
      wrong = [];
      done = new Promise((resolve) => { finish = resolve; });
    },
    taken: () => done,
    report: () => ({got, wrong: wrong.slice(0, 5)}),
  };
})();
