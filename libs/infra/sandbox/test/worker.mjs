// A worker for the specs: a process of its own, so that it can be frozen, killed or run as another user.
//   node worker.mjs '<order>'   carries out one order and ends
//   node worker.mjs             carries out orders from stdin, one per line, several at a time
// An order: { id?, mode, stateDir, image?, renewMs?, cancelAtOutput?, run: SandboxRun without callbacks }
// Prints one JSON object per line: { id, started }, { id, stdout | stderr: base64 }, { id, result } or { id, error }.
import { createInterface } from 'node:readline';
import { createSandbox } from '../dist/index.js';
import { ProcessSandbox } from '../dist/process.sandbox.js';

const carryOut = async (order) => {
  const tell = (message) => process.stdout.write(`${JSON.stringify({ id: order.id, ...message })}\n`);
  let timer;
  let speak;
  const spoken = new Promise((resolve) => (speak = resolve));
  try {
    const sandbox =
      order.mode === 'docker'
        ? await createSandbox('docker_sandbox', order)
        : new ProcessSandbox({ ...order, disableUserNamespaces: true });
    const handle = await sandbox.start({
      ...order.run,
      ...(order.run.input === undefined ? {} : { input: Buffer.from(order.run.input, 'base64') }),
      onOutput: (name, chunk) => {
        tell({ [name]: chunk.toString('base64') });
        speak();
      },
    });
    tell({ started: true });
    if (order.renewMs) timer = setInterval(() => handle.renew(order.renewMs), order.renewMs / 3);
    if (order.cancelAtOutput) void spoken.then(() => handle.cancel('the spec says so'));
    tell({ result: await handle.done });
  } catch (error) {
    tell({ error: { code: error.code, message: error.message, cause: String(error.cause ?? '') } });
  } finally {
    clearInterval(timer);
  }
};

if (process.argv[2]) await carryOut(JSON.parse(process.argv[2]));
else for await (const line of createInterface({ input: process.stdin })) void carryOut(JSON.parse(line));
