import { join } from 'node:path';
import type { Noun } from '../cli.js';
import { CliFault, type ExitName } from '../exit.code.js';
import type { Io } from '../io.js';

/** The launcher speaks the same exit codes for these verbs, so they pass through. */
const exitOf = (code: number): ExitName =>
  code === 0 ? 'ok' : code === 2 ? 'usage' : code === 3 ? 'notFound' : 'refused';

/** Runs the launcher of this clone, with this terminal. */
export const launch = async (io: Io, verb: string, flags: readonly string[]): Promise<ExitName> => {
  const entry = join(io.clone, 'apps', 'launcher', 'dist', 'main.js');
  const isBuilt = await io.modeOf(entry).then(
    () => true,
    () => false,
  );
  if (!isBuilt) {
    throw new CliFault('outage', `the launcher is not built (${entry})`, `run make setup in ${io.clone}`);
  }
  return exitOf(await io.run(process.execPath, [entry, verb, ...flags]));
};

export const planeVerbs: Noun = (program, verb) => {
  const json = (options: { json?: true }) => (options.json ? ['--json'] : []);
  verb<{ detach?: true }>(
    program,
    'start',
    'Run the plane of this clone in front; Ctrl-C ends it',
    ({ io }, _, o) => launch(io, 'start', [...(o.detach ? [] : ['--foreground']), ...json(o)]),
  ).option('-d, --detach', 'return as soon as it is ready; gatehouse stop ends it');
  verb(program, 'stop', 'Stop the plane of this clone', ({ io }, _, o) => launch(io, 'stop', json(o)));
  verb(program, 'status', 'Say what runs and where', ({ io }, _, o) => launch(io, 'status', json(o)));
  verb(
    program,
    'doctor',
    'Check everything the plane needs, with the command that mends it',
    ({ io }, _, o) => launch(io, 'doctor', json(o)),
  );
  verb(program, 'panel', 'Make a link to the panel with a one-time login code', async (cli) => {
    const client = await cli.client();
    const { code, expiresAt } = await client.call('login.code');
    const link = `${client.baseUrl}/panel#code=${encodeURIComponent(code)}`;
    cli.out.result({ link, expiresAt }, () => [link]);
    cli.out.progress(`Good for one login until ${expiresAt}.`);
  });
};
