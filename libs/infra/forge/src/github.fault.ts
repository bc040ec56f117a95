import { GatehouseError, type ErrorCode } from '@gatehouse/contracts';
import type { ForgeRepo } from './forge.js';

/** An answer of GitHub that is no success. */
export interface Refusal {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** `message` and `errors` of the body, as far as they are what they should be. */
  readonly message: string;
  readonly errors: readonly { readonly field: string; readonly code: string; readonly message: string }[];
}

/** Words of the other side, on one line, short, without what steers a terminal. */
export const said = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g, ' ')
    .trim()
    .slice(0, 300);

/** What GitHub asks us to wait. Its clock and not ours counts where it names a moment. */
export const waitOf = (header: Refusal['header'], now = Date.now()): number | undefined => {
  const after = header('retry-after');
  const seen = Date.parse(header('date') ?? '');
  const theirs = Number.isNaN(seen) ? now : seen;
  if (after !== undefined) {
    const ms = /^\d{1,7}$/.test(after) ? Number(after) * 1000 : Date.parse(after) - theirs;
    if (!Number.isNaN(ms)) return Math.max(ms, 1000);
  }
  const reset = header('x-ratelimit-reset');
  if (header('x-ratelimit-remaining') === '0' && reset !== undefined && /^\d{1,12}$/.test(reset))
    return Math.max(Number(reset) * 1000 - theirs, 1000);
  return undefined;
};

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'forge.unauthorized',
  403: 'forge.forbidden',
  404: 'forge.not_found',
  409: 'forge.conflict',
  410: 'forge.not_found',
  412: 'forge.conflict',
  429: 'forge.rate_limited',
  451: 'forge.not_found',
};

const codeOf = ({ status, message }: Refusal, wait: number | undefined): ErrorCode => {
  if (status === 403 && (wait !== undefined || /rate limit|abuse detection/i.test(message)))
    return 'forge.rate_limited';
  return codes[status] ?? (status >= 400 && status < 500 ? 'forge.invalid' : 'forge.unavailable');
};

const next: Partial<Record<ErrorCode, string>> = {
  'forge.unauthorized':
    'Check that the token is not expired or revoked, or that the key is one of the App’s and the clock is right.',
  'forge.forbidden':
    'Check what the App or the token may do in this repository, and accept new permissions of the App where GitHub asks for it.',
  'forge.not_found':
    'Check that it exists, and that the App is installed there or the token may see it; GitHub hides what it does not show.',
  'forge.conflict': 'Look at what is there now.',
  'forge.rate_limited': 'This is tried again by itself.',
  'forge.unavailable': 'This is tried again by itself; see https://www.githubstatus.com if it stays.',
};

/** GitHub ends by itself what takes 10 s; what was asked for has shown itself after this, or was not done. */
const settledMs = 20_000;

/** The error for a write that may have been done, or still be, though it does not show: to be looked up later. */
export const unsure = (error: GatehouseError): GatehouseError =>
  new GatehouseError('forge.unavailable', error.message, {
    cause: error,
    details: {
      ...error.details,
      mayShowLater: true,
      retryAfterMs: Math.max(Number(error.details?.['retryAfterMs'] ?? 0), settledMs),
    },
  });

/** An answer about something else than was asked: what it says is not believed. */
export const another = (what: string): GatehouseError =>
  new GatehouseError('forge.unavailable', `${what} This is looked up again by itself.`);

/** A name that was given up can be taken by anybody: what has it now is not ours. */
export const replaced = ({ owner, name, id }: ForgeRepo, now: number): GatehouseError =>
  new GatehouseError(
    'forge.replaced',
    `${owner}/${name} is another repository at GitHub by now (its number is ${now}; ours is ${id}), so nothing is read from it or written to it. Ours is followed to its new name as soon as the App can see it there. Where it was deleted and the new one is meant, register that under another name: gatehouse repo add.`,
  );

/** A minute, where GitHub says that it is too much and not how long. */
const unsaidWaitMs = 60_000;

/** The error for what GitHub answered. */
export const faultOf = (what: string, refusal: Refusal): GatehouseError => {
  const { status, message, errors } = refusal;
  const wait = waitOf(refusal.header);
  const code = codeOf(refusal, wait);
  const suspended = code === 'forge.forbidden' && /suspended/i.test(message);
  const advice = suspended
    ? 'The installation of the App is suspended: unsuspend it at GitHub, settings of the owner, "GitHub Apps".'
    : (next[code] ?? 'Look at what was sent.');
  const words = [message, ...errors.map((error) => error.message || `${error.field} ${error.code}`)];
  return new GatehouseError(
    code,
    `GitHub answered ${status} to ${what}: ${said(words.filter(Boolean).join('; ')) || 'no message'}. ${advice}`,
    {
      details: {
        status,
        errors,
        ...(code === 'forge.rate_limited' && { retryAfterMs: wait ?? unsaidWaitMs }),
        ...(code === 'forge.unavailable' && wait !== undefined && { retryAfterMs: wait }),
      },
    },
  );
};
