import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fail, pass, type Answer, type Check } from '../check.js';

const run = promisify(execFile);

/** 2.38 is the first with `merge-tree --write-tree` and `safe.bareRepository`. */
export const judgeGit = (said: string): Answer => {
  const [, major, minor] = /git version (\d+)\.(\d+)/.exec(said) ?? [];
  if (major === undefined)
    return fail(`git answers ${JSON.stringify(said.slice(0, 80))}`, 'apt-get install git');
  const ok = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 38);
  return ok
    ? pass(said.trim())
    : fail(`${said.trim()} is too old: 2.38 or newer is needed`, 'apt-get install git');
};

export const git: Check = {
  id: 'git',
  title: 'git',
  run: () =>
    run('git', ['--version'], { timeout: 10_000 }).then(
      ({ stdout }) => judgeGit(stdout),
      () => fail('git does not run', 'apt-get install git'),
    ),
};
