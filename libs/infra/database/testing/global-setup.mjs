// Jest's globalSetup of the *.int.spec.ts: one guardian process that starts a throw-away Postgres for the whole run
// when the first spec asks for it, and removes it when this process goes, however it goes.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default async () => {
  const guardian = fork(here('../src/testing/guardian.ts'), [], {
    execArgv: [
      '--conditions=@gatehouse/source',
      '--import',
      here('register.mjs'),
      '--disable-warning=ExperimentalWarning',
    ],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const failed = once(guardian, 'exit').then(([code]) => {
    throw new Error(`The guardian of the test database ended at once (exit ${code}).`);
  });
  const [{ socket }] = await Promise.race([once(guardian, 'message'), failed]);
  failed.catch(() => undefined);
  process.env.GATEHOUSE_TEST_DATABASE_SOCKET = socket;
  globalThis.gatehouseTestGuardian = guardian;
};
