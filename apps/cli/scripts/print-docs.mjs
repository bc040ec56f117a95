// Writes docs/cli.md from the built command. Build first: npx nx build @gatehouse/cli
import { mkdirSync, writeFileSync } from 'node:fs';
import { cliPage } from '../dist/docs.page.js';

const docs = new URL('../../../docs/', import.meta.url);
mkdirSync(docs, { recursive: true });
writeFileSync(new URL('cli.md', docs), cliPage());
