import { ApiProblem } from '@gatehouse/client';
import { GatehouseError } from '@gatehouse/contracts';
import { CommanderError } from 'commander';

/** What the shell gets. Stable: scripts branch on it. */
export const exitCodes = {
  ok: { code: 0, summary: 'Done; where a job was watched: promoted, stored or nothing to change' },
  refused: {
    code: 1,
    summary: 'Refused or failed: the answer is no, or the watched job ended without success',
  },
  usage: { code: 2, summary: 'The command, a file or a value is not valid; nothing was changed' },
  notFound: { code: 3, summary: 'No such thing (for status: nothing runs)' },
  forbidden: { code: 4, summary: 'No token, not a valid one, or one that may not do this' },
  conflict: { code: 5, summary: 'Something else came first; read again, then decide' },
  unreachable: { code: 6, summary: 'The plane cannot be reached' },
  outage: { code: 7, summary: 'The plane answered that a part of it is broken or busy; try again later' },
  interrupted: { code: 130, summary: 'Ended by Ctrl-C; what was submitted goes on' },
} as const;
export type ExitName = keyof typeof exitCodes;

/** A fault found on this side, before or after a call. */
export class CliFault extends Error {
  readonly exit: ExitName;
  /** What to do about it. */
  readonly next: string;

  constructor(exit: ExitName, what: string, next: string, options: { cause?: unknown } = {}) {
    super(what, options);
    this.exit = exit;
    this.next = next;
  }
}

/** The user pressed Ctrl-C. */
export class Interrupted extends Error {}

const exitOfProblem = (problem: ApiProblem): ExitName => {
  if (problem.kind === 'connection' || problem.kind === 'timeout') return 'unreachable';
  if (problem.kind === 'unreadable') return 'outage';
  if (problem.problem === undefined)
    return problem.status >= 500 && problem.status !== 502 ? 'outage' : 'unreachable';
  const code = String(problem.code);
  if (problem.status === 429) return 'outage';
  if (code === 'policy.denied') return 'refused';
  if (problem.status === 401 || problem.status === 403) return 'forbidden';
  if (problem.status === 404) return 'notFound';
  if (problem.fault === 'conflict') return 'conflict';
  if (problem.fault !== 'caller') return 'outage';
  return /^(?:request|cursor)\.|^policy\.invalid$/.test(code) ? 'usage' : 'refused';
};

const nextOf: Readonly<Record<ExitName, string>> = {
  ok: '',
  refused: 'see the reason above',
  usage: 'run it with --help',
  notFound: 'list what there is',
  forbidden: 'pass a token that may: GATEHOUSE_TOKEN, GATEHOUSE_TOKEN_FILE or --token-file',
  conflict: 'look at it again, then decide',
  unreachable: 'run gatehouse doctor, or check GATEHOUSE_URL',
  outage: 'try again later; gatehouse doctor says which part it is',
  interrupted: '',
};

export interface Ending {
  readonly exit: ExitName;
  /** One line for people: what happened — what to do next. Undefined where all was said. */
  readonly line: string | undefined;
  /** The same for machines. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** Our messages are "what happened. what to do next." */
const twoParts = (message: string, exit: ExitName): [what: string, next: string] => {
  const cut = /^(.+?)[.!]\s+(\S[\s\S]*)$/.exec(message.trim());
  if (cut?.[1] && cut[2]) return [cut[1], cut[2].replace(/\.$/, '')];
  return [message.trim().replace(/\.$/, ''), nextOf[exit]];
};

export const endingOf = (error: unknown): Ending => {
  if (error instanceof Interrupted) return { exit: 'interrupted', line: undefined, json: undefined };
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are no errors.
    if (error.exitCode === 0) return { exit: 'ok', line: undefined, json: undefined };
    const message = error.message.replace(/^error: /, '').replace(/\n[\s\S]*$/, '');
    return { exit: 'usage', line: undefined, json: { exit: 'usage', message, next: nextOf.usage } };
  }
  if (error instanceof CliFault) {
    const { exit, message, next } = error;
    return { exit, line: `${message} — ${next}`, json: { exit, message, next } };
  }
  if (error instanceof ApiProblem) {
    const exit = exitOfProblem(error);
    const [what, next] = twoParts(error.message, exit);
    const errors = error.problem?.errors ?? [];
    const places = errors.map(({ path, message }) => `\n  ${path || '(document)'}: ${message}`).join('');
    const { code, status } = error;
    return {
      exit,
      line: `${what} — ${next}${places}`,
      json: {
        exit,
        ...(code ? { code } : {}),
        status,
        message: what,
        next,
        ...(errors.length ? { errors } : {}),
      },
    };
  }
  if (error instanceof GatehouseError && error.fault !== 'bug') {
    const exit = error.fault === 'outage' ? 'outage' : 'usage';
    const [what, next] = twoParts(error.message, exit);
    return {
      exit,
      line: `${what} — ${next}`,
      json: { exit, code: error.code, status: error.status, message: what, next },
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const next = 'this is a fault of the command itself; please report it';
  return { exit: 'outage', line: `${message} — ${next}`, json: { exit: 'outage', message, next } };
};
