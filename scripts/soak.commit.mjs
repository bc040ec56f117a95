// One commit as the corpus loop needs it: what it changes, what must be refused of it, and an agent that makes it.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const raw = (repo, args, input) =>
  execFileSync('git', ['-C', repo, ...args], { maxBuffer: 1 << 30, input, stdio: ['pipe', 'pipe', 'pipe'] });

/** Bytes of base64 that fit into a JobSpec, of at most 1 MiB. */
const maxArguments = 900_000;
const chunk = 30_000;

const splitNul = (bytes) => {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    parts.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return parts;
};

/** `{ oldMode, newMode, blob, path }` of everything that differs; paths are bytes. */
export const changesOf = (repo, { id, parent }) => {
  const parts = splitNul(
    raw(repo, ['diff-tree', '-r', '--raw', '-z', '--no-renames', '--no-abbrev', parent, id]),
  );
  const changes = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [oldMode, newMode, , blob] = parts[i].toString().slice(1).split(' ');
    const content = ['120000'].includes(newMode) ? raw(repo, ['cat-file', 'blob', blob]) : null;
    changes.push({ oldMode, newMode, blob, path: parts[i + 1], link: content });
  }
  return changes;
};

// Written anew from the words of the policy's documentation, so that a mistake over there shows here.
const leftovers = [
  /^logs\//,
  /(^|\/)logs\/(.*\/)?[^/]*\.log$/,
  /^[^/]*\.log$/,
  /(^|\/)(npm|yarn|pnpm)-debug\.log[^/]*$/,
  /(^|\/)yarn-error\.log[^/]*$/,
  /(^|\/)\.env$/,
  /(^|\/)\.env\.(?!(?:[^/]*\.)?(?:example|sample|template|dist|defaults|schema)$)[^/]*$/,
  /(^|\/)(node_modules|\.gatehouse|\.gatehouse_runtime|__pycache__|\.cache|\.pytest_cache|\.mypy_cache)\//,
  /(^|\/)(\.ruff_cache|\.parcel-cache|\.turbo|\.nyc_output|\.venv)\//,
  /\.(sqlite3?|db)(-wal|-shm|-journal)?$/,
  /(^|\/)(dump\.rdb|\.eslintcache)$/,
  /\.pyc$/,
];

const leavesTree = (path, link) => {
  if (link.startsWith('/')) return true;
  let depth = path.split('/').length - 1;
  for (const part of link.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
};

// The devices of Windows, whatever follows the first dot.
const device = /(^|\/)(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$) *(\.[^/]*)?$/;

/** The code with which no policy can but refuse a commit, judged by its paths alone. */
export const predictedRefusal = (changes) => {
  for (const { oldMode, newMode, path, link } of changes) {
    if (newMode === '000000') continue;
    const text = path.toString('latin1').toLowerCase();
    if (leftovers.some((pattern) => pattern.test(text))) return 'path.runtime_artifact';
    if (oldMode === '000000' && device.test(text)) return 'name.device';
    if (link !== null && leavesTree(text, link.toString('latin1'))) return 'symlink.target';
  }
  return undefined;
};

/** What the commit adds although its base ignores it: an agent's harvest leaves that out and says so. */
export const ignoredByBase = (repo, { parent, changes }) => {
  const added = changes.filter(({ oldMode }) => oldMode === '000000').map(({ path }) => path);
  if (added.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-soak-base-'));
  try {
    const rules = raw(repo, ['ls-tree', '-r', '-z', '--name-only', parent]);
    const names = splitNul(rules).filter((name) => /(^|\/)\.gitignore$/.test(name.toString('latin1')));
    execFileSync('git', ['init', '-q', folder]);
    for (const name of names) {
      const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
      mkdirSync(path.subarray(0, path.lastIndexOf(0x2f)), { recursive: true });
      writeFileSync(path, raw(repo, ['cat-file', 'blob', `${parent}:${name.toString()}`]));
    }
    const input = Buffer.concat(added.map((path) => Buffer.concat([path, Buffer.from([0])])));
    const ask = ['-c', 'core.excludesFile=/dev/null', 'check-ignore', '--no-index', '--stdin', '-z'];
    return splitNul(raw(folder, ask, input));
  } catch (error) {
    // Exit 1: nothing is ignored.
    if (error.status === 1) return [];
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Lays new files out as the agent will find them: bytes, modes and links from the commit itself. */
const layOut = (repo, folder, changes) => {
  for (const { newMode, blob, path, link } of changes) {
    if (newMode === '000000') continue;
    const to = Buffer.concat([Buffer.from(`${folder}/new/`), path]);
    mkdirSync(to.subarray(0, to.lastIndexOf(0x2f)), { recursive: true });
    if (link !== null) symlinkSync(link, to);
    else {
      writeFileSync(to, raw(repo, ['cat-file', 'blob', blob]));
      chmodSync(to, newMode === '100755' ? 0o755 : 0o644);
    }
  }
  // Whatever changes its kind goes first too: a folder may take the place of a file, and the other way round.
  const gone = changes.filter(
    ({ oldMode, newMode }) => oldMode !== '000000' && newMode.slice(0, 3) !== oldMode.slice(0, 3),
  );
  writeFileSync(
    join(folder, 'gone'),
    Buffer.concat(gone.map(({ path }) => Buffer.concat([path, Buffer.from([0])]))),
  );
};

// Only what people have: base64, tar, rm, find, cp. Our own code that reads and writes trees has no part in it.
const script = [
  'set -e',
  'mkdir /tmp/in',
  'printf %s "$@" | base64 -d | tar -xzf - -C /tmp/in',
  'xargs -0 -r rm -f -- < /tmp/in/gone',
  "find . -mindepth 1 -depth -type d -empty -not -path './.git/*' -delete",
  'cp -dR --preserve=mode --remove-destination /tmp/in/new/. .',
].join('\n');

/** An agent that makes the commit with real file operations, or why there can be none. */
export const agentOf = (repo, { changes }) => {
  if (changes.some(({ oldMode, newMode }) => [oldMode, newMode].includes('160000')))
    return { why: 'with a submodule link' };
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-soak-commit-'));
  try {
    mkdirSync(join(folder, 'new'));
    layOut(repo, folder, changes);
    const packed = execFileSync('tar', ['-czf', '-', '-C', folder, 'gone', 'new'], { maxBuffer: 1 << 30 });
    const text = packed.toString('base64');
    if (text.length > maxArguments) return { why: 'too large to pass as arguments' };
    const parts = text.match(new RegExp(`.{1,${chunk}}`, 'g'));
    return { agent: { adapter: 'command', command: ['sh', '-c', script, 'sh', ...parts] } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
