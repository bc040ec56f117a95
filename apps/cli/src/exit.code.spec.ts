import { problemResponse } from '@gatehouse/client/testing';
import { errorCodes, type ErrorCode } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { exitCodes } from './exit.code.js';
import { run } from './testing/fake.io.js';

const failWith = (code: ErrorCode) =>
  run(['job', 'cancel', 'job_01J00000000000000000000000'], {
    handlers: { 'jobs.cancel': () => problemResponse(code, 'This happened. Do that.') },
  });

/** Written out: scripts rely on it. */
const expected: Partial<Record<ErrorCode, number>> = {
  'request.invalid': 2,
  'request.malformed': 2,
  'cursor.invalid': 2,
  'policy.invalid': 2,
  'policy.denied': 1,
  'repository.unreachable': 1,
  'repository.base_not_found': 1,
  'artifact.digest_mismatch': 1,
  'git.refused': 1,
  'job.not_found': 3,
  'request.not_found': 3,
  'auth.required': 4,
  'auth.invalid': 4,
  'auth.forbidden': 4,
  'approval.own_work': 4,
  'job.ended': 5,
  'promotion.state_conflict': 5,
  'idempotency.mismatch': 5,
  'lease.gone': 5,
  'request.rate_limited': 7,
  'database.unavailable': 7,
  'storage.full': 7,
  'internal.unexpected': 7,
};

describe('exit codes', () => {
  it('are these and no others', () => {
    const codes = Object.entries(exitCodes).map(([name, { code }]) => `${name} ${code}`);
    expect(codes).toEqual([
      'ok 0',
      'refused 1',
      'usage 2',
      'notFound 3',
      'forbidden 4',
      'conflict 5',
      'unreachable 6',
      'outage 7',
      'interrupted 130',
    ]);
  });

  it.each(Object.entries(expected) as [ErrorCode, number][])('%s ends with %i', async (code, exit) => {
    const { code: got, stderr, stdout } = await failWith(code);
    expect(got).toBe(exit);
    expect(stderr).toBe('gatehouse: This happened — Do that\n');
    expect(stdout).toBe('');
  });

  it('is never 0, and never "unreachable", for any problem of the plane', async () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const { code: got } = await failWith(code);
      expect([code, [1, 2, 3, 4, 5, 7].includes(got)]).toEqual([code, true]);
    }
  });

  it('says 6 when nobody answers, or somebody who is not Gatehouse', async () => {
    const refused = await run(['job', 'list'], {
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    expect(refused.code).toBe(6);
    expect(refused.stderr).toMatch(
      /^gatehouse: http:\/\/127\.0\.0\.1:7070 cannot be reached .* — Check that/,
    );
    const other = await run(['job', 'list'], { fetch: async () => new Response('<html>', { status: 404 }) });
    expect(other.code).toBe(6);
  });

  it('puts the error on stdout as JSON too, where JSON was asked for', async () => {
    const { stdout, code } = await run(['job', 'list', '--json'], {
      handlers: {
        'jobs.list': () =>
          problemResponse('request.invalid', 'Not valid. Mend it.', {
            errors: [{ path: 'limit', message: 'too big' }],
          }),
      },
    });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        exit: 'usage',
        code: 'request.invalid',
        status: 422,
        message: 'Not valid',
        next: 'Mend it',
        errors: [{ path: 'limit', message: 'too big' }],
      },
    });
  });

  it('cleans what the plane says, as it may quote an agent', async () => {
    const { stderr } = await run(['job', 'list'], {
      handlers: {
        'jobs.list': () => problemResponse('internal.unexpected', 'It said \u001b[2Jboo\u202e. Look.'),
      },
    });
    expect(stderr).toBe('gatehouse: It said boo — Look\n');
  });

  it.each([
    [['job', 'sumbit']],
    [['job']],
    [[]],
    [['job', 'list', '--nope']],
    [['job', 'show']],
    [['nope']],
    [['job', 'list', '--limit', '0']],
  ])('%j is a slip of usage, said on stderr', async (args) => {
    const { code, stdout, stderr, requests } = await run(args);
    expect([code, stdout, requests]).toEqual([2, '', []]);
    expect(stderr).not.toBe('');
  });

  it('is 0 for help, which goes to stdout', async () => {
    const { code, stdout, stderr } = await run(['job', 'submit', '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: gatehouse job submit');
  });
});
