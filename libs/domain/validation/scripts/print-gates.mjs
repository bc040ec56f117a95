// Writes docs/gates.md from the built registry. Build first: npx nx build @gatehouse/validation
import { writeFileSync } from 'node:fs';
import { gatesPage } from '../dist/gates.page.js';

writeFileSync(new URL('../../../../docs/gates.md', import.meta.url), gatesPage());
