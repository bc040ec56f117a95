import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fail, pass, type Check } from '../check.js';

const bulk = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** Says PING in Redis' own words; the answer is `+PONG` or an error line. */
export const pingRedis = (address: string, timeoutMs = 3_000): Promise<string> => {
  const { protocol, hostname, port, username, password } = new URL(address);
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const secret = decodeURIComponent(password);
  const login = secret ? bulk('AUTH', ...(username ? [decodeURIComponent(username)] : []), secret) : '';
  return new Promise((resolve, reject) => {
    const socket =
      protocol === 'rediss:' ? connectTls({ ...target, servername: target.host }) : connect(target);
    let answer = '';
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    socket.on('error', reject);
    socket.once(protocol === 'rediss:' ? 'secureConnect' : 'connect', () =>
      socket.write(`${login}${bulk('PING')}`),
    );
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      if (!/^(\+PONG|-.*)\r\n/m.test(answer)) return;
      socket.destroy();
      resolve(
        answer
          .trim()
          .split('\r\n')
          .find((line) => line.startsWith('-')) ?? '+PONG',
      );
    });
  });
};

export const redis: Check = {
  id: 'redis',
  title: 'Redis',
  run: async ({ settings }) => {
    const address = settings.REDIS_URL;
    if (address === undefined) return pass('not used: the queue is in Postgres');
    const { host } = new URL(address);
    try {
      const answer = await pingRedis(address);
      return answer === '+PONG' ? pass(`${host} answers`) : fail(`${host} says ${answer}`, 'check REDIS_URL');
    } catch (error) {
      return fail(`${host} does not answer: ${(error as Error).message}`, 'systemctl start redis-server');
    }
  },
};
