import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { runtimeArtifacts } from './runtime-artifacts.gate.js';

const check = (change: SampleChange, more?: string[]) =>
  inShort(
    runtimeArtifacts.check(
      sampleFacts({ changes: [change], policy: more === undefined ? {} : { runtimeArtifacts: more } }),
    ),
  );

describe('runtime-artifacts', () => {
  it.each([
    '.env',
    'app/.env.local',
    'logs/a',
    'node_modules/a/b.js',
    '.gatehouse/x',
    'data.sqlite',
    'a/__pycache__/b.pyc',
    'dist/a.js',
    'memory/notes.md',
  ])('blocks %s', (path) => expect(check({ path })).toBe(`fail; path.runtime_artifact ${path}`));

  it.each([
    'src/logs.ts',
    'docs/env.md',
    '.env.example',
    'src/memory/index.ts',
    'distance/a.ts',
    'node_modules',
  ])('lets %s pass', (path) => expect(check({ path })).toBe('pass'));

  it('lets them be removed, not changed', () => {
    expect(check({ path: '.env', oldMode: '100644', newMode: '000000' })).toBe('pass');
    expect(check({ path: '.env', oldMode: '100644' })).toBe('fail; path.runtime_artifact .env');
  });

  it('no policy can lift ours; what is more is the policy’s', () => {
    expect(check({ path: '.env' }, [])).toBe('fail; path.runtime_artifact .env');
    expect(check({ path: 'dist/a.js' }, [])).toBe('pass');
    expect(check({ path: 'out/a.js' }, ['out/**'])).toBe('fail; path.runtime_artifact out/a.js');
  });
});
