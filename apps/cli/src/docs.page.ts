import type { Command } from 'commander';
import { exitCodes } from './exit.code.js';
import { buildProgram } from './program.js';

const verbsOf = (command: Command, path: string): { command: Command; path: string }[] =>
  command.commands.length === 0
    ? [{ command, path }]
    : command.commands.flatMap((child) => verbsOf(child, `${path} ${child.name()}`));

const section = (noun: Command): string[] => {
  const path = `gatehouse ${noun.name()}`;
  return [
    `## ${path}`,
    '',
    `${noun.description()}.`,
    '',
    ...verbsOf(noun, path).flatMap(({ command }) => [
      '```text',
      command.helpInformation().trimEnd(),
      '```',
      '',
    ]),
  ];
};

/** The text of docs/cli.md: every verb as its own help says it. */
export const cliPage = (): string => {
  // Only the help is asked for: nothing of the outside is touched.
  const program = buildProgram({ stdout: { write: () => undefined } } as never, () => undefined);
  return [
    '# The gatehouse command',
    '',
    '<!-- Printed by: node apps/cli/scripts/print-docs.mjs -->',
    '',
    program.description(),
    '',
    '## Exit codes',
    '',
    ...Object.values(exitCodes).map(({ code, summary }) => `- \`${code}\` ${summary}.`),
    '',
    '## Machine output',
    '',
    'With `--json` stdout holds machine output alone: one JSON value, or one value a line where results come over time (`watch`, `events`, `output`).',
    'A list is `{ "items": [...] }`; an error is `{ "error": { "exit", "code", "status", "message", "next", "errors" } }`.',
    'The lines of a watched job have a `kind`: `event`, `output`, and `outcome` as the last.',
    'Progress and words for people go to stderr.',
    '',
    '## Plane and token',
    '',
    'The address comes from `--url`, `GATEHOUSE_URL`, or the running installation of this clone.',
    'The token comes from `--token-file`, `GATEHOUSE_TOKEN`, `GATEHOUSE_TOKEN_FILE`, or the admin token of that installation, which is given to no other address.',
    'A token travels over https, or over http to this machine only.',
    '',
    ...program.commands.flatMap(section),
  ].join('\n');
};
