import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { planeRoles } from '@gatehouse/database';
import type { Installation } from '../installation.js';
import { faultOf, firstUidOf, identitiesFrom, type Identities, type Identity } from './identities.js';

/** What separates the processes of a plane: users of their own, or only that they are different processes. */
export type Boundary =
  | { readonly kind: 'users'; readonly identities: Identities }
  /** `reason` says why, and what to do where anything can be done. */
  | { readonly kind: 'process'; readonly reason: string };

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/local/bin/setpriv'].find((path) =>
  existsSync(path),
);

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

/** Run as the user itself: nothing but trying says whether it can read what it needs. */
const probe = `for (const path of process.argv.slice(1))
  try { require('fs').accessSync(path, require('fs').constants.R_OK) }
  catch { process.stdout.write(path); process.exit(1) }`;

const unreachable = (installation: Installation, identities: Identities): string | undefined => {
  const { apps, clone, data } = installation;
  const needed = [
    ...planeRoles.map((role) => join(apps, role, 'dist', 'main.js')),
    ...['libs/contracts/dist/index.js', 'node_modules/pg/package.json'].map((path) => join(clone, path)),
  ].filter((path) => existsSync(path));
  const shared = join(data, 'run');
  for (const role of planeRoles) {
    const [file = '', ...args] = asUser(identities[role], identities.planeGid);
    const tried = spawnSync(
      file,
      [...args, process.execPath, '-e', probe, '--', ...needed, join(shared, 'probe')],
      {
        cwd: '/',
        env: {},
        encoding: 'utf8',
        timeout: 30_000,
      },
    );
    if (tried.status === 0) continue;
    const denied = tried.stdout;
    return !denied
      ? `a program cannot be run as uid ${identities[role].uid}: ${(tried.error?.message ?? tried.stderr).trim().split('\n').at(-1) ?? ''}`
      : `uid ${identities[role].uid} cannot read ${denied}; make the folders above it passable for others (chmod o+x), or move the clone or the data folder, e.g. to /srv and /var/lib`;
  }
  return undefined;
};

/** Finds out what can separate the processes here. As root it tries; anything in the way is a reason, never a failure. */
export const findBoundary = (installation: Installation): Boundary => {
  if (process.getuid?.() !== 0)
    return {
      kind: 'process',
      reason: 'one unprivileged user runs all; started as root, each gets a user of its own',
    };
  if (process.platform !== 'linux' || setpriv === undefined)
    return { kind: 'process', reason: 'giving each a user of its own takes Linux and setpriv (util-linux)' };
  const first = installation.settings.GATEHOUSE_PLANE_UID ?? firstUidOf(installation.data);
  const fault = faultOf(first);
  if (fault !== undefined) return { kind: 'process', reason: fault };
  const identities = identitiesFrom(first);
  const shared = join(installation.data, 'run');
  mkdirSync(join(shared, 'probe'), { recursive: true, mode: 0o755 });
  chmodSync(shared, 0o711);
  const reason = unreachable(installation, identities);
  return reason === undefined ? { kind: 'users', identities } : { kind: 'process', reason };
};
