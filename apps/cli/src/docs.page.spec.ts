import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cliPage } from './docs.page.js';

describe('docs/cli.md', () => {
  it('is the one kept in git; else run node apps/cli/scripts/print-docs.mjs', () => {
    expect(readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md'), 'utf8')).toBe(
      cliPage(),
    );
  });
});
