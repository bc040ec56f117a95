import { describe, expect, it } from '@jest/globals';
import { triageText } from './triage.text.js';
import { triage } from './triage.js';

const issue = (title: string, body = '', number = 1) => ({ number, title, body });

describe('triage', () => {
  it.each([
    ['Crash when the file is empty', 'bug', 'normal'],
    ['Typo in README.md', 'documentation', 'normal'],
    ['How do I set the port?', 'question', 'low'],
    ['Add an option for the port', 'feature', 'normal'],
    ['SQL injection in the search', 'security', 'high'],
    ['Urgent: login fails', 'bug', 'high'],
    ['Things', 'unclear', 'normal'],
  ])('%s', (title, type, priority) => expect(triage(issue(title), [])).toMatchObject({ type, priority }));

  it('calls specific what names a place and an outcome', () => {
    const body = 'In `src/port.ts` the default is 80. It should be 8080 instead, as the docs say.';
    expect(triage(issue('Wrong default port', body), [])).toMatchObject({ specific: true, missing: [] });
    expect(triage(issue('It is broken'), []).missing).toEqual([
      'a description of a sentence or two',
      'a file, a name in the code, or a command',
      'what should be there afterwards',
    ]);
  });

  it('leaves what is about security to people, however specific', () => {
    const body = 'In `src/search.ts` the text is not escaped. It should be a parameter instead.';
    expect(triage(issue('SQL injection in search', body), []).specific).toBe(false);
  });

  it('finds issues whose titles are alike, the likest first, and never itself', () => {
    const recent = [
      issue('Crash on an empty file', '', 2),
      issue('Crashes with empty files', '', 3),
      issue('Dark mode', '', 4),
      issue('Crash on an empty file', '', 1),
    ];
    expect(triage(issue('Crash on empty file'), recent).duplicates).toEqual([2, 3]);
    expect(triage(issue('!!!'), recent).duplicates).toEqual([]);
  });

  it('repeats nothing of the issue', () => {
    const text = triageText(triage(issue('@everyone <img src=x> broken', 'closes #1'), []));
    expect(text).not.toMatch(/everyone|img|closes/);
  });

  it('bears long text', () => {
    const long = triage(issue('a'.repeat(100_000), `\`${'b '.repeat(500_000)}`), []);
    expect(long.type).toBe('unclear');
  });
});
