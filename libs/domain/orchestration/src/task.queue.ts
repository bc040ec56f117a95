import { NotifyHub, translate } from '@gatehouse/database';
import { PlaneSettings } from '@gatehouse/session';
import { TaskRelay, TaskWorker, type AnyTaskHandler, type Recovery } from '@gatehouse/tasks';
import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from 'pino';
import type { PlaneProcess } from './plane.module.js';
import { databaseOf } from './plane.repository.js';
import { logError } from './process.log.js';

/** What runs the tasks of the queue that has a process's name, within that process. */
export interface TaskQueue {
  /** How many tasks run right now. */
  readonly busy: number;
  /** Throws where the database does not answer. */
  start(): Promise<void>;
  /** Takes nothing new and waits so long for what runs; the rest runs again when its claims have run out. */
  close(graceMs: number): Promise<void>;
}

export const openTaskQueue = (
  app: INestApplicationContext,
  name: PlaneProcess,
  handlers: readonly AnyTaskHandler[],
  log: Logger,
): TaskQueue => {
  const { DATABASE_URL, REDIS_URL } = app.get(PlaneSettings, { strict: false }).settings;
  const address = {
    database: databaseOf(app),
    databaseUrl: DATABASE_URL ?? '',
    redisUrl: REDIS_URL,
    onError: (error: unknown) => logError(log, translate(error), 'the task queue has trouble'),
    onRecovered: (recovery: Recovery) => log.info(recovery, 'the task queue works again'),
  };
  const worker = new TaskWorker({
    ...address,
    queue: name,
    handlers,
    onFailure: ({ error, ...task }) =>
      logError(log, error, task.outcome === 'dead' ? 'a task is dead' : 'a task failed; it runs again', {
        task,
      }),
  });
  const relay = new TaskRelay({
    ...address,
    hub: app.get(NotifyHub, { strict: false }),
    queues: [name],
    take: () => worker.takeDue(),
  });
  return {
    get busy() {
      return worker.busy;
    },
    start: async () => {
      await worker.start();
      relay.start();
    },
    close: async (graceMs) => {
      await Promise.all([worker.close({ graceMs }), relay.close()]);
    },
  };
};
