// Row 19: the whole API in front of a handler that answers at once (GET /health: host check, headers, guard, rate
// limit, serialisation) beside node:http that answers the same bytes.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { clone } from '../step.mjs';
import { atLeast, judge } from './figures.mjs';
import { startPostgres } from './memory.disk.mjs';

const connections = 32;
const sliceMs = 1_500;
/** Before the first counted one: compiled code is what serves, not the first thousands that are interpreted. */
const warmUp = 10_000;
const request = (port) =>
  Buffer.from(`GET /health HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: application/json\r\n\r\n`);

const startServer = async (kind, env) => {
  const child = fork(join(clone, 'scripts', 'bench', '19-http.server.mjs'), [kind], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ${kind} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const ask = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  const { port } = await ask();
  const cpu = async () => {
    const answer = ask();
    child.send('cpu');
    const { user, system } = (await answer).cpu;
    return user + system;
  };
  return { port, cpu, stop: () => child.kill('SIGKILL') };
};

/** Answers a second over so many connections, each with one question at a time, and the server's own µs for each. */
const slice = async ({ port, cpu }, goesOn = (began) => performance.now() < began + sliceMs) => {
  const question = request(port);
  const before = await cpu();
  const began = performance.now();
  let answers = 0;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1').setNoDelay(true);
          let held = '';
          socket.on('connect', () => socket.write(question));
          socket.on('error', reject);
          socket.on('data', (chunk) => {
            held += chunk.toString('latin1');
            const head = held.indexOf('\r\n\r\n');
            if (head < 0) return;
            const length = Number(/content-length: (\d+)/i.exec(held)?.[1]);
            if (held.length < head + 4 + length) return;
            if (!held.startsWith('HTTP/1.1 200')) return reject(new Error(held.slice(0, 300)));
            held = '';
            answers += 1;
            if (goesOn(began, answers)) socket.write(question);
            else resolve(socket.destroy());
          });
        }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  return { rate: answers / seconds, micros: ((await cpu()) - before) / answers };
};

const hasExpress = () => {
  try {
    return Boolean(createRequire(import.meta.url).resolve('@nestjs/platform-express'));
  } catch {
    return false;
  }
};

export const measure = async ({ rounds, say, atEnd }) => {
  const postgres = await startPostgres('C');
  atEnd(postgres.stop);
  const dataDir = join(postgres.folder, 'api');
  mkdirSync(dataDir);
  const servers = {};
  for (const kind of ['raw', 'ours']) {
    servers[kind] = await startServer(kind, {
      DATABASE_URL: postgres.url,
      REDIS_URL: '',
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_HOST: '127.0.0.1',
      // Counting is part of the stack; refusing what we send would not be.
      GATEHOUSE_RATE_LIMIT: '1000000000',
    });
    atEnd(servers[kind].stop);
    await slice(servers[kind], (_, answers) => answers < warmUp);
  }
  const seen = { raw: [], ours: [] };
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    for (const kind of ['raw', 'ours']) seen[kind].push(await slice(servers[kind]));
  }
  const of = (kind, what) => seen[kind].map((one) => one[what]);
  return {
    paths: [
      judge({
        path: 'GET /health, 32 connections',
        unit: 'answers/s',
        ours: of('ours', 'rate'),
        floor: of('raw', 'rate'),
        floorName: 'by node:http',
        target: atLeast(0.45),
        note: hasExpress()
          ? 'Nest on Express is there, but this row does not measure it.'
          : 'the target beside Nest on Express (≥ 1.5×) is not measured: @nestjs/platform-express is not installed.',
      }),
      judge({
        path: "the server's own processor time for one",
        unit: 'µs',
        ours: of('ours', 'micros'),
        floor: of('raw', 'micros'),
        floorName: 'µs by node:http',
      }),
    ],
  };
};
