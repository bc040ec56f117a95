import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { forbiddenPaths } from './forbidden-paths.gate.js';

const check = (changes: SampleChange[], forbidden?: string[]) =>
  inShort(
    forbiddenPaths.check(
      sampleFacts({ changes, policy: forbidden === undefined ? {} : { forbiddenPaths: forbidden } }),
    ),
  );

describe('forbidden-paths', () => {
  it.each([
    '.github/workflows/ci.yml',
    '.GITHUB/workflows/ci.yml',
    '.gitlab-ci.yml',
    '.circleci/config.yml',
    'Jenkinsfile',
    '.gatehouse.yml',
  ])('blocks %s by default', (path) => expect(check([{ path }])).toBe(`fail; path.forbidden ${path}`));

  it.each([
    '.github/ISSUE_TEMPLATE/bug.md',
    '.github/dependabot.yml',
    'git.md',
    'docs/.gitkeep',
    'docs/workflows/ci.yml',
    'src/gatehouse.ts',
    'Jenkinsfile.md',
  ])('lets %s pass', (path) => expect(check([{ path }])).toBe('pass'));

  it('looks at both sides: what is forbidden cannot be deleted either', () => {
    const gone = { path: '.gitlab-ci.yml', oldMode: '100644', newMode: '000000' };
    expect(check([gone])).toBe('fail; path.forbidden .gitlab-ci.yml');
  });

  it('obeys the policy', () => {
    expect(check([{ path: 'secret/a' }, { path: 'a' }], ['secret/**'])).toBe('fail; path.forbidden secret/a');
    expect(check([{ path: '.gitlab-ci.yml' }], [])).toBe('pass');
  });
});
