import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone } from './examples.js';

/** The commands of a page of docs/, by the heading that they stand under. */
export const commandsOf = (page: string): ReadonlyMap<string, string> => {
  const all = new Map<string, string>();
  let heading = '';
  let block: string | undefined;
  for (const line of readFileSync(join(clone, 'docs', page), 'utf8').split('\n')) {
    const bare = line.trim();
    if (block !== undefined && bare === '```') {
      all.set(heading, `${all.get(heading) ?? ''}${block}`);
      block = undefined;
    } else if (block !== undefined) block += `${bare}\n`;
    else if (bare === '```sh') block = '';
    else heading = /^#+ (.*)/.exec(line)?.[1] ?? heading;
  }
  return all;
};

// What is there without a network to a registry, and a plane of the scenario instead of one started here. What doctor
// says of this machine is not what is tried.
const prelude = `
npx() { test "$1" = gatehouse; shift; node apps/cli/dist/main.js "$@"; }
make() { case $1 in doctor) node apps/launcher/dist/main.js doctor --json || test $? = 1;; setup|start) ;; *) false;; esac; }
`;

/** Runs commands as a reader does, in the clone, with the shell that they are written for. Throws with what they said. */
export const runCommands = (
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  onOutput: (all: string) => void = () => undefined,
): Promise<string> =>
  new Promise((done, fail) => {
    const child = spawn('sh', ['-euc', `${prelude}${text}`], { cwd: clone, env: { ...env } });
    let all = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => onOutput((all += more)));
    child.stdin.end();
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done(all) : fail(new Error(`${text}ended with ${code}:\n${all}`)),
    );
  });
