// The legacy build's answers to what old engines lack: with fakes, as no engine with IE's own DOM runs here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';
import { inside } from './inside.mjs';
import { World } from './world.mjs';

const legacy = (names, opts) => inside(names, opts, 'legacy.js');

// old evaluates the legacy build where only ES3's own globals are, and what is given.
function old(globals, name = 'everwire.legacy.min.js') {
  const page = vm.createContext({ ...globals });
  vm.runInContext('this.self = this; delete this.JSON; delete this.Uint8Array; delete this.ArrayBuffer; delete this.Promise;' +
    'delete Function.prototype.bind; delete Array.prototype.forEach; delete Array.prototype.map; delete Array.prototype.indexOf; delete Array.prototype.filter;' +
    'delete Object.keys; delete Object.create; delete Date.now; delete String.prototype.trim; delete Array.isArray; delete Date.prototype.toJSON; delete Date.prototype.toISOString;', page);
  vm.runInContext(readFileSync(new URL(`../dist/${name}`, import.meta.url), 'utf8'), page);
  return page;
}

test('JSON as the engine would write and read it', () => {
  const { toJSON, fromJSON } = legacy(['toJSON', 'fromJSON']);
  class Odd { toJSON() { return { odd: true }; } }
  const date = new Date(Date.UTC(2011, 0, 9, 8, 7, 6));
  delete date.toJSON;
  for (const value of [
    null, true, false, 0, -1.5, 1e21, NaN, Infinity, '', 'a"b\\c\n\u0000\u001f', 'ü€', [], {}, [1, [2, [3]]], [undefined, () => 1], { a: undefined, b: () => 1, c: null },
    { 'a b': { 'ü"': [{}] } }, new Odd(), [new Odd()], new String('boxed'), new Number(3), new Boolean(false), Object.create({ inherited: 1 })
  ]) {
    assert.equal(toJSON(value), JSON.stringify(value));
  }
  assert.equal(JSON.parse(toJSON('a😀')), 'a😀');
  assert.equal(toJSON(undefined), undefined);
  assert.equal(toJSON('\u2028\ud800'), '"\\u2028\\ud800"');
  const bare = new Proxy(date, { get: (d, k) => (k === 'toJSON' ? undefined : typeof d[k] === 'function' ? d[k].bind(d) : d[k]) });
  assert.equal(toJSON(bare), '"2011-01-09T08:07:06Z"');
  for (const text of ['[1,"said",{"a":[1,-2.5e-3,true,false,null]}]', '"\\u0041\\n\\"\\\\\\/"', '{"__proto__x":1,"a b":{}}', '[]', ' [ 1 , 2 ] ', '"\u2028\u2029"', '""']) {
    assert.deepEqual(fromJSON(text), JSON.parse(text));
  }
  for (const text of ['alert(1)', '[1,', '{a:1}', '"a', '[x]', '[1]()', '"\\"', "['a']", '[this]', '[1];x', '"a\nb"', '[(1)]', '[a=1]', '[`a`]', '[/x/]', '[!0]']) {
    assert.throws(() => fromJSON(text), text);
  }
});

test('JSON beside other scripts: strings that have a toJSON, a JSON of another kind', () => {
  const { toJSON } = legacy(['toJSON']);
  class Same { toJSON() { return this; } }
  try {
    // json2.js, loaded after the page has connected
    String.prototype.toJSON = Number.prototype.toJSON = Boolean.prototype.toJSON = function () { return this.valueOf(); }; // eslint-disable-line no-extend-native
    assert.equal(toJSON({ a: ['b', 1, true] }), '{"a":["b",1,true]}');
  } finally {
    delete String.prototype.toJSON;
    delete Number.prototype.toJSON;
    delete Boolean.prototype.toJSON;
  }
  assert.equal(toJSON([new Same()]), JSON.stringify([new Same()]));
  // MooTools 1.1
  const { encode, decode } = legacy(['encode', 'decode'], { JSON: { encode() {}, decode() {} } });
  assert.equal(encode([1, 'a']), '[1,"a"]');
  assert.deepEqual(decode('[1,"a"]'), [1, 'a']);
});

test('requests that throw: no ActiveX at all, and offline', async () => {
  const w = new World();
  const tried = [];
  let offline = true;
  const XHR = w.globals.XMLHttpRequest;
  for (const ActiveXObject of [
    function () { throw new Error('cannot create object'); },
    function () {
      const real = new XHR(), open = real.open;
      real.open = function (...args) {
        tried.push(args[1]);
        if (offline) throw new Error('offline');
        return open.apply(this, args);
      };
      return real;
    }
  ]) {
    const page = old({
      setTimeout: w.clock.setTimeout, clearTimeout: (id) => w.clock.clearTimeout(id), ActiveXObject,
      location: { href: 'http://app.test/page', protocol: 'http:', host: 'app.test' }
    });
    vm.runInContext("var rt = everwire.connect('/everwire/'); rt.emit('up', 1);", page);
    await w.run(5000);
    assert.equal(vm.runInContext('rt.state', page), 'opening');
    if (!tried.length) continue;
    assert(tried.length < 30, `${tried.length} tries in 5 s: they back off`);
    offline = false;
    await w.run(30000);
    assert.equal(vm.runInContext('rt.state', page), 'live');
  }
  assert(tried.length, 'the second was asked');
});

