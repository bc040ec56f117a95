// The pure tests of the room that it is called in: what nx runs for its target `unit`, and need not run where nothing
// that they depend on has changed.
import { relative } from 'node:path';
import { clone, run } from './step.mjs';

const room = relative(clone, process.cwd());
const { code } = await run(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--roots',
    `<rootDir>/${room}`,
    '--maxWorkers=1',
    '--passWithNoTests',
  ],
  { env: { TEST_KIND: 'unit' } },
);
process.exit(code);
