// Writes what is done about each event into docs/webhooks.md; a spec holds the two together. Build first.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from '../dist/docs.table.js';

const page = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'webhooks.md');
writeFileSync(page, withTables(readFileSync(page, 'utf8')));
