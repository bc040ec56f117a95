import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyTaskHandler } from '@gatehouse/tasks';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import { logError, makeLog, nestLog } from './process.log.js';
import { openTaskQueue } from './task.queue.js';

/** From the word to stop until we go, whatever still hangs: the supervisor kills after ten seconds. */
const stopWithinMs = 4_800;
const handlerGraceMs = 2_000;
const closeWithinMs = 1_000;

export interface TaskProcessOptions {
  readonly name: 'engine' | 'promoter';
  /** Root module; PlaneModule for this process is among its imports. */
  readonly module: Type;
  handlers(app: INestApplicationContext): AnyTaskHandler[];
  /** Runs before the first task is taken, e.g. to sweep what an earlier life left behind. */
  onStart?(app: INestApplicationContext, log: Logger): Promise<void>;
  /** Runs after the last task, before the connections close. */
  onStop?(app: INestApplicationContext, log: Logger): Promise<void>;
}

/**
 * Runs the tasks of the queue that has the process's name until SIGTERM, SIGINT or the end of its supervisor.
 * Says `{ type: 'ready' }` over IPC once it takes tasks; sets exit code 1 where it cannot start.
 */
export const runTaskProcess = async (options: TaskProcessOptions): Promise<void> => {
  const log = makeLog(process.env['GATEHOUSE_LOG_LEVEL'] ?? 'info', options.name);
  try {
    await start(options, log);
  } catch (error) {
    logError(log, error, 'could not start');
    process.exit(1);
  }
};

const start = async (options: TaskProcessOptions, log: Logger): Promise<void> => {
  let stop: (why: string, code: number) => void = (_, code) => process.exit(code);
  // From the first moment: a supervisor that dies while we boot must not leave us behind.
  process.once('SIGTERM', () => stop('SIGTERM', 0));
  process.once('SIGINT', () => stop('SIGINT', 0));
  process.once('disconnect', () => stop('its supervisor is gone', 0));
  process.on('unhandledRejection', (error) => {
    logError(log, error, 'an error nobody caught');
    stop('an internal error', 1);
  });
  process.on('uncaughtException', (error) => {
    logError(log, error, 'an error nobody caught');
    stop('an internal error', 1);
  });

  const app = await NestFactory.createApplicationContext(options.module, {
    logger: nestLog(log),
    abortOnError: false,
  });
  const queue = openTaskQueue(app, options.name, options.handlers(app), log);

  let stopping = false;
  stop = (why, code) => {
    if (stopping) return;
    stopping = true;
    log.info({ why, tasks: queue.busy }, 'stopping');
    setTimeout(() => {
      log.error('did not stop in time; tasks under way are taken over when their claims run out');
      process.exit(1);
    }, stopWithinMs).unref();
    void (async () => {
      await queue.close(handlerGraceMs);
      await options.onStop?.(app, log);
      // Connections to a database that is gone do not close; they die with the process.
      await Promise.race([app.close(), sleep(closeWithinMs, undefined, { ref: false })]);
    })()
      .catch((error: unknown) => logError(log, error, 'trouble while stopping'))
      .finally(() => {
        log.info('stopped');
        process.exit(code);
      });
  };

  await options.onStart?.(app, log);
  await queue.start();
  process.send?.({ type: 'ready' });
  log.info('ready');
};
