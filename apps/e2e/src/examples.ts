import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Root of the clone. */
export const clone = join(import.meta.dirname, '..', '..', '..');

/** A document below `examples/`, as its YAML says it, not checked. */
export const readExample = (name: string): unknown =>
  parse(readFileSync(join(clone, 'examples', name), 'utf8')) as unknown;
