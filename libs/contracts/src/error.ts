/**
 * Whose fault an error is. The fault alone decides HTTP status class, log level and whether a retry helps:
 * `caller` 4xx, logged at info, never retried; `conflict` 409/412, logged at info, retried after re-reading;
 * `outage` 503, logged at warn, retried with back-off; `bug` 500, logged at error, never retried.
 */
export type Fault = 'caller' | 'conflict' | 'outage' | 'bug';

interface ErrorRow {
  readonly fault: Fault;
  /** HTTP status of the problem document. */
  readonly status: number;
  /** Short, stable title of the problem document (RFC 9457 `title`). */
  readonly title: string;
  /** See `GatehouseError.isAway`. */
  readonly away?: true;
}

const caller = (status: number, title: string): ErrorRow => ({ fault: 'caller', status, title });
const conflict = (title: string, status = 409): ErrorRow => ({ fault: 'conflict', status, title });
const outage = (title: string, status = 503): ErrorRow => ({ fault: 'outage', status, title });
const away = (title: string): ErrorRow => ({ ...outage(title), away: true });
const bug = (title: string): ErrorRow => ({ fault: 'bug', status: 500, title });

/** Every error code on the wire. Codes are API: they may be added, never renamed. */
export const errorCodes = {
  'request.malformed': caller(400, 'The request cannot be read'),
  'request.invalid': caller(422, 'The request has invalid values'),
  'request.too_large': caller(413, 'The request body is too large'),
  'request.headers_too_large': caller(431, 'The headers of the request are too large'),
  'request.timed_out': caller(408, 'The request did not come in time'),
  'request.unsupported_media': caller(415, 'The content type is not supported'),
  'request.not_found': caller(404, 'There is nothing at this address'),
  'request.method_not_allowed': caller(405, 'This address does not answer that method'),
  'request.rate_limited': caller(429, 'Too many requests'),
  'request.host_refused': caller(421, 'This host name is not served here'),
  'request.origin_refused': caller(403, 'Writes from this origin are refused'),
  'auth.required': caller(401, 'Sign in first'),
  'auth.invalid': caller(401, 'The credential is not valid'),
  'auth.forbidden': caller(403, 'This principal may not do that'),
  'cursor.invalid': caller(422, 'The cursor is not one of ours'),
  'idempotency.mismatch': conflict('The Idempotency-Key was used with another body', 422),
  'idempotency.in_progress': conflict('The first request with this Idempotency-Key is still running'),
  'policy.denied': caller(403, 'Policy refuses this'),
  'policy.invalid': caller(422, 'The policy document is not valid'),
  'policy.own_work': caller(403, 'Another person has to activate what this one wrote'),
  'repository.not_found': caller(404, 'No such repository'),
  'repository.exists': conflict('A repository of this name exists'),
  'repository.url_refused': caller(422, 'This repository address is refused'),
  'repository.unreachable': caller(422, 'The repository cannot be read'),
  'repository.base_not_found': caller(422, 'The base does not exist in the repository'),
  'job.not_found': caller(404, 'No such job'),
  'job.ended': conflict('The job has already ended'),
  'schedule.not_found': caller(404, 'No such schedule'),
  'schedule.version_conflict': conflict('The schedule was changed meanwhile'),
  'schedule.state_conflict': conflict('The schedule is not in a state that allows this'),
  'session.not_found': caller(404, 'No such session'),
  'session.state_conflict': conflict('The session is not in a state that allows this'),
  'attempt.not_found': caller(404, 'No such attempt'),
  'attempt.state_conflict': conflict('The attempt is not in a state that allows this'),
  'lease.not_found': caller(404, 'No such lease'),
  'lease.fenced': conflict('The lease has a newer generation; this write changed nothing'),
  'lease.gone': { fault: 'conflict', status: 410, title: 'The lease is over; this write changed nothing' },
  'worker.not_found': caller(404, 'No such worker'),
  'artifact.not_found': caller(404, 'No such artifact'),
  'artifact.digest_mismatch': caller(422, 'The bytes do not have the declared digest'),
  'candidate.not_found': caller(404, 'No such candidate'),
  'candidate.not_judged': conflict('The candidate has no verdict yet'),
  'promotion.not_found': caller(404, 'No such promotion'),
  'promotion.state_conflict': conflict('The promotion is not in a state that allows this'),
  'approval.own_work': caller(403, 'Nobody approves their own work'),
  'approval.not_waiting': conflict('The promotion does not wait for an approval'),
  'approval.already_given': conflict('This principal has already answered'),
  'principal.not_found': caller(404, 'No such principal'),
  'principal.exists': conflict('A principal of this name exists'),
  'token.not_found': caller(404, 'No such token'),
  'webhook.not_configured': outage('Webhooks are not set up here'),
  'webhook.signature_refused': caller(401, 'The delivery is not signed as it has to be'),
  'webhook.not_found': caller(404, 'No such delivery'),
  'trigger.not_found': caller(404, 'No such trigger'),
  'trigger.exists': conflict('Another trigger of the repository listens to that'),
  'identity.exists': conflict('This account stands for another principal'),
  'task.not_found': caller(404, 'No such task'),
  'task.not_dead': conflict('Only a dead task can be retried'),
  'task.twin_waits': conflict('Another task for the same waits already'),
  'task.claim_lost': conflict('Another process took the task over; this run changed nothing'),
  'stream.not_found': caller(404, 'No such ledger stream'),
  'ledger.corrupt': bug('The ledger does not verify'),
  'git.refused': caller(422, 'Git refused this'),
  'git.failed': outage('A git command failed'),
  'git.timeout': outage('A git command took too long'),
  'git.unavailable': away('The host of the repository does not answer'),
  'forge.unauthorized': outage('The forge does not take our credential'),
  'forge.forbidden': outage('The forge does not let us do this'),
  'forge.not_found': caller(404, 'The forge has no such thing, or hides it from us'),
  'forge.conflict': conflict('The forge says that this clashes with what is there'),
  'forge.invalid': caller(422, 'The forge refuses these values'),
  'forge.rate_limited': outage('The forge wants fewer requests'),
  'forge.unavailable': away('The forge does not answer'),
  'forge.replaced': conflict('Another repository has this name at the forge by now'),
  'forge.not_shown': outage('The forge does not show it yet'),
  'sandbox.unavailable': outage('No isolation works on this machine'),
  'sandbox.failed': outage('The sandbox could not be run'),
  'database.unavailable': outage('The database does not answer'),
  'database.unsafe': outage('The database is set up so that it can lose acknowledged writes'),
  'database.newer_schema': outage('The database was migrated by a newer Gatehouse'),
  'queue.unavailable': outage('The task queue does not answer'),
  'storage.full': { fault: 'outage', status: 507, title: 'There is no space left' },
  'internal.unexpected': bug('Something broke on our side'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * The one error class. Thrown for the impossible and the broken only: a denial or a failed gate is an answer,
 * not an error. `message` says what happened and what to do next, and never holds a secret.
 */
export class GatehouseError extends Error {
  readonly code: ErrorCode;
  /** Machine-readable facts beside the message, e.g. the list of invalid fields. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'GatehouseError';
    this.code = code;
    this.details = options.details;
  }

  get fault(): Fault {
    return errorCodes[this.code].fault;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  /** Others do not answer at all, which may last for hours: what waits for them waits, and gives nothing up. */
  get isAway(): boolean {
    return (errorCodes[this.code] as ErrorRow).away === true;
  }
}

/** True where a retry of the same call, unchanged, may succeed. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof GatehouseError ? error.fault === 'outage' : true;
