// Proof that the test can fail. Each defect must be found, and nothing else with it.
import {judge} from './lib.mjs';
import {judgeFirst} from './timing.mjs';

// Defects made on purpose in the page, between client and record. The judge must find each, and nothing else.
export const spoils = {
  'down twice': /^down: got 1-40 of 40 in order, besides \[7\]/,
  'down lost': /^down: got 1-6 of 40 in order/,
  'down swapped': /^down: got 1-7 of 40 in order, besides \[8,9,/,
  'up twice': /^up: handled 41 of 40, first odd one 7 in place of 8/,
  'up lost': /^up: handled 39 of 40, first odd one 8 in place of 7/,
  'up swapped': /^up: handled 40 of 40, first odd one 8 in place of 7/,
  disconnect: /^disconnect events/,
};

// good is a run without a fault of any kind; each of defects spoils one thing in it.
const good = () => ({
  c: {ups: 3, downs: 3, end: ['sse'], struck: ['cut'], resumes: 1, bytes: true, settleBy: 100},
  page: {
    first: 5, downs: 3, wrong: [], garbled: 0, told: [], asked: 3, answered: 3, bytes: '0 10 13 127 128 255;', transport: 'sse',
    events: [{at: 4, what: 'connect'}, {at: 5, what: 'transport'}, {at: 90, what: 'resume'}],
  },
  truth: {up: [1, 2, 3], down: 3, connects: 1, disconnects: [], transport: 'sse', faults: []},
  proxy: {counters: {faults: {cut: 1}}},
});

const defects = {
  'a down event too few': [(r) => { r.page.downs = 2; }, /^down/],
  'a down event twice': [(r) => { r.page.wrong = [2]; }, /^down/],
  'the server did not emit all': [(r) => { r.truth.down = 2; }, /^down: the server/],
  'a garbled down event': [(r) => { r.page.garbled = 1; }, /^garbled/],
  'a garbled up event': [(r) => { r.truth.faults = ['x']; }, /^garbled/],
  'an up event lost': [(r) => { r.truth.up = [1, 3]; }, /^up: handled/],
  'the last up event lost': [(r) => { r.truth.up = [1, 2]; }, /^up: handled/],
  'an up event twice': [(r) => { r.truth.up = [1, 2, 2, 3]; }, /^up: handled/],
  'the last up event twice': [(r) => { r.truth.up = [1, 2, 3, 3]; }, /^up: handled/],
  'up events swapped': [(r) => { r.truth.up = [2, 1, 3]; }, /^up: handled/],
  'an up event refused': [(r) => { r.page.told = [[2, 'x']]; r.page.answered = 2; }, /^up: refused/],
  'an ack missing': [(r) => { r.page.answered = 2; }, /^acks/],
  'bytes changed': [(r) => { r.page.bytes = '0 10 13 127 63 255;'; }, /^bytes/],
  'a disconnect': [(r) => { r.page.events.push({at: 6, what: 'disconnect'}); }, /^disconnect/],
  'an error': [(r) => { r.page.events.push({at: 6, what: 'error'}); }, /^error/],
  'two sessions for one': [(r) => { r.truth.connects = 2; }, /^the server saw 2/],
  'a session ended': [(r) => { r.truth.disconnects = ['x']; }, /^the server saw sessions end/],
  'no resume': [(r) => { r.page.events.pop(); }, /^resume/],
  'a lesser transport': [(r) => { r.page.transport = r.truth.transport = 'polling'; }, /^the end transport/],
  'two minds about the transport': [(r) => { r.truth.transport = 'polling'; }, /^the server thinks/],
  'settled late': [(r) => { r.page.events[1].at = 106; }, /^settled/],
  'a fault that never struck': [(r) => { r.proxy.counters.faults = {}; }, /^the fault cut never struck/],
  'a lost session without a second connect': [(r) => { r.c.lost = true; r.page.events.push({at: 6, what: 'disconnect'}); r.truth.connects = 2; }, /^connect/],
  'an up event lost and not told': [(r) => { r.c.told = true; r.truth.up = [1, 3]; }, /^up: handled/],
};

const runs = (change) => [700, 710, 720, 730, 2000].map((first) => ({first, extra: 10, end: 'sse', struck: 1, ...change}));

const firsts = {
  'first event late': [runs({first: 1031}), /^median 1031 ms/],
  'first event over a black hole': [runs({end: 'websocket'}), /^a WebSocket carried/],
  'first event without its fault': [runs({struck: 0}), /^the fault never struck/],
};

// proveTheJudge returns one row for each defect.
export function proveTheJudge(chosen) {
  const rows = [];
  const found = ({c, page, truth, proxy}) => judge(c, page, truth, proxy);
  const add = (name, wrong) => { if (chosen(name)) rows.push({name, wrong}); };
  add('judge: a good run', found(good()));
  for (const [name, [spoil, want]] of Object.entries(defects)) {
    const run = good();
    spoil(run);
    const wrong = found(run);
    add(`judge: ${name}`, wrong.length === 1 && want.test(wrong[0]) ? [] : [`it was to find ${want}, and found ${JSON.stringify(wrong)}`]);
  }
  add('judge: a first event in time', [...judgeFirst(runs()).wrong, ...judgeFirst(runs({first: 1030})).wrong]);
  for (const [name, [list, want]] of Object.entries(firsts)) {
    const {wrong} = judgeFirst(list);
    add(`judge: ${name}`, wrong.length === 1 && want.test(wrong[0]) ? [] : [`it was to find ${want}, and found ${JSON.stringify(wrong)}`]);
  }
  return rows;
}
