// A worker for the specs: a process of its own, so that it can be frozen, killed or run as another user.
//   node worker.mjs '<json>'  with { mode, stateDir, image?, renewMs?, cancelMs?, run: SandboxRun without callbacks }
// Prints one JSON object per line: { started }, { stdout | stderr: base64 }, { result } or { error }.
import { createSandbox } from '../dist/index.js';
import { ProcessSandbox } from '../dist/process.sandbox.js';

const order = JSON.parse(process.argv[2]);
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const sandbox =
  order.mode === 'docker'
    ? await createSandbox('docker_sandbox', order)
    : new ProcessSandbox({ ...order, disableUserNamespaces: true });
const handle = await sandbox
  .start({
    ...order.run,
    ...(order.run.input === undefined ? {} : { input: Buffer.from(order.run.input, 'base64') }),
    onOutput: (name, chunk) => tell({ [name]: chunk.toString('base64') }),
  })
  .catch((error) => {
    tell({ error: { code: error.code, message: error.message, cause: String(error.cause ?? '') } });
    process.exit(1);
  });
tell({ started: true });
if (order.renewMs) setInterval(() => handle.renew(order.renewMs), order.renewMs / 3).unref();
if (order.cancelMs) setTimeout(() => void handle.cancel('the spec says so'), order.cancelMs);
try {
  tell({ result: await handle.done });
} catch (error) {
  tell({ error: { code: error.code, message: error.message } });
}
