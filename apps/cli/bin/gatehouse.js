#!/usr/bin/env node
// npm links commands while it installs, when nothing is built yet: so this file is in git and the program in dist.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dist = new URL('../dist/', import.meta.url);
const program = new URL('main.js', dist);
if (existsSync(program)) {
  // A bundle loads in half the time, and is never run in place of newer files.
  const judge = new URL('../../launcher/dist/supervisor/program.js', import.meta.url);
  const { bundleFits } = await import(judge).catch(() => ({ bundleFits: () => false }));
  await import(bundleFits(fileURLToPath(dist)) ? new URL('bundle/main.js', dist) : program);
} else {
  process.stderr.write('gatehouse is not built yet. Run `make setup` in the clone first.\n');
  process.exitCode = 1;
}
