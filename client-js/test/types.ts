// A typed example: compiled with tsc --strict by the tests, run by nobody.
import everwire, { connect, type Client, type EverwireError } from '../dist/index.js';

type FromServer = { said: { text: string; by: string }; photo: Uint8Array; confirm: (question: string) => boolean };
type ToServer = { say: { text: string }; history: (q: { before: number }) => string[]; typing: undefined };

const rt: Client<FromServer, ToServer> = connect<FromServer, ToServer>('/everwire/', {
  transport: ['websocket', 'polling'],
  auth: async () => ({ token: 't' }),
  timeout: 5000
});

const remove: () => void = rt.on('said', (m) => m.text.toUpperCase());
rt.once('photo', (bytes) => bytes.byteLength);
rt.on('confirm', (question, ack) => { ack(null, question.length > 0); });
rt.on('connect', (info) => { const n: number = info.unknown; const why: string | undefined = info.reason; return [n, why]; });
rt.on('disconnect', (info) => info.code + 1);
rt.on('transport', (name) => name === 'websocket');
rt.on('error', (err: EverwireError) => err.code.length);
rt.off('said');
remove();

rt.emit('say', { text: 'hi' });
rt.emit('typing');
rt.emit('typing', undefined, { volatile: true });
rt.emit('history', { before: 1 }, (err, answer) => { if (!err && answer) answer.length.toFixed(); });
rt.emit('history', { before: 1 }, { timeout: 100 }, (err) => err?.code);
const lines: Promise<string[]> = rt.call('history', { before: 1 }, { timeout: 100 });
const same: Promise<string[]> = rt.emit('history', { before: 1 }, { ack: true });
const state: 'closed' | 'opening' | 'live' | 'resuming' | 'closing' = rt.state;
const verdicts: Array<string | number> = rt.explain().tried.map((t) => t.verdict);
rt.close();
rt.connect();

// @ts-expect-error there is no such event
rt.emit('shout', {});
// @ts-expect-error the payload has another form
rt.emit('say', { words: 'hi' });
// @ts-expect-error a transport that does not exist
connect('/', { transport: 'pigeon' });
// @ts-expect-error read only
rt.state = 'live';

export const all = [lines, same, state, verdicts, everwire.version];

const loose = everwire.connect('/everwire/');
loose.on('anything', (x) => x.y.z);
loose.emit('anything', [1, 2, 3]);
