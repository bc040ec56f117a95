// make bench: our paths beside floors of the same machine, in the same run. Nothing is asserted: a target that is
// missed is printed, and only a row that could not be measured makes it fail.
//   ROWS=7,13 picks rows, ROUNDS=9 takes more rounds than 5.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { countersTable, figuresTable, notesOf } from './bench/figures.mjs';
import { rows } from './bench/rows.mjs';
import { requireCompiler } from './machine.mjs';
import { clone, probe, say, stop } from './step.mjs';

const known = Object.keys(rows).map(Number);
const wanted = process.env.ROWS ? process.env.ROWS.split(',').map(Number) : known;
const rounds = Number(process.env.ROUNDS || 5);
const strange = wanted.filter((row) => !known.includes(row));
if (strange.length > 0) stop(`There is no row ${strange.join(', ')}; ROWS may name ${known.join(', ')}.`);
if (!Number.isInteger(rounds) || rounds < 1) stop('ROUNDS is a whole number of at least 1.');
if (rounds < 5) say(`ROUNDS=${rounds}: fine for a look, too few for a figure that is written down.`);
if (!(await requireCompiler()))
  say('Without gcc there is no model disk: rows that need it cannot be measured.');

const load = () => loadavg().map((value) => Number(value.toFixed(2)));
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  git: probe('git', ['--version']).said,
  commit: probe('git', ['rev-parse', '--short', 'HEAD'], { cwd: clone }).said,
};

const measureRow = (row) =>
  new Promise((resolve) => {
    const began = Date.now();
    const before = load();
    let answer = { error: 'the process of this row ended without an answer' };
    const child = fork(join(clone, 'scripts', 'bench', 'row.process.mjs'), [String(row), String(rounds)], {
      cwd: clone,
      // Row 14 fills its heap on purpose.
      execArgv: ['--max-old-space-size=4096'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', ({ text, ...rest }) => (text === undefined ? (answer = rest) : say(`  ${text}`)));
    child.on('exit', () => {
      const seconds = Math.round((Date.now() - began) / 1000);
      resolve({
        row,
        seconds,
        load: [before, load()],
        ...answer.result,
        ...(answer.error && { error: answer.error }),
      });
    });
  });

const began = new Date();
const results = [];
for (const row of wanted) {
  say(`Row ${row}: ${rows[row].replace(/^\d+-/, '').replaceAll('-', ' ')} …`);
  const result = await measureRow(row);
  results.push(result);
  say(
    result.error
      ? `  could not be measured: ${result.error}`
      : `  done in ${result.seconds} s, load ${result.load[0][0]} before and ${result.load[1][0]} after`,
  );
}

const folder = join(clone, 'bench-results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${began.toISOString().replaceAll(/[:.]/g, '-')}.json`);
writeFileSync(file, `${JSON.stringify({ at: began, rounds, machine, results }, undefined, 2)}\n`);

const measured = results.filter(({ error }) => !error);
if (measured.length > 0) {
  say(`\nCounters, one operation each:\n\n${countersTable(measured)}`);
  say(
    `\nMedians of ${rounds} interleaved rounds, quartiles in brackets; disk M is memory whose fsync takes 1 ms, C is memory:\n\n${figuresTable(measured)}`,
  );
  for (const note of notesOf(measured)) say(note);
}
const judged = measured.flatMap(({ paths = [] }) => paths).filter(({ holds }) => holds !== undefined);
const missed = judged.filter(({ holds }) => !holds).length;
say(
  `\n${machine.cores} cores, ${machine.processor}, load ${load().join(' ')}; commit ${machine.commit}. All figures: ${file}`,
);
say(`${judged.length - missed} targets hold, ${missed} ${missed === 1 ? 'does' : 'do'} not.`);
const failed = results.filter(({ error }) => error);
if (failed.length > 0) stop(`Not measured: row ${failed.map(({ row }) => row).join(', ')}.`);
