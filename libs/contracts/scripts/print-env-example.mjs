// Writes .env.example at the root from the built contracts. Build first: npx nx build @gatehouse/contracts
import { writeFileSync } from 'node:fs';
import { envExample } from '../dist/settings.example.js';

writeFileSync(new URL('../../../.env.example', import.meta.url), envExample());
