// What Node lacks of a browser's engine, over real sockets: XMLHttpRequest and EventSource, as much as the client needs.
import http from 'node:http';

export function engine() {
  const agent = new http.Agent({ keepAlive: true });

  class XMLHttpRequest {
    readyState = 0;
    status = 0;
    responseText = '';
    onreadystatechange = null;

    open(method, url) { this.method = method; this.url = url; this.headers = {}; }

    setRequestHeader(name, value) { this.headers[name] = value; }

    send(text) {
      const body = Buffer.from(text);
      this.request = http.request(this.url, { method: this.method, agent, headers: { ...this.headers, 'Content-Length': body.length } }, (res) => {
        const chunks = [];
        res.on('data', (c) => chunks.push(c));
        res.on('end', () => this.done(res.statusCode, Buffer.concat(chunks).toString()));
        res.on('error', () => this.done(0, ''));
      });
      this.request.on('error', () => this.done(0, ''));
      this.request.end(body);
    }

    done(status, text) {
      if (this.readyState === 4) return;
      Object.assign(this, { readyState: 4, status, responseText: text });
      this.onreadystatechange?.();
    }

    abort() { if (this.readyState < 4) { this.readyState = 4; this.request?.destroy(); } }
  }

  class EventSource {
    constructor(url) {
      this.request = http.get(url, { headers: { Accept: 'text/event-stream' } }, (res) => {
        if (res.statusCode !== 200) return this.fail();
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => {
          text += chunk;
          for (let at; (at = text.indexOf('\n\n')) >= 0;) {
            const data = text.slice(0, at).split('\n').filter((l) => l.startsWith('data:')).map((l) => l.slice(5)).join('\n');
            text = text.slice(at + 2);
            if (data && !this.over) this.onmessage?.({ data });
          }
        });
        res.on('end', () => this.fail());
        res.on('error', () => this.fail());
      });
      this.request.on('error', () => this.fail());
    }

    fail() { if (!this.over) this.onerror?.({}); }

    close() { this.over = true; this.request.destroy(); }
  }

  return { XMLHttpRequest, EventSource, agent };
}
