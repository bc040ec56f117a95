import type { Client } from '@gatehouse/client';
import type { Command } from 'commander';
import { connect } from './connection.js';
import type { ExitName } from './exit.code.js';
import type { Io } from './io.js';
import { makePrinter, type Printer } from './printer.js';

/** What a verb works with. */
export interface Cli {
  readonly io: Io;
  readonly out: Printer;
  /** The plane; found and signed in at the first use. */
  client(): Promise<Client>;
}

export interface GlobalOptions {
  readonly json?: true;
  readonly url?: string;
  readonly tokenFile?: string;
}

/** One verb: what it was called with in, how it ended out (`ok` where it says nothing). */
export type Action<O> = (cli: Cli, args: readonly string[], options: O) => Promise<ExitName | void>;

/** A function that adds one noun to the program. */
export type Noun = (program: Command, verbs: VerbMaker) => void;

export type VerbMaker = <O extends object = Record<never, never>>(
  parent: Command,
  signature: string,
  summary: string,
  run: Action<O & GlobalOptions>,
) => Command;

/** Every verb takes --json and how to reach the plane, wherever they stand on the line. */
export const verbMaker =
  (io: Io, ended: (exit: ExitName, error: unknown, asJson: boolean) => void): VerbMaker =>
  (parent, signature, summary, run) =>
    parent
      .command(signature)
      .summary(summary)
      .description(summary)
      .option('--json', 'machine output on stdout')
      .option('--url <address>', 'address of the plane (GATEHOUSE_URL)')
      .option('--token-file <path>', 'file that holds the token (GATEHOUSE_TOKEN_FILE)')
      .action(async (...given: unknown[]) => {
        const command = given.at(-1) as Command;
        const options = command.opts<Parameters<typeof run>[2]>();
        const args = given
          .slice(0, -2)
          .flatMap((arg) => (arg === undefined ? [] : (arg as string | string[])));
        const out = makePrinter(io, options.json === true);
        let client: Promise<Client> | undefined;
        const cli: Cli = { io, out, client: () => (client ??= connect(io, options, out.progress)) };
        try {
          ended((await run(cli, args, options)) ?? 'ok', undefined, out.asJson);
        } catch (error) {
          ended('outage', error, out.asJson);
        }
      });
