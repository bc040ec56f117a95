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

/** What git says itself: a `remote:` line is the other side's. */
const ownWords = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => !line.startsWith('remote:'))
    .join('\n');

const silence =
  /^(?:fatal: unable to access '.*': (?:Could not resolve host|Failed to connect|Couldn't connect|Connection (?:timed out|refused|reset)|Operation timed out|Operation too slow|Empty reply from server|Recv failure|Send failure|OpenSSL SSL_(?:connect|read|write)|GnuTLS (?:recv|send) error|gnutls_handshake\(\) failed|The requested URL returned error: 5\d\d)|error: RPC failed; (?:HTTP 5\d\d|curl \d))/m;

/**
 * Why a source could not be reached: `source.silent` where its host does not answer, or only that it cannot; that may
 * last for hours and says nothing of the repository.
 */
export const reasonOf = (stderr: string): 'source.silent' | 'source.unreachable' =>
  silence.test(ownWords(stderr)) ? 'source.silent' : 'source.unreachable';

/** The error for a source that cannot be reached. */
export const unreachable = (reason: string, message: string): GatehouseError =>
  new GatehouseError(reason === 'source.silent' ? 'git.unavailable' : 'git.failed', message);

/**
 * What git said of who asks, in a sentence, and tells the source of a credential that was refused; undefined where it
 * said nothing of the kind. Only the last words are git's own: `remote:` lines are the other side's.
 */
export const accessFault = (stderr: string, located: LocatedSource): string | undefined => {
  const own = ownWords(stderr);
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
