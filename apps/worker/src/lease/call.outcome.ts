import { ApiProblem, LeaseLost } from '@gatehouse/client/worker';
import { GatehouseError, type ErrorCode } from '@gatehouse/contracts';

/** Answers after which nothing can be said under a lease any more: it, or its token, is gone. */
const lostCodes: readonly (ErrorCode | undefined)[] = [
  'lease.not_found',
  'auth.required',
  'auth.invalid',
  'auth.forbidden',
];

/**
 * What a failed call means: `lost`: the lease is no longer ours; `again`: waiting may help (no answer, an outage,
 * too many requests); `refused`: the same call will be refused for ever.
 */
export const callOutcome = (error: unknown): 'lost' | 'again' | 'refused' => {
  if (error instanceof LeaseLost) return 'lost';
  if (error instanceof ApiProblem) {
    if (lostCodes.includes(error.code)) return 'lost';
    const waits =
      error.fault === 'outage' || error.status >= 500 || error.status === 429 || error.status === 408;
    return waits ? 'again' : 'refused';
  }
  if (error instanceof GatehouseError) return error.fault === 'outage' ? 'again' : 'refused';
  // An abort or a broken line that the client did not put into words.
  return error instanceof DOMException ? 'again' : 'refused';
};
