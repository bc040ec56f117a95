import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { planeRoles } from '@gatehouse/database';
import type { Installation } from '../installation.js';
import { faultOf, firstUidOf, identitiesFrom, type Identities, type Identity } from './identities.js';
import { openView, type PrivateView, type Tree } from './private.view.js';
import { findTool } from './system.tool.js';

/** What separates the processes of a plane: users of their own, or only that they are different processes. */
export type Boundary =
  | {
      readonly kind: 'users';
      readonly identities: Identities;
      /** Folders closed to these users: a view of their own shows them what they need of it and nothing else. */
      readonly behind?: readonly string[];
    }
  /** `reason` says why, and what to do where anything can be done. */
  | { readonly kind: 'process'; readonly reason: string };

/** What separates them, and the view of the file system through which they are started, where it takes one. */
export interface FoundBoundary {
  readonly kind: Boundary;
  readonly view?: PrivateView;
}

const setpriv = findTool('setpriv');

/** CAP_NET_BIND_SERVICE, for ports below 1024 and nothing else. */
const bindCap = '+net_bind_service';

/** Words that go before a program to run it as a user without any further right. */
export const asUser = (
  { uid, gid }: Identity,
  planeGid: number,
  { mayBind = false }: { mayBind?: boolean } = {},
): string[] => [
  setpriv ?? 'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  `--groups=${planeGid}`,
  '--no-new-privs',
  ...(mayBind ? [`--inh-caps=-all,${bindCap}`, `--ambient-caps=-all,${bindCap}`] : ['--inh-caps=-all']),
  '--',
];

const remedy =
  'make it readable (chmod o+r) and the folders above it passable for others (chmod o+x), or move the clone or the data folder, e.g. to /srv and /var/lib';

/** Run as the user itself: nothing but trying says whether it can read what it needs. */
const probe = `for (const path of process.argv.slice(1))
  try { require('fs').accessSync(path, require('fs').constants.R_OK) }
  catch { process.stdout.write(path); process.exit(1) }`;

/** The first thing that one of the users cannot reach, through a view where one is given. */
const unreachable = (
  { apps, clone, data }: Installation,
  identities: Identities,
  view: PrivateView | undefined,
): string | undefined => {
  const needed = [
    ...planeRoles.map((role) => join(apps, role, 'dist', 'main.js')),
    ...['libs/contracts/dist/index.js', 'node_modules/pg/package.json'].map((path) => join(clone, path)),
  ].filter((path) => existsSync(path));
  for (const role of planeRoles) {
    const [file = '', ...args] = [...(view?.words ?? []), ...asUser(identities[role], identities.planeGid)];
    const tried = spawnSync(
      file,
      [...args, process.execPath, '-e', probe, '--', ...needed, join(data, 'run', 'probe')],
      { cwd: '/', env: {}, encoding: 'utf8', timeout: 30_000 },
    );
    if (tried.status === 0) continue;
    const denied = tried.stdout;
    return !denied
      ? `a program cannot be run as uid ${identities[role].uid}: ${(tried.error?.message ?? tried.stderr).trim().split('\n').at(-1) ?? ''}`
      : `uid ${identities[role].uid} cannot read ${denied}`;
  }
  return undefined;
};

/** What the processes run: of the clone the program alone, and none of what else lies in it, like .git or .env. */
const treesOf = ({ apps, clone, data }: Installation): Tree[] => [
  ...[apps, join(clone, 'libs'), join(clone, 'node_modules'), dirname(process.execPath)].map((path) => ({
    path,
  })),
  { path: data, isWritable: true },
];

const onlyProcess = (reason: string): FoundBoundary => ({ kind: { kind: 'process', reason } });

/** Finds out what can separate the processes here. As root it tries; anything in the way is a reason, never a failure. */
export const findBoundary = async (installation: Installation): Promise<FoundBoundary> => {
  if (process.getuid?.() !== 0)
    return onlyProcess('one unprivileged user runs all; started as root, each gets a user of its own');
  if (process.platform !== 'linux' || setpriv === undefined)
    return onlyProcess('giving each a user of its own takes Linux and setpriv (util-linux)');
  const first = installation.settings.GATEHOUSE_PLANE_UID ?? firstUidOf(installation.data);
  const fault = faultOf(first);
  if (fault !== undefined) return onlyProcess(fault);
  const identities = identitiesFrom(first);
  const shared = join(installation.data, 'run');
  mkdirSync(join(shared, 'probe'), { recursive: true });
  // Said again, since a umask takes from what mkdir is told.
  chmodSync(join(shared, 'probe'), 0o755);
  chmodSync(shared, 0o711);
  const denied = unreachable(installation, identities, undefined);
  if (denied === undefined) return { kind: { kind: 'users', identities } };
  const made = await openView(treesOf(installation), join(shared, 'view'));
  if (!made.ok)
    return onlyProcess(`${denied}, and no view goes past what is closed: ${made.reason}; ${remedy}`);
  const { view } = made;
  const stillDenied = unreachable(installation, identities, view);
  if (stillDenied === undefined) return { kind: { kind: 'users', identities, behind: view.behind }, view };
  view.close();
  return onlyProcess(`${stillDenied}; ${remedy}`);
};
