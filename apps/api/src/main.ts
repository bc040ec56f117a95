import 'reflect-metadata';
import { logError, makeLog, openTaskQueue } from '@gatehouse/orchestration';
import { Bootstrap } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { taskHandler } from '@gatehouse/tasks';
import { HearingService, WebhookService } from '@gatehouse/trigger';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { openLocalDoor } from './http/local.door.js';

/** From the word to stop until we go, whatever still hangs: the supervisor kills after 1.5 s. */
const stopWithinMs = 1_200;
const handlerGraceMs = 500;

const serve = async (log: Logger): Promise<void> => {
  let stop: (why: string, code: number) => void = (_, code) => process.exit(code);
  // From the first moment: a supervisor that dies while we boot must not leave us behind.
  process.once('SIGTERM', () => stop('SIGTERM', 0));
  process.once('SIGINT', () => stop('SIGINT', 0));
  process.once('disconnect', () => stop('its supervisor is gone', 0));
  process.on('unhandledRejection', (error) => logError(log, error, 'an error nobody caught'));

  const app = await createApp(log);
  const { settings } = app.get(PlaneSettings, { strict: false });
  const directory = process.env['GATEHOUSE_BOOTSTRAP_DIR'];
  if (directory) await app.get(Bootstrap, { strict: false }).run(directory);
  const wishes = taskHandler({
    type: 'webhook.wish',
    concurrency: 4,
    run: ({ deliveryId }, context) => app.get(WebhookService, { strict: false }).runWish(deliveryId, context),
  });
  const hearing = taskHandler({
    type: 'forge.hear',
    concurrency: 1,
    run: ({ repositoryId }, context) =>
      app.get(HearingService, { strict: false }).hear(repositoryId, context),
  });
  const queue = openTaskQueue(app, 'api', [wishes, hearing], log);
  let stopping = false;
  let closeDoor = (): void => undefined;
  stop = (why, code) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => process.exit(code), stopWithinMs).unref();
    closeDoor();
    void queue
      .close(handlerGraceMs)
      .then(() => app.close())
      .catch((error: unknown) => logError(log, error, 'trouble while stopping'))
      .finally(() => process.exit(code));
  };
  await app.listen(settings.GATEHOUSE_PORT, settings.GATEHOUSE_HOST);
  if (settings.GATEHOUSE_TLS_CERT !== undefined && settings.GATEHOUSE_LOCAL_PORT !== undefined)
    closeDoor = await openLocalDoor(app.getHttpAdapter().getInstance(), settings.GATEHOUSE_LOCAL_PORT);
  await queue.start();
  process.send?.({ type: 'ready' });
  log.info({ host: settings.GATEHOUSE_HOST, port: settings.GATEHOUSE_PORT }, 'ready');
};

const log = makeLog(process.env['GATEHOUSE_LOG_LEVEL'] || 'info', 'api');
try {
  await serve(log);
} catch (error) {
  logError(log, error, 'could not start');
  process.exit(1);
}
