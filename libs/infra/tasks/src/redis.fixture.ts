import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A real, empty Redis on a free port below the ephemeral range, for one spec file. */
export const startRedis = async (): Promise<{
  readonly url: string;
  flush(): Promise<void>;
  stop(): Promise<void>;
}> => {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(20_000, 32_000);
    const server = spawn(
      'redis-server',
      [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--daemonize',
        'no',
      ],
      { stdio: 'ignore' },
    );
    const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, maxRetriesPerRequest: 1 });
    client.on('error', () => undefined);
    const ready = async (): Promise<boolean> => {
      for (let i = 0; i < 50 && server.exitCode === null; i++) {
        if ((await client.ping().catch(() => '')) === 'PONG') return true;
        await sleep(50);
      }
      return false;
    };
    if (await ready())
      return {
        url: `redis://127.0.0.1:${port}`,
        flush: async () => void (await client.flushall()),
        stop: async () => {
          client.disconnect();
          server.kill('SIGKILL');
          if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
        },
      };
    client.disconnect();
    server.kill('SIGKILL');
    if (tries >= 5) throw new Error('redis-server does not start; is it installed?');
  }
};
