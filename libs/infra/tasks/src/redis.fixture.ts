import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  flush(): Promise<void>;
  /** `kill -9`; it keeps nothing. */
  kill(): Promise<void>;
  /** Another, empty one on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const serve = (port: number): ChildProcess =>
  spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    { stdio: 'ignore' },
  );
const end = async (server: ChildProcess): Promise<void> => {
  server.kill('SIGKILL');
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
};

/** A real, empty Redis on a free port below the ephemeral range, for one spec file. */
export const startRedis = async (): Promise<TestRedis> => {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(20_000, 32_000);
    const client = new Redis({
      host: '127.0.0.1',
      port,
      lazyConnect: true,
      maxRetriesPerRequest: 1,
      retryStrategy: () => 100,
    });
    client.on('error', () => undefined);
    let server: ChildProcess;
    const start = async (): Promise<boolean> => {
      server = serve(port);
      for (let i = 0; i < 1_200 && server.exitCode === null; i++) {
        if ((await client.ping().catch(() => '')) === 'PONG') return true;
        await sleep(50);
      }
      return false;
    };
    if (await start())
      return {
        url: `redis://127.0.0.1:${port}`,
        flush: async () => void (await client.flushall()),
        kill: () => end(server),
        restart: async () => {
          if (!(await start())) throw new Error('redis-server does not start again');
        },
        stop: () => {
          client.disconnect();
          return end(server);
        },
      };
    client.disconnect();
    await end(server!);
    if (tries >= 5) throw new Error('redis-server does not start; is it installed?');
  }
};
