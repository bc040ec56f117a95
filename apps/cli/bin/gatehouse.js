#!/usr/bin/env node
// npm links commands while it installs, when nothing is built yet: so this file is in git and the program in dist.
import { existsSync } from 'node:fs';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) await import(program);
else {
  process.stderr.write('gatehouse is not built yet. Run `make setup` in the clone first.\n');
  process.exitCode = 1;
}
