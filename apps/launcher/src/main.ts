// `node main.js start`: runs the command from its bundle, which loads in half the time, or from its files where the
// bundle is not what they would make.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleFits } from './supervisor/program.js';

const command = bundleFits(import.meta.dirname) ? 'bundle/command.js' : 'command.js';
await import(pathToFileURL(join(import.meta.dirname, command)).href);
