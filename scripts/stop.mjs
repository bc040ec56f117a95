// make stop, also where nothing was ever built.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clone, run, say } from './step.mjs';

const launcher = join(clone, 'apps', 'launcher', 'dist', 'main.js');
if (existsSync(launcher)) process.exit((await run(process.execPath, [launcher, 'stop'])).code);
say('Nothing was built in this clone, so nothing of it runs.');
