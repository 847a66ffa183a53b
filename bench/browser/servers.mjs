// Starts the servers, all on free ports of 127.0.0.1, and ends them.
import {execFileSync, spawn} from 'node:child_process';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {here, peers} from './cells.mjs';

const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

// startServers returns {peer: {origin, pid}} and stop(). site: the directory of the page's files; bin: for the Go programs.
export async function startServers(names, site, bin) {
  const servers = {};
  for (const name of names) {
    const {go, node} = peers[name];
    let command = [process.execPath, path.join(here, node || ''), site];
    if (go) {
      const program = path.join(bin, go);
      execFileSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {cwd: path.join(here, go), stdio: 'inherit'});
      command = [program, '-site', site];
    }
    servers[name] = await start(name, command);
  }
  return {servers, stop: () => Promise.all(Object.values(servers).map((s) => s.stop()))};
}

async function start(name, [program, ...args]) {
  const child = spawn(program, args, {stdio: ['pipe', 'pipe', 'inherit']});
  running.add(child);
  const ended = new Promise((resolve) => child.on('exit', resolve)).then(() => running.delete(child));
  const line = await Promise.race([
    new Promise((resolve) => createInterface({input: child.stdout}).once('line', resolve)),
    ended.then(() => { throw new Error(`the ${name} server ended before it listened`); }),
  ]);
  return {
    origin: `http://127.0.0.1:${JSON.parse(line).port}`, pid: child.pid,
    stop() { child.stdin.end(); return ended; }, // its sign to end
  };
}