test('a crypto without random values (Firefox before 21)', () => {
  const client = inside(['begin'], { crypto: {} });
  client.begin();
  assert.match(client.get('key'), /^[0-9a-f]{32}$/);
});

test('a body: what follows its last line end was cut, however long it is', () => {
  const { parse } = inside(['parse']);
  assert.deepEqual(parse('[1,"a"]\n[1,"b"]\n', 1), [[1, 'a'], [1, 'b']]);
  assert.deepEqual(parse('[1,"a"]\n[1,"b"', 1), [[1, 'a']]);
  assert.deepEqual(parse('[1,"a"]\n[1,"b"]'), [[1, 'a'], [1, 'b']]);
  // a look at every place of a line for the end of the text would take minutes
  const long = `[1,"${'x'.repeat(1e6)}"]`;
  assert.equal(parse(`${long}\n${long}`, 1).length, 1);
});

test('base64 as the engine would write and read it', () => {
  const { toBase64, fromBase64 } = legacy(['toBase64', 'fromBase64']);
  for (let n = 0; n < 70; n++) {
    const chars = String.fromCharCode(...Array.from({ length: n }, (_, i) => (i * 37 + n * 11) % 256));
    assert.equal(toBase64(chars), btoa(chars));
    assert.equal(fromBase64(btoa(chars)), chars);
  }
});

test('a WebSocket with a prefix is taken, one of hixie-76 is not', () => {
  const Hybi = class { static CLOSING = 2; }, Hixie = class { static CLOSED = 2; };
  for (const [opts, want] of [
    [{ WebSocket: Hybi }, Hybi], [{ WebSocket: undefined, MozWebSocket: Hybi }, Hybi], [{ WebSocket: Hixie }, 0], [{ WebSocket: undefined, MozWebSocket: undefined }, undefined]
  ]) {
    assert.equal(legacy(['engine'], opts).engine('WebSocket'), want);
  }
});

test('IE 6: ActiveX, no JSON, no typed arrays, attachEvent: a conversation with bytes, acks, a cut and a resume', async () => {
  const w = new World();
  const XHR = w.globals.XMLHttpRequest, tried = [], attached = {}, detached = [];
  const page = old({
    setTimeout: w.clock.setTimeout,
    clearTimeout: (id) => w.clock.clearTimeout(id),
    location: { href: 'http://app.test/page', protocol: 'http:', host: 'app.test' },
    ActiveXObject: function (name) {
      tried.push(name);
      if (name !== 'MSXML2.XMLHTTP.3.0') throw new Error('cannot create object');
      const real = new XHR();
      let changed;
      // MSXML throws when status or responseText is touched too early; abort calls back at once; a COM object takes no
      // property that it does not have
      return new Proxy({
        open: (m, u) => real.open(m, u),
        setRequestHeader() {},
        set onreadystatechange(fn) {
          changed = fn;
          real.onreadystatechange = () => changed();
        },
        get readyState() { return real.readyState; },
        get status() { if (real.readyState < 4) throw new Error('too early'); return real.status === 204 ? 1223 : real.status; },
        get responseText() { if (real.readyState < 4) throw new Error('too early'); return real.responseText; },
        send(text) { changed(); real.send(text); },
        abort() { real.abort(); changed(); }
      }, {
        set(x, name, value) {
          if (!(name in x)) throw new Error(`no property ${name}`);
          x[name] = value;
          return true;
        }
      });
    },
    attachEvent: (name, fn) => { (attached[name] ||= []).push(fn); },
    detachEvent: (name) => detached.push(name)
  });
  page.got = [];
  w.server.handlers.up = (s, p, ack) => { s.emit('down', p); ack?.({ ok: p }); };
  vm.runInContext(`
    var rt = everwire.connect('/everwire/');
    rt.on('down', function (p) { got.push(p); });
    rt.on('bytes', function (b) { got.push(typeof b + ':' + escape(b)); });
    rt.on('sum', function (p) { return p[0] + p[1]; });
    for (var i = 0; i < 100; i++) rt.emit('up', i);
    rt.emit('up', {"in": [1, null]}, function (err, answer) { got.push(['ack', err, answer.ok]); });
  `, page);
  await w.run(3000);
  assert.equal(vm.runInContext('rt.transport', page), 'longpoll');
  assert.equal(JSON.stringify(page.got), JSON.stringify([...Array(100).keys(), { in: [1, null] }, ['ack', null, { in: [1, null] }]]));
  assert.deepEqual(tried.slice(0, 2), ['MSXML2.XMLHTTP.6.0', 'MSXML2.XMLHTTP.3.0']);
  const s = w.server.only;
  s.push([5, 'bytes', 'AAH/']);
  const sum = s.call('sum', [2, 3]);
  await w.run(1000);
  assert.equal(page.got.at(-1), 'string:%00%01%FF');
  assert.deepEqual(await sum, [3, 1, 5]);
  w.cutAll();
  s.emit('down', 'after');
  await w.run(5000);
  assert.equal(page.got.at(-1), 'after');
  assert.equal(w.server.openings, 1);
  assert.deepEqual(Object.keys(attached).sort(), ['onoffline', 'ononline', 'onpagehide', 'onpageshow', 'onvisibilitychange']);
  vm.runInContext('rt.close()', page);
  await w.run(10000);
  assert.equal(vm.runInContext('rt.state', page), 'closed');
  assert.equal(detached.length, 5);
});

