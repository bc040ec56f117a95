import { describe, expect, it } from '@jest/globals';
import { formatCommit, type CommitRequest } from './commit.writer.js';
import { hashObject } from './tree/tree.format.js';

const request: CommitRequest = {
  tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  parents: ['1'.repeat(40), '2'.repeat(40)],
  message: 'Fix it\r\n\r\nBecause.  \n\n',
  author: { name: 'Ada L.', email: 'ada@example.org' },
  committer: { name: 'Gatehouse', email: 'bot@example.org' },
  date: new Date(1_700_000_000_999),
};

describe('the bytes of a commit', () => {
  it('depend on the request alone', () => {
    expect(formatCommit(request).toString()).toBe(
      `tree ${request.tree}\nparent ${'1'.repeat(40)}\nparent ${'2'.repeat(40)}\nauthor Ada L. <ada@example.org> 1700000000 +0000\ncommitter Gatehouse <bot@example.org> 1700000000 +0000\n\nFix it\n\nBecause.\n`,
    );
    expect(hashObject('commit', formatCommit(request))).toMatch(/^[0-9a-f]{40}$/);
  });
  it.each<[string, Partial<CommitRequest>]>([
    ['a header smuggled into a name', { author: { name: 'x\ncommitter y', email: 'a@b' } }],
    ['an address with brackets', { author: { name: 'x', email: 'a@b> 1 +0000\n' } }],
    ['an empty name', { committer: { name: ' ', email: 'a@b' } }],
    ['an empty message', { message: ' \n' }],
    ['a NUL in the message', { message: 'a\0b' }],
    ['a revision instead of an id', { parents: ['1'.repeat(40), 'HEAD'] }],
    ['no date', { date: new Date(NaN) }],
  ])('refuse %s', (_, change) => {
    expect(() => formatCommit({ ...request, ...change })).toThrow(
      expect.objectContaining({ code: 'git.refused' }),
    );
  });
});
