// The policy loop: what `decide` says is what casbin says that looks at every rule of every layer, on a million random
// asks to random rules.
import { join } from 'node:path';
import { clone, say } from './step.mjs';

const cases = 1_000_000;

export const policyLoop = async ({ share, tally, next }) => {
  const room = join(clone, 'libs', 'domain', 'policy', 'dist');
  const { decide } = await import(join(room, 'decision.js'));
  const { compareWithCasbin } = await import(join(room, 'decision.fixture.js'));
  const wanted = Math.ceil(cases * share);
  const { effects, differences } = compareWithCasbin(decide, wanted, next);
  for (const difference of differences)
    tally.expect(false, `a decision differs from casbin's: ${difference}`);
  for (const [effect, count] of Object.entries(effects))
    tally.expect(count > wanted / 100, `only ${count} of ${wanted} decisions were ${effect}`);
  tally.expect(differences.length === 0, 'decisions differ from plain casbin');
  say(`${wanted} decisions: ${JSON.stringify(effects)}`);
};
