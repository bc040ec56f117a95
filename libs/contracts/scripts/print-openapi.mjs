// Writes libs/contracts/openapi.json from the built contracts. Build first: npx nx build @gatehouse/contracts
import { readFileSync, writeFileSync } from 'node:fs';
import { openapiDocument } from '../dist/index.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
writeFileSync(
  new URL('../openapi.json', import.meta.url),
  `${JSON.stringify(openapiDocument(version), null, 2)}\n`,
);
