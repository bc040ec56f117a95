// Every verdict of a plane is held against its candidate, made again: the same answers, byte for byte.
import { join } from 'node:path';
import { inTurn, shuffled } from './soak.tally.mjs';
import { clone, run, say } from './step.mjs';

const command = join(clone, 'apps', 'cli', 'bin', 'gatehouse.js');

/** The first of them by the command as people type it: each such call is a process, so the rest goes by the API. */
const byCommand = 3;

const verifyByCommand = async (plane, id) => {
  const env = { GATEHOUSE_DATA_DIR: plane.data, GATEHOUSE_URL: plane.url };
  const args = [command, 'candidate', 'verify', id, '--json'];
  const { code, output } = await run(process.execPath, args, { quiet: true, env });
  return { agrees: code === 0, differences: output.trim() };
};

const verifyByApi = (plane, id) =>
  plane.admin.call('candidates.verify', { params: { id }, timeoutMs: 120_000 });

/** Verifies every stored verdict, or as many as asked for in an order of chance; there must be enough. */
export const verifyVerdicts = async ({ plane, tally, next, atLeast = 1, atMost = Infinity }) => {
  const began = Date.now();
  const stored = [];
  for await (const one of plane.admin.pages('candidates.list', { query: { limit: 200 } }))
    if (one.verdict !== null) stored.push(one.id);
  const judged = stored.length > atMost ? shuffled(stored, next).slice(0, atMost) : stored;
  let same = 0;
  await inTurn(tally, judged.entries(), async ([number, id]) => {
    const said = await (number < byCommand ? verifyByCommand : verifyByApi)(plane, id);
    same += said.agrees ? 1 : 0;
    tally.expect(said.agrees, () => `the verdict of ${id} differs: ${JSON.stringify(said.differences)}`);
  });
  tally.expect(judged.length >= atLeast, `only ${judged.length} verdicts to verify, not ${atLeast}`);
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  say(`candidate verify: ${same} of ${judged.length} verdicts are the same, byte for byte (${seconds} s)`);
};
