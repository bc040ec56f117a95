/// <reference types="node" />
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { words } from './words.js';

const glossary = readFileSync(join(import.meta.dirname, '../../../../docs/glossary.md'), 'utf8');

describe('words', () => {
  it.each(Object.keys(words))('%s stands in the glossary too', (word) => {
    expect(glossary.toLowerCase()).toMatch(new RegExp(`^\\| \\*\\*${word}\\*\\*`, 'm'));
  });
});
