// The table of mutants against the sources of today. The mutation loop asks before it begins; make check runs this file
// by itself, since a line that was rewritten is noticed within a second here and after minutes there.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { laws, mutants, textOf } from './soak.mutants.mjs';
import { clone, say, stop } from './step.mjs';

const folderOfGates = 'libs/domain/validation/src/gates';

/** Mutants whose text does not stand in the sources exactly once. */
const stale = () =>
  mutants.flatMap(({ what, edits }) =>
    edits.flatMap(({ file, from }) => {
      const times = textOf(file).split(from).length - 1;
      if (times === 1) return [];
      return [`${what}: ${file} has ${times} times what it takes away, not once: ${from.trim()}`];
    }),
  );

/** Lines that say a law and that no mutant takes away. */
const lawsWithout = () =>
  laws.flatMap(({ file, after, line }) => {
    const [, body = ''] = textOf(file).split(`\n${after}`);
    const found = [...body.slice(0, body.indexOf('\n};')).matchAll(line)].map(([text]) => text.trim());
    if (found.length === 0) return [`${file} has none of the lines that are looked for below ${after}`];
    const taken = mutants.flatMap(({ edits }) => edits.filter((edit) => edit.file === file));
    return found
      .filter((law) => !taken.some(({ from }) => law.includes(from.trim())))
      .map((law) => `no mutant takes this line of ${file} away: ${law}`);
  });

const gatesWithout = () =>
  readdirSync(join(clone, folderOfGates))
    .filter((name) => name.endsWith('.gate.ts'))
    .filter((name) => !mutants.some(({ edits }) => edits[0].file === `${folderOfGates}/${name}`))
    .map((name) => `no mutant blinds ${name}: is it in the registry?`);

/** What is wrong with the table, a sentence each; none where every mutant applies and every law has one. */
export const faultsOfTable = () => [...stale(), ...lawsWithout(), ...gatesWithout()];

if (process.argv[1] === import.meta.filename) {
  const faults = faultsOfTable();
  if (faults.length > 0) stop(`scripts/soak.mutants.txt is not true any more:\n${faults.join('\n')}`);
  say(`${mutants.length} mutants apply`);
}
