import { fileURLToPath } from 'node:url';
import { GatehouseError } from '@gatehouse/contracts';
import type { GitOptions } from './git.runner.js';
import type { LocatedSource } from './source.locator.js';

const helper = fileURLToPath(new URL('./credential.helper.mjs', import.meta.url));

/** Git hands the line to a shell; between these quotes nothing means anything there. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

// eslint-disable-next-line no-control-regex
const breaksLines = /[\u0000-\u001f\u007f]/;

/** What one git command needs to reach this source: its transport, and its credential for that host alone. */
export const accessTo = async (
  located: LocatedSource,
): Promise<Pick<GitOptions, 'allow' | 'config' | 'credential'>> => {
  const allow = [located.transport];
  if (located.credential === undefined || located.transport === 'file') return { allow };
  const { username, password } = await located.credential();
  if (username === '' || password === '' || breaksLines.test(username + password))
    throw new GatehouseError(
      'git.refused',
      'The credential of this repository is empty or holds control characters, so git cannot be given it. Check the file it comes from.',
    );
  const { origin } = new URL(located.address);
  const command = `!${quoted(process.execPath)} ${quoted(helper)}`;
  return {
    allow,
    config: [[`credential.${origin}.helper`, command]],
    credential: { origin, username, password },
  };
};

/**
 * What git said of who asks, in a sentence, and tells the source of a credential that was refused; undefined where it said nothing of the kind. Only the last words are
 * git's own: `remote:` lines are the other side's.
 */
export const accessFault = (stderr: string, located: LocatedSource): string | undefined => {
  const own = stderr
    .split('\n')
    .filter((line) => !line.startsWith('remote:'))
    .join('\n');
  if (/^fatal: Authentication failed for /m.test(own)) {
    located.credentialRefused?.();
    return 'The repository cannot be reached: the credential was refused. Check that it is still valid, and that the App is still installed there.';
  }
  if (/The requested URL returned error: 403/.test(own))
    return `The repository cannot be reached: its host does not permit this${located.credential === undefined ? ' without a credential' : ' to our credential'}. Check what the token or the App may do there.`;
  if (/terminal prompts disabled/.test(own))
    return located.credential === undefined
      ? 'The repository cannot be reached: its host wants a credential, and none is configured for it.'
      : 'The repository cannot be reached: its host wants a credential for another address than the one ours belongs to.';
  if (/The requested URL returned error: 30[12378]/.test(own))
    return 'The repository cannot be reached: its host sends us to another address, where we do not follow. Register its present address.';
  return undefined;
};
