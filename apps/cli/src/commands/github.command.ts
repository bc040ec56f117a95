import type { Noun } from '../cli.js';
import { launch } from './plane.command.js';

interface SetupOptions {
  readonly dir: string;
  readonly github?: string;
  readonly org?: string;
  readonly name?: string;
  readonly publicUrl?: string;
  readonly port?: string;
  readonly code?: string;
  readonly save?: true;
  readonly json?: true;
}

export const githubVerbs: Noun = (program, verb) => {
  const github = program.command('github').description('The connection of this installation with GitHub');

  verb<SetupOptions>(
    github,
    'setup',
    'Make a GitHub App for this installation, and keep its key in a folder',
    ({ io }, _, { dir, github: at, org, name, publicUrl, port, code, save, json }) => {
      const given = Object.entries({ dir, github: at, org, name, 'public-url': publicUrl, port, code });
      return launch(io, 'github-setup', [
        // In one argument each, so that a value that looks like an option is none.
        ...given.flatMap(([option, value]) => (value === undefined ? [] : [`--${option}=${value}`])),
        ...(save ? ['--save'] : []),
        ...(json ? ['--json'] : []),
      ]);
    },
  )
    .requiredOption('--dir <folder>', 'where its key and the secret of its webhook are to be')
    .option('--github <address>', 'an Enterprise Server instead of GATEHOUSE_GITHUB_URL')
    .option('--org <login>', 'an organisation that the App is to belong to, instead of yourself')
    .option('--name <name>', 'of the App; nobody else at GitHub may have it')
    .option('--public-url <address>', 'where GitHub reaches this installation; without it no webhooks')
    .option('--port <number>', 'on 127.0.0.1, for the page that your browser opens (default: a free one)')
    .option('--code <code>', 'what GitHub led your browser back with, where nobody listened')
    .option('--save', 'put the settings into settings.env of the data folder');
};
