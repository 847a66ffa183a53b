// The peers, and each over each transport that it has.
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));
const modules = (...names) => path.join(here, 'node_modules', ...names);
const dist = (name) => path.join(here, '../../client-js/dist', name);

// start: the server's command, or the directory of a Go program to build. bundle: what the page loads.
// transports: the client's name of each, and the server's where it is another.
export const peers = {
  everwire: {
    title: 'everwire', page: 'everwire.html', bundle: dist('everwire.min.js'), go: 'server',
    transports: [['websocket'], ['sse'], ['longpoll'], ['polling']],
  },
  socketio: {
    title: 'socket.io-client', page: 'socketio.html', bundle: modules('socket.io-client/dist/socket.io.min.js'), node: 'servers/socketio.mjs',
    transports: [['websocket'], ['polling']],
  },
  sockjs: {
    title: 'sockjs-client', page: 'sockjs.html', bundle: modules('sockjs-client/dist/sockjs.min.js'), node: 'servers/sockjs.mjs',
    transports: [['websocket'], ['xhr-streaming'], ['eventsource'], ['xhr-polling']],
  },
  signalr: {
    title: '@microsoft/signalr', page: 'signalr.html', bundle: modules('@microsoft/signalr/dist/browser/signalr.min.js'), node: 'servers/signalr.mjs',
    transports: [['WebSockets', 'websocket'], ['ServerSentEvents', 'sse'], ['LongPolling', 'longpoll']],
  },
  centrifuge: {
    title: 'centrifuge', page: 'centrifuge.html', bundle: modules('centrifuge/dist/centrifuge.js'), go: 'centrifuge',
    transports: [['websocket'], ['http_stream'], ['sse']],
  },
};

export const cells = Object.entries(peers).flatMap(([peer, {transports}]) =>
  transports.map(([transport, onServer = transport]) => ({peer, transport, onServer})));

export const bundles = [
  ['everwire.min.js', dist('everwire.min.js')],
  ['everwire.legacy.min.js', dist('everwire.legacy.min.js')],
  ...Object.values(peers).slice(1).map(({bundle}) => [path.basename(bundle), bundle]),
];

// rate: events a second; 0: all at once.
export const jobs = {
  paced: {title: 'Paced: 1,000 events a second', rate: 1000},
  burst: {title: 'All at once', rate: 0},
};