test('IE 8, 9: XDomainRequest to another origin: no status, no type, no handlers forgotten', async () => {
  const w = new World();
  const XHR = w.globals.XMLHttpRequest, made = [];
  class XDomainRequest {
    constructor() { made.push(this); this.real = new XHR(); }

    open(method, url) { this.real.open(method, url); }

    send(text) {
      for (const name of ['onload', 'onerror', 'ontimeout', 'onprogress']) assert.equal(typeof this[name], 'function', name);
      this.real.onreadystatechange = () => {
        if (this.real.status !== 200) return this.onerror();
        this.responseText = this.real.responseText;
        this.onload();
      };
      this.real.send(text);
    }

    abort() { if (this.real.readyState === 4) throw new Error('unspecified'); this.real.abort(); }
  }
  const post = w.server.post.bind(w.server);
  w.server.post = (path, text, answer) => post(path, text, (status, body) => {
    assert.match(text, /"flat":1/);
    const h = JSON.parse(text.split('\n')[0])[1];
    answer(status ? 200 : 0, body || JSON.stringify([21, { n: h.n, r: h.r, got: w.server.only.got }]) + '\n');
  });
  const everwire = w.everwire;
  void everwire;
  const page = new World({ build: 'everwire.legacy.js' });
  page.clock = w.clock;
  const rt = page.everwire.connect('http://other.test/everwire/', {
    ...w.globals, WebSocket: undefined, EventSource: undefined, XDomainRequest,
    location: { href: 'http://app.test/page', protocol: 'http:', host: 'app.test' },
    XMLHttpRequest: class { open() { throw new Error('Access is denied.'); } }
  });
  const down = [];
  rt.on('down', (p) => down.push(p));
  w.server.handlers.up = (s, p) => s.emit('down', p);
  for (let i = 0; i < 50; i++) rt.emit('up', i);
  await w.run(3000);
  assert.deepEqual(down, [...Array(50).keys()]);
  assert.equal(rt.transport, 'longpoll');
  let left = 3;
  w.net.post = () => (left-- > 0 ? 'fail' : 'ok');
  w.cutAll();
  rt.emit('up', 'more');
  await w.run(30000);
  assert.equal(down.at(-1), 'more');
  w.server.restart();
  await w.run(30000);
  assert.equal(rt.state, 'live', 'a 404 was read from its frame');
  assert(made.length > 5);
});

test('same origin in IE 8, 9: XMLHttpRequest, not XDomainRequest', () => {
  class Plain {}
  const opts = { XMLHttpRequest: Plain, XDomainRequest: class {}, location: { protocol: 'http:', host: 'app.test' } };
  assert(legacy(['request'], opts).request() instanceof Plain);
  assert(!(legacy(['request'], { ...opts, location: { protocol: 'http:', host: 'else.test' } }).request() instanceof Plain));
});

test('the legacy build holds the main build\'s conversations in a modern engine', async () => {
  for (const transport of ['websocket', 'sse', 'longpoll', 'polling']) {
    const w = new World({ build: 'everwire.legacy.min.js' });
    const base = w.globals.WebSocket;
    const rt = w.connect({ transport, WebSocket: class extends base { static CLOSING = 2; } }), down = [];
    const post = w.server.post.bind(w.server);
    w.server.post = (path, text, answer) => post(path, text, (status, body) => {
      const h = JSON.parse(text.split('\n')[0])[1];
      answer(status ? 200 : 0, body || JSON.stringify([21, { n: h.n, r: h.r, got: w.server.only.got }]) + '\n');
    });
    rt.on('down', (p) => down.push(p));
    w.server.handlers.up = (s, p) => s.emit('down', p);
    for (let i = 0; i < 20; i++) rt.emit('up', i);
    await w.run(12000);
    assert.deepEqual(down, [...Array(20).keys()], transport);
    assert.equal(rt.transport, transport);
  }
});
