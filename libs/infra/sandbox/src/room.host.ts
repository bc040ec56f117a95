import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostFacts, RoomPlan } from './room.plan.js';

const systemNames = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const etcNames = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'java-11-openjdk',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'perl',
  'pki',
  'protocols',
  'python3',
  'services',
  'ssl',
];
const deviceNames = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

const nodeFacts = (): HostFacts['node'] => {
  const program = realpathSync(process.execPath);
  if (program.startsWith('/usr/')) return null;
  const modules = join(dirname(dirname(program)), 'lib', 'node_modules');
  return { program, modules: existsSync(join(modules, 'npm')) ? modules : null };
};

/** Looks at this machine once; the answer does not change while a worker runs. */
export const readHostFacts = (): HostFacts => ({
  system: Object.fromEntries(
    systemNames
      .filter((name) => existsSync(name))
      .map((name) => [name, lstatSync(name).isSymbolicLink() ? readlinkSync(name) : null]),
  ),
  etc: etcNames.flatMap((name) => {
    const path = `/etc/${name}`;
    return existsSync(path) ? [{ name, folder: statSync(path).isDirectory() }] : [];
  }),
  devices: deviceNames.filter((name) => existsSync(`/dev/${name}`)),
  node: nodeFacts(),
});

/** Writes folders, files and links of a plan below `root`; mounts find their places there. */
export const writeSkeleton = (plan: RoomPlan, root: string): void => {
  mkdirSync(root, { recursive: true, mode: 0o755 });
  for (const folder of plan.folders) mkdirSync(root + folder, { recursive: true, mode: 0o755 });
  for (const [path, text] of Object.entries(plan.files)) writeFileSync(root + path, text, { mode: 0o644 });
  for (const [path, target] of Object.entries(plan.links)) {
    mkdirSync(dirname(root + path), { recursive: true });
    symlinkSync(target, root + path);
  }
};

/** Whether the mount that holds `path` forbids programs; a user namespace may not take that flag off again. */
export const mountedNoexec = (path: string): boolean => {
  let best = { point: '', options: '' };
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, raw = '', , options = ''] = line.split(' ');
    const point = raw.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (
      (point === '/' || path === point || path.startsWith(`${point}/`)) &&
      point.length >= best.point.length
    )
      best = { point, options };
  }
  return best.options.split(',').includes('noexec');
};
