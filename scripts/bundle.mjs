// Puts each process of the plane into one file, dist/bundle.mjs of its app: loading some 1,500 files one by one is most
// of what a start costs. The launcher runs the bundle while it fits what it was made of, dist/main.js otherwise. Its own
// and that of the command line is a folder, dist/bundle, with a file for what each verb needs.
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { clone } from './step.mjs';

const apps = ['api', 'engine', 'promoter', 'worker', 'launcher', 'cli'];
/** Of these many a verb is short, and needs a small part of all: one file for each such part. */
const inParts = { launcher: 'command.js', cli: 'main.js' };

/** Native code stays where it is, and dockerode asks for it only to reach an engine through ssh. */
const external = ['ssh2', 'cpu-features', 'pg-native'];

const posix = (path) => path.split(sep).join('/');

/** Many files find what lies beside them by their own address, which is not that of the bundle: they keep it. */
const addresses = (folder) => ({
  name: 'addresses',
  transform(code, id) {
    const isModule = code.includes('import.meta.');
    if (!isAbsolute(id) || (!isModule && !/\b__(?:dirname|filename)\b/.test(code))) return null;
    const path = `bundleFolder + ${JSON.stringify(`/${posix(relative(folder, id))}`)}`;
    const file = `bundleNode.path.normalize(${path})`;
    const url = `bundleNode.url.pathToFileURL(${file}).href`;
    if (!isModule)
      return `var __filename = ${file}, __dirname = bundleNode.path.dirname(__filename);\n${code}`;
    return code.replaceAll(/\bimport\.meta\.(dirname|url)\b/g, (_, what) =>
      what === 'url' ? url : `bundleNode.path.dirname(${file})`,
    );
  },
});
const banner = [
  "import * as bundlePath from 'node:path';",
  "import * as bundleUrl from 'node:url';",
  'const bundleNode = { path: bundlePath, url: bundleUrl };',
  'const bundleFolder = bundlePath.dirname(bundleUrl.fileURLToPath(import.meta.url));',
].join('\n');

/** Where the bundle of an app begins, and where it goes. */
const plans = (folder, app) =>
  inParts[app] !== undefined
    ? { input: inParts[app], at: join(folder, 'bundle'), to: { dir: join(folder, 'bundle') } }
    : { input: 'main.js', at: folder, to: { file: join(folder, 'bundle.mjs'), codeSplitting: false } };

const bundle = async (app) => {
  const folder = join(clone, 'apps', app, 'dist');
  const { input, at, to } = plans(folder, app);
  if (at !== folder) rmSync(at, { recursive: true, force: true });
  const build = await rolldown({
    input: join(folder, input),
    platform: 'node',
    external,
    plugins: [addresses(at)],
    // Optional packages that nobody installed; a file of ours that is missing fails all the same.
    logLevel: 'silent',
  });
  try {
    const { output } = await build.write({
      ...to,
      format: 'esm',
      keepNames: true,
      comments: false,
      banner,
    });
    const files = output.flatMap(({ moduleIds = [] }) => moduleIds).filter((id) => isAbsolute(id));
    const made = files.map((id) => {
      const { size, mtimeMs } = statSync(id);
      return [posix(relative(folder, id)), size, mtimeMs];
    });
    writeFileSync(join(folder, 'bundle.json'), JSON.stringify(made));
  } finally {
    await build.close();
  }
};

const { bundleFits } = await import('../apps/launcher/dist/supervisor/program.js');
const stale = apps.filter((app) => !bundleFits(join(clone, 'apps', app, 'dist')));
await Promise.all(stale.map(bundle));
