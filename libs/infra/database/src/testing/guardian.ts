// The process that owns the Postgres of one test run. It listens on a socket and starts the server when the first
// spec connects; each connection is answered with one line of JSON and closed. It ends with its parent.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer, type TestServer } from './test-server.js';

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'));
const socket = join(folder, 'guardian.sock');
let server: Promise<TestServer> | undefined;

const listener = createServer((connection) => {
  connection.on('error', () => undefined);
  server ??= startTestServer();
  server.then(
    ({ adminUrl, template }) => connection.end(JSON.stringify({ adminUrl, template })),
    (error: unknown) => connection.end(JSON.stringify({ error: String((error as Error).stack) })),
  );
});

let ending = false;
const end = async (): Promise<void> => {
  if (ending) return;
  ending = true;
  listener.close();
  await server?.then(
    (started) => started.stop(),
    () => undefined,
  );
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
};
process.on('disconnect', () => void end());
process.on('SIGTERM', () => void end());
// Ctrl-C reaches the whole group: the run ends first, and takes us with it.
process.on('SIGINT', () => undefined);

listener.listen(socket, () => void chmod(socket, 0o600).then(() => process.send?.({ socket })));
