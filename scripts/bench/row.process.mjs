// One row in a process of its own: no row warms up, or fills the heap of, another.
import { memoryFault } from './memory.disk.mjs';
import { rows } from './rows.mjs';

const [number, rounds] = process.argv.slice(2).map(Number);
const cleanups = [];
const send = (message) => new Promise((resolve) => process.send(message, resolve));

/** Ends what was started, last first, and this process; the answer is sent where somebody still listens. */
let ending = false;
const end = async (answer) => {
  if (ending) return;
  ending = true;
  for (const cleanup of cleanups.reverse())
    await Promise.resolve(cleanup()).catch((error) => (answer.error ??= String(error)));
  if (process.connected) await send(answer);
  process.exit(answer.error ? 1 : 0);
};
const fail = (error) =>
  end({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
// Where a connection breaks nobody may be waiting for it; what was started must end all the same.
process.on('uncaughtException', (error) => void fail(error));
process.once('disconnect', () => void fail('interrupted'));
// Ctrl-C reaches the whole group: the bench goes first, and takes us with it.
process.on('SIGINT', () => undefined);

try {
  const fault = memoryFault();
  if (fault !== undefined) throw new Error(fault);
  const { measure } = await import(`./${rows[number]}.bench.mjs`);
  const result = await measure({
    rounds,
    say: (text) => process.send({ text }),
    /** Runs at the end, last first, also where the row failed. */
    atEnd: (cleanup) => cleanups.push(cleanup),
  });
  await end({ result });
} catch (error) {
  await fail(error);
}
