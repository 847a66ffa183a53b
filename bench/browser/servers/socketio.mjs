// socket.io as its documentation sets it up.
import {Server} from 'socket.io';
import {serve} from './common.mjs';

let io;
serve({
  attach: (server) => { io = new Server(server, {serveClient: false}); },
  emit: (event) => io.emit('tick', event),
  transport: () => [...io.sockets.sockets.values()].map((s) => s.conn.transport.name).join(),
});
