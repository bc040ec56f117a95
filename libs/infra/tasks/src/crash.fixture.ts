// A process that works on tasks and can be killed: `node crash.fixture.js <database url>`.
import { setTimeout as sleep } from 'node:timers/promises';
import { createDataSource, inTransaction, NotifyHub } from '@gatehouse/database';
import { TaskRelay } from './task-relay.js';
import { TaskWorker } from './task-worker.js';

const url = process.argv[2]!;
const database = await createDataSource({ url, applicationName: 'crash', poolSize: 5 });
const hub = new NotifyHub({ url, applicationName: 'crash' });
const address = {
  database,
  databaseUrl: url,
  onError: (error: unknown) => process.stderr.write(`${String(error)} ${String((error as Error).cause)}\n`),
};
const relay = new TaskRelay({ ...address, hub, queues: ['crash'] });
const worker = new TaskWorker({
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
    process.exit(0);
  })();
});
process.stdout.write('ready\n');
