// The forge loop: a promoter beside a stand-in for GitHub, killed at every point that it passes, and answered with
// every fault that a forge has, again and again: one branch, one draft pull request, the same commit ids.
import { longOfForge } from './jest/long.mjs';
import { runSpecs } from './soak.specs.mjs';
import { say } from './step.mjs';

/** At every point, and at every place. */
const kills = 20;
const points = 8;
const places = 4;
/** Some ten times what one takes. */
const limitOfOneMs = 30_000;

const specs = [...longOfForge, 'apps/promoter/src/pull-request.int.spec.ts'];

export const forgeLoop = async ({ share, tally }) => {
  const times = Math.max(2, Math.round(kills * share));
  const limitMs = 300_000 + times * (2 * points + places) * limitOfOneMs;
  const env = { PROMOTION_KILLS: String(times) };
  const tests = await runSpecs({ name: 'forge', specs, limitMs, env, tally });
  const named = (text) => tests.filter(({ fullName }) => fullName.includes(text)).length;
  const [killed, lost] = [named('killed at '), named('the forge answers ')];
  tally.expect(killed === times * 2 * points, `${killed} kills, not ${times} at each point of two specs`);
  tally.expect(lost === times * places, `${lost} lost answers, not ${times} at each place`);
  say(`${killed} kills and ${lost} lost answers: ${times} at each point and at each place`);
};
