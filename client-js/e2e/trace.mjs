// The wire as the browser saw it, for --trace: WebSocket messages, requests and answers with their bodies.
export function tracing(page) {
  const start = Date.now();
  const lines = [];
  const say = (...parts) => lines.push(`${Date.now() - start} ${parts.join(' ')}`.slice(0, 1500));
  const name = (url) => url.slice(url.lastIndexOf('/') + 1).split('?')[0];
  page.on('websocket', (ws) => {
    say('ws open');
    ws.on('framesent', (f) => say('ws  >', f.payload));
    ws.on('framereceived', (f) => say('ws  <', f.payload));
    ws.on('close', () => say('ws closed'));
    ws.on('socketerror', (err) => say('ws error', err));
  });
  page.on('request', (r) => { if (r.url().includes('/everwire/')) say(name(r.url()), '>', r.postData() || ''); });
  page.on('requestfailed', (r) => say(name(r.url()), 'failed', r.failure().errorText, '#', r.postData() || ''));
  page.on('requestfinished', async (r) => {
    if (!r.url().includes('/everwire/')) return;
    const res = await r.response().catch(() => null);
    const body = await res?.text().catch((err) => `(${err.message})`);
    say(name(r.url()), '<', res?.status(), body);
  });
  page.on('console', (m) => say('console', m.text()));
  return {lines};
}
