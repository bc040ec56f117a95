// A process that works on tasks and can be killed: `node crash.fixture.js <database url> [<redis url>]`.
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDataSource, inTransaction, NotifyHub } from '@gatehouse/database';
import type { Recovery } from './outage.js';
import { TaskRelay } from './task-relay.js';
import { TaskWorker } from './task-worker.js';

const url = process.argv[2]!;
const redisUrl = process.argv[3];

// Every connection it tries, by whatever part: what is said of an outage may be little while much is tried.
let connects = 0;
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (this: Socket, ...rest: unknown[]) {
  connects += 1;
  return Reflect.apply(connect, this, rest) as Socket;
} as typeof connect;

const database = await createDataSource({
  url,
  applicationName: 'crash',
  poolSize: 5,
  connectTimeoutMs: 60_000,
});
const hub = new NotifyHub({ url, applicationName: 'crash' });
const address = {
  database,
  databaseUrl: url,
  redisUrl,
  onError: (error: unknown) => process.stdout.write(`trouble ${String(error)}\n`),
  onRecovered: ({ part }: Recovery) => process.stdout.write(`recovered ${part}\n`),
};
const relay = new TaskRelay({ ...address, hub, queues: ['crash'], take: () => worker.takeDue() });
const worker: TaskWorker = new TaskWorker({
  ...address,
  queue: 'crash',
  claimTtlMs: 1_500,
  handlers: [
    {
      type: 'a.b',
      concurrency: 4,
      run: async (payload: { ms: number }, context) => {
        await database.query(`INSERT INTO effects VALUES ($1, 'begun')`, [context.id]);
        // Only the first try is to be caught in the middle.
        await sleep(context.attempt === 1 ? payload.ms : 20);
        await inTransaction(database, async (manager) => {
          await manager.query(`INSERT INTO effects VALUES ($1, 'done')`, [context.id]);
          await context.complete(manager);
        });
      },
    },
  ],
});
relay.start();
await worker.start();
process.on('SIGTERM', () => {
  void (async () => {
    await worker.close({ graceMs: 1_000 });
    await relay.close();
    await hub.close();
    process.stdout.write(`connects ${connects}\n`, () => process.exit(0));
  })();
});
process.stdout.write('ready\n');
