import { GatehouseError } from '@gatehouse/contracts';
import type { ReadOnlyMount } from './sandbox.contract.js';

/** What of this machine a room is built from; read by `readHostFacts`. */
export interface HostFacts {
  /** Top-level system entries: link target, or null for a real folder. */
  system: Readonly<Record<string, string | null>>;
  /** Entries of /etc that tools need and that hold nothing private, as far as they exist here. */
  etc: readonly { name: string; folder: boolean }[];
  devices: readonly string[];
  /** The node program and, where npm lies beside it, its module folder; null where /usr already shows it. */
  node: { program: string; modules: string | null } | null;
}

export type Mount =
  | { kind: 'bind'; source: string; target: string; readOnly: boolean; device?: boolean }
  | { kind: 'tmpfs'; target: string; bytes: number; inodes: number; mode: string; private: boolean }
  | { kind: 'proc'; target: string }
  | { kind: 'devpts'; target: string };

/** A root folder as data: the skeleton is written to disk, then the mounts are laid over it in order. */
export interface RoomPlan {
  folders: readonly string[];
  files: Readonly<Record<string, string>>;
  links: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
  /** Defaults of the environment. */
  env: Readonly<Record<string, string>>;
  /** The program `node` inside. */
  node: string;
}

export interface RoomWish {
  workspace: string;
  workspaceReadOnly: boolean;
  extraReadOnly: readonly ReadOnlyMount[];
  /** Which of `extraReadOnly` are folders, by `host`. */
  isFolder: (host: string) => boolean;
  tmpfsBytes: number;
  /** The user as the sandbox sees it. */
  uid: number;
  enterScript: string;
  initScript: string;
}

export const home = '/home/agent';
export const enterPath = '/opt/gatehouse/enter.sh';
export const initPath = '/opt/gatehouse/init.sh';
const path = '/usr/local/bin:/usr/bin:/bin';
const nodePrefix = '/opt/node';
const shmBytes = 64 * 1024 * 1024;
const taken = [
  '/workspace',
  '/tmp',
  '/home',
  '/proc',
  '/dev',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/etc',
  '/opt/gatehouse',
];

/** A file of 1 KiB of metadata per 4 KiB of content: as many files as pages, and never without bound. */
export const inodesFor = (bytes: number): number =>
  Math.max(1024, Math.min(262_144, Math.floor(bytes / 4096)));

/** The account files of a sandbox: tools such as Node's os.userInfo fail for a uid without a name. */
export const accounts = (uid: number): Record<string, string> => ({
  '/etc/passwd': `root:x:0:0:root:/:/bin/false\nagent:x:${uid}:${uid}:agent:${home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
  '/etc/group': `root:x:0:\nagent:x:${uid}:\nnogroup:x:65534:\n`,
  '/etc/hosts': '127.0.0.1 localhost sandbox\n::1 localhost sandbox\n',
  '/etc/resolv.conf': '',
  '/etc/hostname': 'sandbox\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
});

const under = (folder: string, inside: string): boolean =>
  inside === folder || inside.startsWith(`${folder}/`);

const checkInside = (inside: string): void => {
  const parts = inside.split('/').slice(1);
  const plain = inside.startsWith('/') && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain || taken.some((folder) => under(folder, inside) || under(inside, folder)))
    throw new GatehouseError(
      'sandbox.failed',
      `A read-only mount at ${inside} is not possible; choose an absolute path such as /opt/reader, outside ${taken.join(', ')}.`,
    );
};

const parents = (inside: string): string[] => {
  const parts = inside.split('/').slice(1, -1);
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
};

/** Decides what the inside of a process sandbox consists of. Everything not named here does not exist there. */
export const planRoom = (facts: HostFacts, wish: RoomWish): RoomPlan => {
  const folders = new Set([
    '/dev',
    '/dev/shm',
    '/dev/pts',
    '/etc',
    '/home',
    home,
    '/opt',
    '/opt/gatehouse',
    '/proc',
    '/run',
    '/tmp',
    '/var',
    '/workspace',
  ]);
  const files: Record<string, string> = {
    ...accounts(wish.uid),
    [enterPath]: wish.enterScript,
    [initPath]: wish.initScript,
  };
  const links: Record<string, string> = {
    '/dev/fd': '/proc/self/fd',
    '/dev/stdin': '/proc/self/fd/0',
    '/dev/stdout': '/proc/self/fd/1',
    '/dev/stderr': '/proc/self/fd/2',
    '/dev/ptmx': 'pts/ptmx',
    '/var/tmp': '/tmp',
    '/var/run': '/run',
    '/etc/mtab': '/proc/self/mounts',
  };
  const mounts: Mount[] = [];
  const bind = (source: string, target: string, folder: boolean, readOnly = true, device = false): void => {
    for (const parent of parents(target)) folders.add(parent);
    if (folder) folders.add(target);
    else files[target] ??= '';
    mounts.push({ kind: 'bind', source, target, readOnly, ...(device ? { device } : {}) });
  };

  for (const [name, target] of Object.entries(facts.system)) {
    if (target === null) bind(name, name, true);
    else links[name] = target;
  }
  for (const { name, folder } of facts.etc) bind(`/etc/${name}`, `/etc/${name}`, folder);
  for (const name of facts.devices) bind(`/dev/${name}`, `/dev/${name}`, false, false, true);
  mounts.push(
    { kind: 'proc', target: '/proc' },
    { kind: 'devpts', target: '/dev/pts' },
    { kind: 'tmpfs', target: '/dev/shm', bytes: shmBytes, inodes: 1024, mode: '1777', private: false },
    {
      kind: 'tmpfs',
      target: '/tmp',
      bytes: wish.tmpfsBytes,
      inodes: inodesFor(wish.tmpfsBytes),
      mode: '1777',
      private: false,
    },
    {
      kind: 'tmpfs',
      target: home,
      bytes: wish.tmpfsBytes,
      inodes: inodesFor(wish.tmpfsBytes),
      mode: '0700',
      private: true,
    },
  );
  if (facts.node) {
    bind(facts.node.program, `${nodePrefix}/bin/node`, false);
    if (facts.node.modules) {
      bind(facts.node.modules, `${nodePrefix}/lib/node_modules`, true);
      links[`${nodePrefix}/bin/npm`] = '../lib/node_modules/npm/bin/npm-cli.js';
      links[`${nodePrefix}/bin/npx`] = '../lib/node_modules/npm/bin/npx-cli.js';
    }
  }
  for (const { host, inside } of wish.extraReadOnly) {
    checkInside(inside);
    bind(host, inside, wish.isFolder(host));
  }
  bind(wish.workspace, '/workspace', true, wish.workspaceReadOnly);
  return {
    folders: [...folders].sort(),
    files,
    links,
    mounts,
    env: { PATH: facts.node ? `${nodePrefix}/bin:${path}` : path, HOME: home, LANG: 'C.UTF-8' },
    node: facts.node ? `${nodePrefix}/bin/node` : process.execPath,
  };
};
