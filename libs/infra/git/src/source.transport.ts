import { fileURLToPath } from 'node:url';
import { GatehouseError } from '@gatehouse/contracts';
import { configFlags, fixedFlags } from './git.environment.js';
import type { LocatedSource } from './source.locator.js';

/** What git runs on the far side of a transfer: the first reads a repository, the second writes to it. */
export type FarService = 'upload-pack' | 'receive-pack';

const configOf: Readonly<Record<FarService, readonly (readonly [string, string])[]>> = {
  'upload-pack': [],
  // No hook runs on the other side, and a checked-out branch is never touched.
  'receive-pack': [
    ['receive.denyCurrentBranch', 'refuse'],
    ['receive.denyNonFastForwards', 'false'],
    ['receive.advertisePushOptions', 'false'],
  ],
};

const connector = fileURLToPath(new URL('./broker.connector.mjs', import.meta.url));

const asOwner = (owner: LocatedSource['owner']): string[] => {
  if (owner === undefined || process.getuid?.() !== 0 || owner.uid === 0) return [];
  return [
    'setpriv',
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--',
  ];
};

/**
 * The command of the far side, without the path. It runs with the rights of the repository's owner: its configuration
 * is somebody else's, and git itself refuses to serve a repository to any other user (safe.directory).
 */
export const ownerCommand = (service: FarService, owner: LocatedSource['owner']): string[] => [
  ...asOwner(owner),
  'git',
  ...fixedFlags,
  ...configFlags(configOf[service]),
  service,
];

/** Git hands the line to a shell; between these quotes nothing means anything there. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const farSide = (service: FarService, located: LocatedSource): string => {
  if (located.broker !== undefined)
    return [process.execPath, connector, located.broker, service].map(quoted).join(' ');
  const words = ownerCommand(service, located.owner);
  // Every word is a constant or a number, and nothing in it may mean anything to a shell.
  const odd = words.find((word) => !/^[\w@%+=:,./-]+$/.test(word));
  if (odd !== undefined)
    throw new GatehouseError('internal.unexpected', `"${odd}" cannot be part of a transport command.`);
  return words.join(' ');
};

/** Options for `git fetch` and `git ls-remote`. */
export const readTransport = (located: LocatedSource): string[] =>
  located.transport === 'file' ? [`--upload-pack=${farSide('upload-pack', located)}`] : [];

/** Options for `git push`. */
export const writeTransport = (located: LocatedSource): string[] =>
  located.transport === 'file' ? [`--receive-pack=${farSide('receive-pack', located)}`] : [];
