// make setup: installs and builds where something changed; costs a fraction of a second where nothing did.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone, run, say, step, stop, tsc } from './step.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
const fits =
  (major === 20 && minor >= 19) ||
  (major === 22 && minor >= 13) ||
  (major === 24 && minor >= 11) ||
  major > 24;
if (!fits)
  stop(
    `Gatehouse needs Node 20.19, 22.13, 24.11 or newer; this is ${process.version}. Install one and try again.`,
  );

const at = (...parts) => join(clone, ...parts);
const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

const newestBelow = (folder) => {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) newest = Math.max(newest, timeOf(join(entry.parentPath ?? entry.path, entry.name)));
  }
  return newest;
};

/** A step that is worth a line only when it took time or failed. */
const quietly = async (title, file, args) => {
  const began = Date.now();
  const { code, output } = await run(file, args, { quiet: true });
  const seconds = (Date.now() - began) / 1000;
  if (code !== 0) say(output.trimEnd());
  else if (seconds > 1.5) say(`${title} … done in ${seconds.toFixed(1)} s`);
  return code === 0;
};

const lock = at('package-lock.json');
const stamp = at('node_modules', '.gatehouse-installed');
const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
const isStamped = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
// npm writes this file last, and after its own `npm install` some moments before the lock.
const isFresh = timeOf(at('node_modules', '.package-lock.json')) + 60_000 > timeOf(lock);
if (!isStamped && !isFresh) {
  say('Installing packages; this takes about half a minute the first time.');
  if (!(await step('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])))
    stop(
      'The packages could not be installed. Check that npm reaches its registry, then run make setup again.',
    );
}
if (!isStamped) writeFileSync(stamp, digest);

// The compiler itself knows what changed: 0.2 s where nothing did.
const isFirst = !existsSync(at('libs', 'contracts', 'dist', 'index.js'));
if (isFirst) say('Building; this takes about a quarter of a minute the first time.');
const build = isFirst ? step : quietly;
if (!(await build('Libraries and apps', process.execPath, [tsc, '-b']))) stop('The build failed; see above.');
if (!(await build('Bundles of the processes', process.execPath, ['scripts/bundle.mjs'])))
  stop('The processes could not be bundled; see above.');

const panel = at('apps', 'panel', 'dist', 'index.html');
const sources = ['apps/panel/src', 'apps/panel/public', 'libs/contracts/src', 'libs/client/src'];
const changed = Math.max(
  timeOf(at('apps/panel/index.html')),
  ...sources.map((folder) => newestBelow(at(folder))),
);
if (
  changed > timeOf(panel) &&
  !(await step('Panel', 'npm', ['run', 'build', '--silent', '-w', '@gatehouse/panel']))
)
  stop('The panel could not be built; see above.');
