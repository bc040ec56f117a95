interface Run {
  /** Index of its line. */
  readonly line: number;
  readonly length: number;
  /** As the beginning of code: a backslash takes the first one away, while within code it means nothing. */
  readonly opens: number;
}

/**
 * Lines of a paragraph that begin within inline code: a run of backticks lasts up to the next run of just as many,
 * over line ends too; one without such an end is only text. Linear in the text.
 */
export const linesInCode = (lines: readonly string[]): ReadonlySet<number> => {
  const runs = lines.flatMap(runsOf);
  const ends = nextOfLength(runs);
  const within = new Set<number>();
  for (let at = 0; at < runs.length; at += 1) {
    const run = runs[at] as Run;
    const end = ends(at, run.opens);
    if (end === undefined) continue;
    for (let line = run.line + 1; line <= (runs[end] as Run).line; line += 1) within.add(line);
    at = end;
  }
  return within;
};

const runsOf = (text: string, line: number): Run[] =>
  [...text.matchAll(/`+/g)].map(({ 0: { length }, index }) => {
    let slashes = 0;
    while (text[index - 1 - slashes] === '\\') slashes += 1;
    return { line, length, opens: length - (slashes % 2) };
  });

/** Finds the next run of a length behind a place; places have to be asked for in order. */
const nextOfLength = (runs: readonly Run[]): ((after: number, length: number) => number | undefined) => {
  const places = new Map<number, { all: number[]; from: number }>();
  for (const [at, { length }] of runs.entries()) {
    const known = places.get(length);
    if (known === undefined) places.set(length, { all: [at], from: 0 });
    else known.all.push(at);
  }
  return (after, length) => {
    const known = places.get(length);
    while (known !== undefined && (known.all[known.from] ?? Infinity) <= after) known.from += 1;
    return known?.all[known.from];
  };
};
