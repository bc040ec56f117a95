// Patches as agents hand them in, some MiB each, made by git from the sources of this repository: the same in every run.
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

/** Half of it repeats and half does not, as in pictures and archives. */
const bytes = (random, length) => {
  const content = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) content[at] = (at >> 6) % 2 === 0 ? random() * 256 : at & 0x1f;
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

/** Pictures and the like: touched up, replaced and new. */
const binaries = (folder, random) => {
  const known = Array.from({ length: 80 }, (_, i) => ({
    path: `assets/group-${i % 8}/image-${i}.bin`,
    content: bytes(random, 16_384 + Math.floor(random() * 49_152)),
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

/** One line in each of very many files: nearly nothing but names. */
const names = (folder) => {
  const paths = Array.from(
    { length: 12_000 },
    (_, i) => `services/service-${i % 60}/src/feature-${i % 700}/part-${i}.ts`,
  );
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

/** By name; the first is what one job changes, the others are large. */
export const patchSamples = (root) => {
  const [random, files] = [numbers(11), sources()];
  const some = files.filter((_, i) => i % 30 === 0);
  return {
    'a change of some files': patchOf(root, 'some', (folder) => texts(folder, random, some)),
    'text in many files': patchOf(root, 'texts', (folder) => texts(folder, random, files)),
    'binary files': patchOf(root, 'binaries', (folder) => binaries(folder, random)),
    'a line in each of very many files': patchOf(root, 'names', names),
  };
};
