import { errorCodes, type ErrorCode, type Fault, type Problem } from '@gatehouse/contracts';

/**
 * Why a call gave no answer:
 * `refused` the server said no (see `problem`), `connection` nobody could be reached or the line broke,
 * `timeout` no answer in time, `unreadable` the answer is not what this version of the client knows.
 */
export type ProblemKind = 'refused' | 'connection' | 'timeout' | 'unreadable';

interface ProblemFacts {
  readonly status?: number;
  readonly problem?: Problem;
  /** Milliseconds the server asked to wait before the next try. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The one error of the client. An abort by the caller is not a problem: its own reason is thrown then. */
export class ApiProblem extends Error {
  readonly kind: ProblemKind;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** The problem document; undefined unless `kind` is `refused` by Gatehouse itself. */
  readonly problem: Problem | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ProblemKind, message: string, facts: ProblemFacts = {}) {
    super(message, { cause: facts.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.status = facts.status ?? 0;
    this.problem = facts.problem;
    this.retryAfterMs = facts.retryAfterMs;
  }

  /** Stable code of the problem document. A newer server may send one that this table does not have. */
  get code(): ErrorCode | undefined {
    return this.problem?.code;
  }

  /** Whose fault it is; an unknown code and a missing answer are judged by their status. */
  get fault(): Fault {
    const row = this.code === undefined ? undefined : errorCodes[this.code];
    if (row) return row.fault;
    if (this.status === 409 || this.status === 412) return 'conflict';
    if (this.status >= 400 && this.status < 500) return 'caller';
    return this.kind === 'unreadable' || this.status === 500 ? 'bug' : 'outage';
  }
}

/** The lease no longer belongs to this worker: stop everything that runs under it. Nothing was changed. */
export class LeaseLost extends ApiProblem {}
/** `lease.fenced`: a newer generation took over. */
export class LeaseFenced extends LeaseLost {}
/** `lease.gone`: the lease was released, expired or revoked. */
export class LeaseGone extends LeaseLost {}

const field = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const asProblem = (body: unknown): Problem | undefined => {
  if (body === null || typeof body !== 'object') return undefined;
  const { code, title, detail } = body as Record<string, unknown>;
  // Not parsed by the schema: a code this version has never heard of is still the server's answer.
  return field(code) !== undefined && field(title) !== undefined && field(detail) !== undefined
    ? (body as Problem)
    : undefined;
};

const retryAfter = (response: Response): number | undefined => {
  const text = response.headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
};

/** Reads the answer of a call that was not a success. */
export const problemOf = async (response: Response, where: string): Promise<ApiProblem> => {
  const text = await response.text().catch(() => '');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const problem = asProblem(body);
  const retryAfterMs = retryAfter(response);
  const facts = {
    status: response.status,
    ...(problem ? { problem } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  if (!problem) {
    return new ApiProblem(
      'refused',
      `${where} answered ${response.status} without a Gatehouse problem document. Check that the address is Gatehouse's and what stands before it (proxy, other service).`,
      facts,
    );
  }
  const Kind =
    problem.code === 'lease.fenced' ? LeaseFenced : problem.code === 'lease.gone' ? LeaseGone : ApiProblem;
  return new Kind('refused', problem.detail, facts);
};

interface Broken {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}
/** By shape, not by class: an error may come from another realm. */
const asBroken = (error: unknown): Broken | undefined =>
  error !== null && typeof error === 'object' ? (error as Broken) : undefined;

/** The code of the outermost cause that has one, else the deepest message: `fetch failed` helps nobody. */
const causeOf = (error: unknown): string => {
  let found = String(error);
  let at = asBroken(error);
  for (let depth = 0; at !== undefined && depth < 5; depth++) {
    const code = field(at.code);
    if (code !== undefined) return code;
    found = field(at.message) || found;
    at = asBroken(at.cause ?? at.errors?.[0]);
  }
  return found;
};

export const connectionProblem = (where: string, cause: unknown): ApiProblem =>
  new ApiProblem(
    'connection',
    `${where} cannot be reached (${causeOf(cause)}). Check that Gatehouse runs there and that the address is right.`,
    { cause },
  );

export const timeoutProblem = (where: string, ms: number): ApiProblem =>
  new ApiProblem('timeout', `${where} gave no answer within ${ms} ms. Try again, or look at its health.`);
