// A stand-in for an ASP.NET Core SignalR hub, as far as a client needs it that only listens: negotiation, the JSON hub
// protocol's handshake, invocations and pings, over WebSocket, server-sent events and long-polling. Like the original it
// writes what waits in one go, up to 64 KiB, the default of TransportMaxBufferSize. Made from the public specifications
// of the transports and of the hub protocol; it measures the client, and nothing about a SignalR server follows from it.
import {randomUUID} from 'node:crypto';
import {WebSocketServer} from 'ws';
import {serve} from './common.mjs';

const END = '\x1e', MOST = 64 << 10;
const sessions = new Map();
const wss = new WebSocketServer({noServer: true});

class Session {
  waiting = [];
  ready = false;
  transport = '';
  write = null; // takes a text of whole records; null while nothing can be written
  flushing = false;

  send(message) {
    this.waiting.push(JSON.stringify(message) + END);
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => { this.flushing = false; this.flush(); });
  }

  flush() {
    while (this.write && this.waiting.length) {
      let text = '', i = 0;
      while (i < this.waiting.length && (!i || text.length + this.waiting[i].length <= MOST)) text += this.waiting[i++];
      this.waiting.splice(0, i);
      this.write(text);
    }
  }

  // receive takes what the client sent: its handshake; its pings and acknowledgements need no answer.
  receive(text) {
    for (const record of text.split(END)) {
      if (!record || this.ready) continue;
      const {protocol} = JSON.parse(record);
      if (protocol !== 'json') throw new Error(`protocol ${protocol}`);
      this.ready = true;
      this.send({});
    }
  }
}

function socket(req, head, token) {
  wss.handleUpgrade(req, req.socket, head, (ws) => {
    const session = sessions.get(token);
    session.transport = 'websocket';
    session.write = (text) => ws.send(text);
    ws.on('message', (data) => session.receive(String(data)));
    ws.on('close', () => sessions.delete(token));
  });
}

function handle(req, res, url) {
  const token = url.searchParams.get('id');
  if (url.pathname === '/hub/negotiate') {
    const id = randomUUID();
    sessions.set(id, new Session());
    return res.end(JSON.stringify({
      negotiateVersion: 1, connectionId: id, connectionToken: id,
      availableTransports: ['WebSockets', 'ServerSentEvents', 'LongPolling'].map((transport) => ({transport, transferFormats: ['Text']})),
    }));
  }
  const session = sessions.get(token);
  if (url.pathname !== '/hub' || !session) return res.writeHead(404).end();
  if (req.method === 'POST') {
    let body = '';
    req.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => { session.receive(body); res.end(); });
  } else if (req.method === 'DELETE') {
    sessions.delete(token);
    res.writeHead(202).end();
  } else if (req.headers.accept === 'text/event-stream') {
    session.transport = 'sse';
    res.writeHead(200, {'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache'}).flushHeaders();
    res.write(':\r\n\r\n');
    session.write = (text) => res.write(`data: ${text}\r\n\r\n`);
    res.on('close', () => sessions.delete(token));
  } else if (!session.transport) {
    session.transport = 'longpoll'; // the first poll only opens
    res.setHeader('Content-Type', 'application/octet-stream');
    res.end();
  } else {
    res.on('close', () => { if (!res.writableEnded) sessions.delete(token); }); // its page is gone
    session.write = (text) => {
      session.write = null;
      res.setHeader('Content-Type', 'application/octet-stream');
      res.end(text);
    };
    session.flush();
  }
}

setInterval(() => { for (const s of sessions.values()) if (s.ready) s.send({type: 6}); }, 15000); // KeepAliveInterval

serve({
  attach: (server) => server.on('upgrade', (req, _, head) => socket(req, head, new URL(req.url, 'http://localhost').searchParams.get('id'))),
  handle,
  emit: (event) => { for (const s of sessions.values()) if (s.ready) s.send({type: 1, target: 'tick', arguments: [event]}); },
  transport: () => [...sessions.values()].map((s) => s.transport).join(),
});
