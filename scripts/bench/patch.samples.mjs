// Patches as agents hand them in, made by git from the sources of this repository: the same in every run. The usual
// policy takes 4 MiB and 100 files; some are as large as that, and some have far more files.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clone } from '../step.mjs';

/** Numbers from 0 to below 1, the same in every run. */
const numbers = (seed) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const git = (cwd, ...args) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'gc.auto=0', ...args], {
    cwd,
    maxBuffer: 1 << 28,
  });

const write = (folder, path, content) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};

/** Of a patch and of its files, by the usual policy. */
const [maxBytes, maxFiles] = [4 * 1_048_576, 100];

/** Half of it repeats and half does not, as in programs and pictures that were not packed. */
const mixed = (random, length) => {
  const content = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) content[at] = (at >> 6) % 2 === 0 ? random() * 256 : at & 0x1f;
  return content;
};

/** Nothing of it repeats, as in pictures, fonts and archives that were packed already. */
const packed = (random, length) => {
  const content = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) content[at] = random() * 256;
  return content;
};

const sources = () =>
  git(clone, 'ls-files', '-z', '*.ts', '*.tsx', '*.mjs', '*.md', '*.css')
    .toString()
    .split('\0')
    .filter(Boolean)
    .map((path) => ({ path, lines: readFileSync(join(clone, path), 'utf8').split('\n') }));

/** Lines changed, put in and taken out here and there; some files new, some gone. */
const texts = (folder, random, files) => {
  const before = () => files.forEach(({ path, lines }) => write(folder, path, lines.join('\n')));
  const edited = (lines) =>
    lines.flatMap((line) => {
      const chance = random();
      if (chance < 0.05) return [`${line} // changed`];
      if (chance < 0.09)
        return [line, `  const added${Math.floor(random() * 1e6)} = ${JSON.stringify(line)};`];
      return chance < 0.12 ? [] : [line];
    });
  const after = () =>
    files.forEach(({ path, lines }, i) => {
      if (i % 20 === 19) return rmSync(join(folder, path));
      if (i % 5 === 4) write(folder, `packages/new-${i}/${path}`, lines.join('\n'));
      return write(folder, path, edited(lines).join('\n'));
    });
  return { before, after };
};

/** Pictures and the like: touched up, replaced and new, in 90 files. */
const binaries = (folder, random, bytes, mean) => {
  const known = Array.from({ length: 60 }, (_, i) => ({
    path: `assets/group-${i % 8}/image-${i}.bin`,
    content: bytes(random, Math.floor((0.4 + 1.2 * random()) * mean)),
  }));
  const touched = (content) => {
    for (let i = 0; i < 40; i += 1) content[Math.floor(random() * content.length)] = i;
    return content;
  };
  const before = () => known.forEach(({ path, content }) => write(folder, path, content));
  const after = () =>
    known.forEach(({ path, content }, i) => {
      write(folder, path, i % 2 === 0 ? touched(content) : bytes(random, content.length));
      if (i % 2 === 0) write(folder, `${path}.new`, bytes(random, content.length));
    });
  return { before, after };
};

/** One line in each of many files: nearly nothing but names. */
const names = (folder, length) => {
  const paths = Array.from({ length }, (_, i) => `services/${i % 60}/src/part-${i % 700}/${i}.ts`);
  const before = () => paths.forEach((path, i) => write(folder, path, `export const part = ${i};\n`));
  const after = () => paths.forEach((path, i) => write(folder, path, `export const part = ${i + 1};\n`));
  return { before, after };
};

const patchOf = (root, name, make) => {
  const folder = join(root, name);
  mkdirSync(folder);
  const { before, after } = make(folder);
  git(folder, 'init', '-q', '-b', 'main');
  const commit = (change) => {
    change();
    git(folder, 'add', '-A');
    git(folder, 'commit', '-q', '-m', 'x');
  };
  commit(before);
  commit(after);
  const patch = git(folder, 'diff', '--binary', '--full-index', '--no-renames', 'HEAD~1', 'HEAD');
  rmSync(folder, { recursive: true });
  return patch;
};

/** As many of the pieces as make a patch that the usual policy takes, give or take a little. */
const largest = (pieces, make) => {
  const whole = make(pieces);
  const share = (0.99 * maxBytes) / whole.length;
  return share >= 1 ? whole : make(pieces.slice(0, Math.floor(pieces.length * share)));
};

/** The same lines in fewer files. */
const joined = (files) => {
  const each = Math.ceil(files.length / (0.8 * maxFiles));
  return Array.from({ length: Math.ceil(files.length / each) }, (_, i) => {
    const some = files.slice(i * each, (i + 1) * each);
    return { path: some[0].path, lines: some.flatMap(({ lines }) => lines) };
  });
};

/** By name; the first is what one job changes. */
export const patchSamples = (root) => {
  const files = sources();
  const make = (name, write) => patchOf(root, name, (folder) => write(folder, numbers(11)));
  return {
    'a change of some files': make('some', (folder, random) =>
      texts(
        folder,
        random,
        files.filter((_, i) => i % 30 === 0),
      ),
    ),
    'a line in each of 100 files': make('few', (folder) => names(folder, 100)),
    '4 MiB of text in 100 files': largest(files, (some) =>
      make(`joined-${some.length}`, (folder, random) => texts(folder, random, joined(some))),
    ),
    'binary files': make('mixed', (folder, random) => binaries(folder, random, mixed, 52_000)),
    'packed binary files': make('packed', (folder, random) => binaries(folder, random, packed, 28_000)),
    '4 MiB of text in very many files': largest(files, (some) =>
      make(`many-${some.length}`, (folder, random) => texts(folder, random, some)),
    ),
    'a line in each of 12,000 files': make('names', (folder) => names(folder, 12_000)),
  };
};

/** So many commits at most; of a longer history every so many-th. */
const mostCommits = 200;

/** What commits of this repository changed, as jobs hand it in, as far as a policy with these limits takes it. */
export const historySamples = ({ patchBytes, files }) => {
  const all = git(clone, 'rev-list', '--no-merges', '--min-parents=1', 'HEAD').toString().trim().split('\n');
  const step = Math.max(1, Math.ceil(all.length / mostCommits));
  const patches = all
    .filter((_, i) => i % step === 0)
    .map((id) => git(clone, 'diff-tree', '-p', '--binary', '--full-index', '--no-renames', `${id}^`, id))
    .filter((patch) => patch.length > 0 && patch.length <= patchBytes)
    .filter((patch) => patch.toString('latin1').split('\ndiff --git ').length <= files);
  if (patches.length < 20) throw new Error('The history is too short: clone it whole.');
  return patches;
};
