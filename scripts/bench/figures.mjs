// Medians, quartiles, ratios, and the one table that make bench prints.

/** The value below which this share of the sorted values lies, between two of them where it must. */
export const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
};

export const median = (values) => quantile(values, 0.5);

const spread = (values) => ({
  median: median(values),
  q1: quantile(values, 0.25),
  q3: quantile(values, 0.75),
});

/** Three digits that count. */
export const short = (value) => {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return size === 0
    ? '0'
    : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
};

/** `≥ 25` or `≤ 0.2`, as data: so that the printed target is the one that is compared. */
export const atLeast = (value) => ({ sign: '≥', value });
export const atMost = (value) => ({ sign: '≤', value });

const meets = ({ sign, value }, seen) => (sign === '≥' ? seen >= value : seen <= value);

/**
 * One measured path. `ours` and `floor` have a value for each round, and a round's ratio is made of its own two: the
 * machine may be busy with something else in the next one. Without a floor the target is on our own figure.
 */
export const judge = ({ path, disk = '', unit, ours, floor, floorName = '', target, note = '' }) => {
  const ratios = floor?.map((value, round) => ours[round] / value);
  const seen = median(ratios ?? ours);
  return {
    path,
    disk,
    unit,
    ours: { ...spread(ours), rounds: ours },
    ...(floor && { floor: { name: floorName, ...spread(floor), rounds: floor }, ratio: spread(ratios) }),
    ...(target && {
      target: `${target.sign} ${target.value}${floor ? '×' : ` ${unit}`}`,
      holds: meets(target, seen),
    }),
    note,
  };
};

const grid = (head, lines) => {
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i].length)));
  const format = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [
    format(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...lines.map(format),
  ].join('\n');
};

const rangeOf = (part) => (part ? `${short(part.median)} (${short(part.q1)}–${short(part.q3)})` : '–');

/** Counts first: noise cannot touch them. */
export const countersTable = (results) =>
  grid(
    ['row', 'path', 'counter', 'ours', 'floor'],
    results.flatMap(({ row, counters = [] }) =>
      counters.map(({ path, name, ours, floor }) => [
        String(row),
        path,
        name,
        short(ours),
        floor === undefined ? '–' : short(floor),
      ]),
    ),
  );

export const figuresTable = (results) =>
  grid(
    ['row', 'path', 'disk', 'ours', 'floor', 'ratio', 'target', 'holds'],
    results.flatMap(({ row, paths = [] }) =>
      paths.map(({ path, disk, unit, ours, floor, ratio, target, holds }) => [
        String(row),
        path,
        disk || '–',
        `${rangeOf(ours)} ${unit}`,
        floor ? `${short(floor.median)} ${floor.name}` : '–',
        rangeOf(ratio),
        target ?? '–',
        holds === undefined ? '–' : holds ? 'yes' : 'NO',
      ]),
    ),
  );

export const notesOf = (results) =>
  results.flatMap(({ row, paths = [] }) =>
    paths.filter(({ note }) => note).map(({ path, note }) => `row ${row}, ${path}: ${note}`),
  );
