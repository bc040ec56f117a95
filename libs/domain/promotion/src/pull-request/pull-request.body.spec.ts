import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fenced, pullRequestBody, type BodyParts } from './pull-request.body.js';

const parts: BodyParts = {
  goal: 'Fix the typo',
  requester: 'ada',
  tainted: false,
  sessionId: 'ses_01J0000000000000000000000A',
  sessionUrl: 'https://gatehouse.example.org/panel/jobs/job_1',
  alias: 'calm-otter',
  candidateId: 'cnd_1',
  base: 'a'.repeat(40),
  target: 'main',
  commit: 'b'.repeat(40),
  tree: 'c'.repeat(40),
  policyDigest: 'd'.repeat(64),
  gates: [
    { gate: 'paths', answer: 'pass', required: true, findings: [] },
    { gate: 'extra', answer: 'fail', required: false, findings: [] },
  ],
  approvals: [{ name: 'grace', answer: 'approve', at: '2026-01-02T03:04:05Z' }],
};

describe('the text of a pull request', () => {
  it('says who asked, what was checked, who approved and what it is bound to', () => {
    const body = pullRequestBody(parts);
    expect(body).toContain('| Asked for by | `ada` |');
    expect(body).toContain('pass: 1 of 1 gates passed');
    expect(body).toContain('`grace` approved at 2026-01-02T03:04:05Z');
    expect(body).toContain('<!-- gatehouse:ses_01J0000000000000000000000A -->');
    expect(pullRequestBody(parts)).toBe(body);
  });

  it('says that its goal came from somebody who is not trusted', () => {
    expect(pullRequestBody({ ...parts, tainted: true })).toContain('untrusted input');
  });

  it.each([
    ['a mention', 'Thanks @ada and @org/team'],
    ['a closing word', 'Closes #1, fixes acme/widgets#2'],
    ['an image', '![x](https://evil.example/?q=secret)'],
    ['a link', '[click](https://evil.example)'],
    ['a comment', '<!-- hidden -->'],
    ['a fence', '```\n@ada\n```\n@ada'],
    ['a longer fence', '~~~~\n`````\n@ada\n`````'],
  ])('keeps %s of the goal inside a fence', (_, goal) => {
    const body = pullRequestBody({ ...parts, goal });
    const [open = ''] = body.split('\n');
    const fence = /^`+/.exec(open)?.[0] ?? '';
    const [inside = '', after = ''] = body.slice(open.length + 1).split(`\n${fence}\n`);
    expect(inside).toBe(goal);
    expect(after).not.toContain('evil.example');
    expect(after).not.toContain('@ada');
  });

  it('takes out what cannot be seen, and what reorders', () => {
    expect(fenced('a\u202eb\u200bc\u0007d\u{e0041}')).toBe('```text\nabcd\n```');
  });

  it('cannot be left by any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', '~', '\n', ' ', 'a', '@', '\r') }), (goal) => {
        const lines = fenced(goal).split('\n');
        const fence = /^`+/.exec(lines[0] ?? '')?.[0] ?? '';
        expect(lines.slice(1, -1).some((line) => line.trim().startsWith(fence))).toBe(false);
        expect(lines.at(-1)).toBe(fence);
      }),
    );
  });

  it.each(['`x` | @ada', 'a\nb', '![x](y)'])('shows the name %j as code in one cell', (requester) => {
    const line = pullRequestBody({ ...parts, requester })
      .split('\n')
      .find((text) => text.startsWith('| Asked'));
    expect(line?.match(/`/g)).toHaveLength(2);
    expect(line?.match(/\|/g)).toHaveLength(3);
  });
});
