import { describe, expect, it } from '@jest/globals';
import { commitMessage } from './commit.message.js';

const message = (title: string | undefined, requestedBy = 'alice'): string =>
  commitMessage({
    title,
    jobName: 'fix-typo',
    sessionId: 'ses_1',
    candidateId: 'cnd_1',
    policyDigest: 'abc',
    requestedBy,
  });
const titleOf = (title: string | undefined): string => message(title).split('\n')[0] as string;

describe('the message of a commit', () => {
  it('is the title, a blank line and our trailers', () => {
    expect(message('Fix typo')).toBe(
      'Fix typo\n\nGatehouse-Session: ses_1\nGatehouse-Candidate: cnd_1\nGatehouse-Policy: abc\nGatehouse-Requested-By: alice\n',
    );
  });

  it.each([
    ['a\n\nSigned-off-by: Ceo <ceo@example.org>', 'a Signed-off-by: Ceo <ceo@example.org>'],
    ['a\u2028\u2029\u0085\u0000b', 'a b'],
    ['a\u202e\u200b\ufeffb', 'a b'],
    ['\ud800x', 'x'],
    ['Docs [skip ci] here', 'Docs here'],
    ['Docs [Skip  CI]', 'Docs [Skip CI]'.replace(' [Skip CI]', '')],
    ['[skip [skip ci] ci] x', 'x'],
    ['***NO_CI*** x', 'x'],
    ['Fixes #12: crash', 'Fixes no. 12: crash'],
    ['closes acme/widgets#7', 'closes no. 7'],
    ['thanks @alice and @org/team', 'thanks alice and org/team'],
    ['mail a@b.c', 'mail a@b.c'],
    ['See #12', 'See #12'],
    [undefined, 'fix-typo'],
    ['\u200b', 'fix-typo'],
    ['[skip ci]', 'fix-typo'],
  ])('makes of the title %j %j', (title, made) => {
    expect(titleOf(title)).toBe(made);
  });

  it('keeps to one line of 200 characters and whole ones', () => {
    const title = titleOf('\u{1f600}'.repeat(300));
    expect([...title]).toHaveLength(200);
    expect(title).not.toMatch(/\p{Cs}/u);
  });

  it('lets no name add a trailer', () => {
    const lines = message('x', 'eve\nSigned-off-by: Ceo <c@e.o>').split('\n');
    expect(lines.at(-2)).toBe('Gatehouse-Requested-By: eve Signed-off-by: Ceo <c@e.o>');
    expect(lines).toHaveLength(7);
  });
});
