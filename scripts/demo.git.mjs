// What the demo asks git itself, so that nobody has to take Gatehouse's word for it.
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { run, stop } from './step.mjs';

const git = (folder, args, { input, env } = {}) => {
  const { status, stdout, stderr } = spawnSync('git', ['-C', folder, ...args], {
    input,
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`git ${args[0]} in ${folder}: ${stderr.toString().trim()}`);
  return stdout;
};
const line = (...args) =>
  git(...args)
    .toString()
    .trim();

/** A plain clone of the source in the folder; the one of an earlier demo where it has the same source. */
export const cloneOf = async (source, folder) => {
  const suffix = createHash('sha256').update(source).digest('hex').slice(0, 8);
  for (const name of ['target', `target-${suffix}`]) {
    const path = join(folder, name);
    if (existsSync(path)) {
      if (line(path, ['config', '--get', 'remote.origin.url']) === source) return path;
      continue;
    }
    const { code } = await run('git', ['clone', '--no-hardlinks', source, path]);
    if (code !== 0) stop(`${source} cannot be cloned; see above.`);
    return path;
  }
  return stop(
    `${folder} holds clones of other repositories under the names of ours. Remove it and try again.`,
  );
};

/** The tree that the example must lead to, made here with an index of our own. */
const expectedTree = (target, base) => {
  const index = join(target, '.git', `demo-index-${process.pid}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    const [entry] = line(target, ['ls-tree', base, 'README.md']).split('\t');
    const old = entry ? git(target, ['cat-file', 'blob', `${base}:README.md`]) : Buffer.alloc(0);
    const input = Buffer.concat([old, Buffer.from('\nThis line went through Gatehouse.\n')]);
    const blob = git(target, ['hash-object', '-w', '--stdin'], { input }).toString().trim();
    git(target, ['read-tree', base], { env });
    git(
      target,
      ['update-index', '--add', '--cacheinfo', `${entry.split(' ')[0] || '100644'},${blob},README.md`],
      { env },
    );
    return git(target, ['write-tree'], { env }).toString().trim();
  } finally {
    rmSync(index, { force: true });
  }
};

/** What git says of a branch that Gatehouse made. */
export const branchProof = async (target, { branch, base }) => {
  if (!branch) return { log: '', facts: [['the promotion names its branch', false]] };
  const heads = line(target, ['for-each-ref', '--format=%(refname:short)', `refs/heads/${branch}`]);
  const parents = line(target, ['rev-list', '--parents', '-n', '1', branch]).split(' ').slice(1);
  const log = line(target, ['log', '--stat', '--format=   %h %an: %s', '-n', '1', branch]);
  const tree = line(target, ['rev-parse', `${branch}^{tree}`]);
  return {
    log: `   git log ${branch}\n${log}`,
    facts: [
      [`the branch ${branch} is in the target`, heads === branch],
      [`its only parent is the base ${base.slice(0, 12)}`, parents.length === 1 && parents[0] === base],
      ['its tree is the base and the change, nothing else', tree === expectedTree(target, base)],
    ],
  };
};
