import { GatehouseError } from '@gatehouse/contracts';
import { configFlags, fixedFlags } from './git.environment.js';
import type { LocatedSource } from './source.locator.js';

/**
 * The far side of a local transfer. It runs with the rights of the repository's owner: its configuration is
 * somebody else's, and git itself refuses to serve a repository to any other user (safe.directory).
 */
const farSide = (
  service: string,
  located: LocatedSource,
  config: readonly (readonly [string, string])[],
): string => {
  const words = [...asOwner(located), 'git', ...fixedFlags, ...configFlags(config), service];
  // Git hands this line to a shell; nothing in it may mean anything there. Every word is a constant or a number.
  const odd = words.find((word) => !/^[\w@%+=:,./-]+$/.test(word));
  if (odd !== undefined)
    throw new GatehouseError('internal.unexpected', `"${odd}" cannot be part of a transport command.`);
  return words.join(' ');
};

const asOwner = ({ owner }: LocatedSource): string[] => {
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

/** Options for `git fetch` and `git ls-remote`. */
export const readTransport = (located: LocatedSource): string[] =>
  located.transport === 'file' ? [`--upload-pack=${farSide('upload-pack', located, [])}`] : [];

/** Options for `git push`: no hook runs on the other side, and a checked-out branch is never touched. */
export const writeTransport = (located: LocatedSource): string[] =>
  located.transport === 'file'
    ? [
        `--receive-pack=${farSide('receive-pack', located, [
          ['receive.denyCurrentBranch', 'refuse'],
          ['receive.denyNonFastForwards', 'false'],
          ['receive.advertisePushOptions', 'false'],
        ])}`,
      ]
    : [];
