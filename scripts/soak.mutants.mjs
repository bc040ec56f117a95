// The mutants of the mutation loop: those of soak.mutants.txt, and two of every gate, read from the registry.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone } from './step.mjs';

const validation = 'libs/domain/validation/src';

/** Every line of these says a law, so every one has a mutant; one that is added has none yet, and the loop says so. */
export const laws = [
  { file: 'libs/domain/policy/src/lattice.ts', after: 'export const meet =', line: /^ {4,6}\w+: .+,$/gm },
  {
    file: 'libs/domain/policy/src/widening.ts',
    after: 'export const wideningsOf =',
    line: /^ {4}\.{3}.+,$/gm,
  },
  { file: `${validation}/verdict/verdict.ts`, after: 'const outcomeOf =', line: /^ {2}if .+$/gm },
];

/** Text of a file of the clone. */
export const textOf = (file) => readFileSync(join(clone, file), 'utf8');

const kindOf = (specs) => (specs.some((file) => file.endsWith('.int.spec.ts')) ? 'int' : 'unit');

const readBy = (text) => {
  const [specs, only] = text.split(' only ');
  return { specs: specs.split(' '), only };
};

/** Reads the table; its first lines say how it is written. */
export const readMutants = (text) => {
  const mutants = [];
  let file;
  let by;
  let before = '';
  for (const [number, line] of text.split('\n').entries()) {
    const [, sign, rest] =
      /^(in|by|[-+#])(?: (.*))?$/.exec(/^(?:in|by) |^[-+#]/.test(line) ? line : '') ?? [];
    const mutant = mutants.at(-1);
    if (sign === 'in') file = rest;
    else if (sign === 'by') by = readBy(rest);
    else if (sign === '-') {
      if (before === '-') mutant.edits.at(-1).from += `\n${rest}`;
      else mutant.edits.push({ file, from: rest, to: '' });
    } else if (sign === '+') {
      const edit = mutant.edits.at(-1);
      edit.to += before === '+' ? `\n${rest}` : rest;
    } else if (sign === undefined && line !== '') {
      if (mutant?.edits.length === 0)
        throw new Error(`soak.mutants.txt:${number}: ${mutant.what} takes nothing away.`);
      mutants.push({ what: line, ...by, kind: kindOf(by.specs), edits: [] });
    }
    before = sign;
  }
  return mutants;
};

/** Two for every gate of the registry: it is not asked, and it is asked and sees nothing. */
const mutantsOfGates = (registry) => {
  const text = textOf(registry);
  const files = new Map(
    [...text.matchAll(/^import \{ (\w+) \} from '\.\/(.+)\.gate\.js';$/gm)].map(([, name, id]) => [name, id]),
  );
  const unit = (what, specs, edit) => ({ what, kind: 'unit', specs, edits: [edit] });
  return [...text.matchAll(/^ {2}(\w+),$/gm)].flatMap(([line, name]) => {
    const id = files.get(name);
    const gate = `${validation}/gates/${id}.gate`;
    return [
      unit(`gate ${id} taken out of the registry`, [`${validation}/gates/registry.spec.ts`], {
        ...{ file: registry, from: `\n${line}\n`, to: '\n' },
      }),
      unit(`gate ${id} finding nothing, whatever it is asked`, [`${gate}.spec.ts`], {
        file: `${gate}.ts`,
        from: '\n  check: (',
        to: "\n  check: () => ({ answer: 'pass', findings: [] }),\n  unasked: (",
      }),
    ];
  });
};

export const mutants = [
  ...mutantsOfGates(`${validation}/gates/index.ts`),
  ...readMutants(textOf('scripts/soak.mutants.txt')),
];
