// Virtual time: timers and a Date that move only when a test says so.
export class Clock {
  constructor(start = 1.7e12) {
    this.time = start;
    this.seq = 0;
    this.timers = new Map();
    const clock = this;
    this.Date = class { valueOf() { return clock.time; } };
    this.setTimeout = (fn, ms) => this.at(fn, ms);
    this.clearTimeout = (id) => { this.timers.delete(id); };
  }

  at(fn, ms) {
    const id = ++this.seq;
    this.timers.set(id, { fn, due: this.time + Math.max(0, Math.ceil(ms || 0)), id });
    return id;
  }

  next() {
    let best;
    for (const t of this.timers.values()) {
      if (!best || t.due < best.due || (t.due === best.due && t.id < best.id)) best = t;
    }
    return best;
  }

  // run lets ms go by; done() ends it early.
  async run(ms, done = () => false) {
    const end = this.time + ms;
    for (;;) {
      await null;
      await null;
      if (done()) return true;
      const t = this.next();
      if (!t || t.due > end) break;
      this.timers.delete(t.id);
      this.time = Math.max(this.time, t.due);
      t.fn();
    }
    this.time = end;
    return done();
  }

  // sleep: wall clock goes on, nothing runs, as when a laptop is shut.
  sleep(ms) {
    this.time += ms;
  }
}

// rng: a small seeded generator (mulberry32).
export function rng(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
