import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { answered, examplesIn } from './policy.examples.fixture.js';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/policy.md'), 'utf8');

describe('the worked examples of docs/policy.md', () => {
  const examples = examplesIn(page);

  it('are ten', () => expect(examples).toHaveLength(10));

  it.each(examples)('$title', (example) => expect(answered(example)).toBe(example.console));
});
