// Small repositories, and changes of one file each as an agent would hand them in.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const files = 100;
const path = 'src/m4/f42.ts';
const env = { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
const plain = (args, input) =>
  execFileSync('git', args, { env, input, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] });
const content = (i, changed = '') =>
  Array.from(
    { length: 40 },
    (_, line) => `export const v${line} = ${i * line};${line === 20 ? changed : ''}\n`,
  ).join('');
const who = 'committer A <a@example.org> 1700000000 +0000';
const fileLine = (name, text) => `M 100644 inline ${name}\ndata ${text.length}\n${text}\n`;

/** A bare repository of 100 files of 40 lines; each has the same first commit. */
export const makeRepository = (root, name) => {
  const gitDir = join(root, `${name}.git`);
  plain(['init', '-q', '--bare', '-b', 'main', gitDir]);
  const all = Array.from({ length: files }, (_, i) =>
    fileLine(`src/m${Math.floor(i / 10)}/f${i}.ts`, content(i)),
  );
  const stream = `commit refs/heads/main\n${who}\ndata 5\nfirst\n${all.join('')}`;
  plain([`--git-dir=${gitDir}`, 'fast-import', '--quiet'], stream);
  const base = plain([`--git-dir=${gitDir}`, 'rev-parse', 'main'])
    .toString()
    .trim();
  return { name, gitDir, base };
};

/** Changes of one line for any of those repositories: for each mark the patch, its digest and the tree it leads to. */
export const makeChanges = (root, marks) => {
  const { gitDir, base } = makeRepository(root, `changes-${marks[0]}`);
  const git = (args, input) => plain([`--git-dir=${gitDir}`, ...args], input).toString();
  const commits = marks.map(
    (mark) =>
      `commit refs/changes/${mark}\n${who}\ndata 1\nx\nfrom ${base}\n${fileLine(path, content(42, ` // ${mark}`))}`,
  );
  git(['fast-import', '--quiet'], commits.join(''));
  const trees = new Map(
    git(['for-each-ref', '--format=%(refname:lstrip=2) %(tree)', 'refs/changes'])
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );
  const baseTree = git(['rev-parse', `${base}^{tree}`]).trim();
  const args = ['diff-tree', '--stdin', '-p', '--binary', '--full-index', '--no-renames'];
  const said = git(args, marks.map((mark) => `${baseTree} ${trees.get(mark)}\n`).join(''));
  const parts = said.split(new RegExp(`^${baseTree} [0-9a-f]{40}\n`, 'm')).slice(1);
  return marks.map((mark, i) => {
    const patch = Buffer.from(parts[i]);
    const digest = `sha256:${createHash('sha256').update(patch).digest('hex')}`;
    return { patch, digest, tree: trees.get(mark) };
  });
};
