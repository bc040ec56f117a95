// The forge loop: a promoter beside a stand-in for GitHub, killed at every point that it passes, and answered with
// every fault that a forge has, again and again: one branch, one draft pull request, the same commit ids.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JestProcess } from './soak.runner.mjs';
import { clone, say } from './step.mjs';

/** At every point, and at every place. */
const kills = 20;
const points = 8;
const places = 4;
/** Some ten times what one takes. */
const limitOfOneMs = 30_000;

const standIn = 'libs/infra/forge/src/testing';
const specs = [
  'apps/promoter/src/crash.int.spec.ts',
  'apps/promoter/src/pull-request.int.spec.ts',
  // First that the stand-in is what it stands for.
  ...readdirSync(join(clone, standIn))
    .filter((name) => name.endsWith('.int.spec.ts'))
    .map((name) => `${standIn}/${name}`),
];

export const forgeLoop = async ({ share, tally }) => {
  const times = Math.max(2, Math.round(kills * share));
  const jest = new JestProcess(clone, 'int', { PROMOTION_KILLS: String(times), STAND_IN: '1' });
  const limitMs = 300_000 + times * (2 * points + places) * limitOfOneMs;
  const { tests, broken, why } = await jest.ask({ specs, limitMs });
  await jest.end();
  for (const { fullName, status, file } of tests)
    if (status === 'passed' || status === 'failed')
      tally.expect(status === 'passed', `${file}: ${fullName} ${status}`);
    else tally.skip(`${file}: ${fullName}`);
  tally.expect(broken === 0, () => `the forge loop: ${why.slice(0, 3000)}`);
  const named = (text) => tests.filter(({ fullName }) => fullName.includes(text)).length;
  const [killed, lost] = [named('killed at '), named('the forge answers ')];
  tally.expect(killed === times * 2 * points, `${killed} kills, not ${times} at each point of two specs`);
  tally.expect(lost === times * places, `${lost} lost answers, not ${times} at each place`);
  say(`${killed} kills and ${lost} lost answers: ${times} at each point and at each place`);
};
