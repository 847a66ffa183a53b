// sockjs-node as its documentation sets it up; it has no rooms, so the connections are in a set.
import sockjs from 'sockjs';
import {serve} from './common.mjs';

const connections = new Set();
const sock = sockjs.createServer({log() {}});
sock.on('connection', (c) => {
  connections.add(c);
  c.on('close', () => connections.delete(c));
});
serve({
  attach: (server) => sock.installHandlers(server, {prefix: '/sockjs'}),
  emit: (event) => { const text = JSON.stringify(event); for (const c of connections) c.write(text); },
  transport: () => [...connections].map((c) => c.protocol).join(),
});
