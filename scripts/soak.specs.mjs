// Specs of a loop, run by Jest and counted test by test.
import { JestProcess } from './soak.runner.mjs';
import { clone } from './step.mjs';

/** Runs specs on real services; answers their tests. */
export const runSpecs = async ({ name, specs, limitMs, env, tally }) => {
  const jest = new JestProcess(clone, 'int', env);
  const { tests, broken, why } = await jest.ask({ specs, limitMs });
  await jest.end();
  for (const { fullName, status, file } of tests)
    if (status === 'passed' || status === 'failed')
      tally.expect(status === 'passed', `${file}: ${fullName} ${status}`);
    else tally.skip(`${file}: ${fullName}`);
  tally.expect(broken === 0, () => `the ${name} loop: ${why.slice(0, 3000)}`);
  for (const spec of specs)
    tally.expect(
      tests.some(({ file }) => file === spec),
      () => `the ${name} loop: nothing of ${spec} was run`,
    );
  return tests;
};
