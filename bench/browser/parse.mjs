// What a bundle costs before it does anything: its size, and the time that Chromium takes to compile and to run it.
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {launch} from './measure.mjs';

export function sizes(file) {
  const bytes = readFileSync(file);
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, {level: 9}).length,
    brotli: brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length,
  };
}

// parseTimes returns {bundle: [{compile, evaluate}]} in ms of the main thread. The bundle stands in the page as an inline
// script, so that it is compiled there and then, on the main thread, from nothing: no code cache, no streaming. Each
// sample has a context, and with it a process, of its own.
export async function parseTimes(origin, site, bundles, samples) {
  const times = {};
  for (const [name, file] of bundles) {
    const code = readFileSync(file, 'utf8');
    if (/<\/script|<!--/i.test(code)) throw new Error(`${name} cannot stand inline`);
    writeFileSync(path.join(site, `inline-${name}.html`), `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>${code}</script>`);
    times[name] = [];
  }
  for (let i = 0; i < samples; i++) {
    const browser = await launch();
    try {
      await browser.startTracing(undefined, {categories: ['devtools.timeline', 'v8', 'disabled-by-default-v8.compile']});
      for (const [name] of i % 2 ? bundles.toReversed() : bundles) {
        const context = await browser.newContext();
        await (await context.newPage()).goto(`${origin}/site/inline-${name}.html`);
        await context.close();
      }
      const {traceEvents} = JSON.parse(await browser.stopTracing());
      for (const [name] of bundles) {
        const of = (event) => {
          const found = traceEvents.filter((e) => e.name === event && e.ph === 'X' && (e.args?.data?.url || e.args?.fileName || '').endsWith(`/inline-${name}.html`));
          if (!found.length) throw new Error(`${name}: no ${event} in the trace`);
          return Math.max(...found.map((e) => e.tdur ?? e.dur)) / 1000;
        };
        times[name].push({compile: of('v8.compile'), evaluate: of('EvaluateScript')});
      }
    } finally {
      await browser.close();
    }
  }
  return times;
}
