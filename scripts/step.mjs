// Running programs with words that say how far we are. No shell anywhere: argument arrays only.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Root of the clone. */
export const clone = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const tsc = 'node_modules/typescript-7/bin/tsc';

export const say = (text) => process.stdout.write(`${text}\n`);

/** Says what is wrong and what to do next, and ends. */
export const stop = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

/** Runs a program with its output shown, or kept where `quiet`. Answers its exit code and what was kept. */
export const run = (file, args, { quiet = false, env, ...options } = {}) =>
  new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: clone,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      env: { ...process.env, ...env },
      ...options,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 127, output: `${file}: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });

/**
 * One step with its time: quiet while it goes well, everything it said where it does not. With `beside` another step
 * runs at the same time, and its line is written at its end.
 */
export const step = async (title, file, args, { beside = false, ...options } = {}) => {
  const began = Date.now();
  const write = (text) => process.stdout.write(text);
  if (!beside) write(`${title} … `);
  const beat = setInterval(() => beside || write('. '), 10_000);
  const { code, output } = await run(file, args, { quiet: true, ...options });
  clearInterval(beat);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  say((beside ? `${title} … ` : '') + (code === 0 ? `done in ${seconds} s` : `failed after ${seconds} s`));
  if (code !== 0) say(output.trimEnd());
  return code === 0;
};

/** Whether a program answers, with its first line. */
export const probe = (file, args, options = {}) => {
  const { status, stdout, error } = spawnSync(file, args, { encoding: 'utf8', timeout: 10_000, ...options });
  return { ok: status === 0, said: stdout?.trim() ?? '', why: error?.message ?? `exit ${status}` };
};
