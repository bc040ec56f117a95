import { version } from '@gatehouse/contracts';
import { Command } from 'commander';
import { verbMaker } from './cli.js';
import { nouns } from './commands/index.js';
import { endingOf, exitCodes, Interrupted, type ExitName } from './exit.code.js';
import type { Io } from './io.js';
import { cleanJson, cleanText } from './text.clean.js';

const exitHelp = (): string =>
  `\nExit codes:\n${Object.values(exitCodes)
    .map(({ code, summary }) => `  ${String(code).padEnd(4)} ${summary}`)
    .join('\n')}\n`;

/** The whole command tree. `ended` is told how the verb that ran ended. */
export const buildProgram = (
  io: Io,
  ended: (exit: ExitName, error: unknown, asJson: boolean) => void,
): Command => {
  const program = new Command('gatehouse')
    .description('Run agents without handing them the keys: submit work, watch it, approve what comes out.')
    .version(version, '-V, --version', 'which version of Gatehouse this is')
    .helpCommand(false)
    .showHelpAfterError('(run it with --help for what it takes)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(cleanText(text)),
      outputError: (text, write) => write(text.replace(/^error: /, 'gatehouse: ')),
      // The same on every terminal, so that the printed docs can be compared.
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .exitOverride();
  for (const noun of nouns) noun(program, verbMaker(io, ended));
  program.addHelpText('after', exitHelp());
  for (const command of program.commands) command.helpCommand(false);
  return program;
};

/** Runs one command line; answers the exit code. Never throws. */
export const runCli = async (args: readonly string[], io: Io): Promise<number> => {
  let exit: ExitName = 'ok';
  const say = (error: unknown, asJson: boolean) => {
    const ending = endingOf(io.signal.aborted ? new Interrupted() : error);
    exit = ending.exit;
    if (ending.line !== undefined) io.stderr.write(`${cleanText(`gatehouse: ${ending.line}`)}\n`);
    // In one line, so that it may also be the last of many.
    if (asJson && ending.json) io.stdout.write(`${cleanJson({ error: ending.json })}\n`);
  };
  const program = buildProgram(io, (how, error, asJson) => {
    if (error === undefined) exit = how;
    else say(error, asJson);
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    say(error, args.includes('--json'));
  }
  return exitCodes[exit].code;
};
