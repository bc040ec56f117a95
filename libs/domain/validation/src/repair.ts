import type { EffectivePolicy, Finding, GateResult, Repair } from '@gatehouse/contracts';
import type { ChangeEntry, TreeFacts } from './facts.js';
import { foldersAbove, leaveOut, withConflicts } from './leave.out.js';
import { quotePath } from './quote.js';
import { decides } from './verdict/verdict.js';

/** Beyond these, what is left of a change is not looked for: it would cost more than it tells. */
const maxEntries = 10_000;
const maxRounds = 5;
/** Trying every path again costs a round of all gates for each. */
const maxTried = 20;
const maxTriedEntries = 200;

const none = '000000';
const hasNewBlob = ({ newMode }: ChangeEntry): boolean => newMode !== none && newMode !== '160000';

/** Entries by the path that findings name, and by every folder above it. */
const placesOf = (entries: readonly ChangeEntry[]): Map<string, ChangeEntry[]> => {
  const places = new Map<string, ChangeEntry[]>();
  for (const entry of entries)
    for (const path of [entry.path, ...foldersAbove(entry.path)]) {
      const quoted = quotePath(path);
      places.set(quoted, [...(places.get(quoted) ?? []), entry]);
    }
  return places;
};

const passes = (results: readonly GateResult[]): boolean =>
  results.every((result) => result.answer === 'pass' || !decides(result));

/** Codes of limits on the whole change; those it breaks are met by leaving out whatever is needed. */
const wholeLimits = ['size.files', 'size.inflated_bytes'];

/** Entries that the blocking findings are about; null where one of them is not about entries. */
const blamed = (
  results: readonly GateResult[],
  places: ReadonlyMap<string, readonly ChangeEntry[]>,
): ChangeEntry[] | null => {
  const found: ChangeEntry[] = [];
  for (const result of results.filter(decides)) {
    if (result.answer === 'error' || result.answer === 'inconclusive') return null;
    if (result.part !== 'static' && result.answer !== 'pass') return null;
    for (const { severity, code, path } of result.findings) {
      if (severity !== 'block' || wholeLimits.includes(code)) continue;
      const entries = path === undefined ? undefined : places.get(path);
      if (entries === undefined) return null;
      found.push(...entries);
    }
  }
  return found;
};

/** The largest new contents first, as long as all together are over the limit. */
const largest = (change: TreeFacts, out: ReadonlySet<ChangeEntry>, limit: number): ChangeEntry[] => {
  const sizeOf = ({ newOid }: ChangeEntry): number => change.blobs.get(newOid)?.size ?? 0;
  const rest = change.entries.filter((entry) => !out.has(entry) && hasNewBlob(entry));
  let sum = rest.reduce((all, entry) => all + sizeOf(entry), 0);
  const chosen: ChangeEntry[] = [];
  for (const entry of rest.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    if (sum <= limit) break;
    sum -= sizeOf(entry);
    chosen.push(entry);
  }
  return chosen;
};

const nameSome = (paths: readonly string[]): string =>
  paths.length <= 3 ? paths.join(', ') : `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more`;

const files = (count: number): string => (count === 1 ? 'this file' : `these ${count} files`);

const sentenceOf = (drop: readonly string[], others: number, approvals: number): string => {
  const named = drop.length === 0 ? '' : `${files(drop.length)} (${nameSome(drop)})`;
  const any =
    others === 0
      ? ''
      : `any ${others} ${drop.length === 0 ? '' : 'other '}${others === 1 ? 'file' : 'files'}`;
  const what = [named, any].filter((text) => text !== '').join(' and ');
  const then =
    approvals === 0
      ? 'the rest passes every check of the change itself'
      : `the rest needs ${approvals === 1 ? 'one approval' : 'approvals'} and nothing else of the change itself`;
  return `Leave out ${what}, and ${then}.`;
};

const approvalsOf = (results: readonly GateResult[]): Repair['approvals'] =>
  results
    .filter(decides)
    .flatMap(({ gate, findings }) =>
      findings
        .filter(({ severity }) => severity === 'require_approval')
        .map(({ code, path }: Finding) => ({ gate, code, ...(path === undefined ? {} : { path }) })),
    );

interface Tried {
  readonly out: Set<ChangeEntry>;
  /** Of these, any so many do: only their number is over a limit. */
  readonly others: number;
  readonly results: readonly GateResult[];
}

/**
 * The smallest part of a refused change without which the static gates let the rest through, found by asking them
 * again: `again` answers what they say of a change. Null where leaving out files does not help, or all would go.
 */
export const repairOf = (
  answered: readonly GateResult[],
  change: TreeFacts,
  limits: Pick<EffectivePolicy['limits'], 'files' | 'inflatedBytes'>,
  again: (change: TreeFacts) => readonly GateResult[],
): Repair | null => {
  const { entries } = change;
  if (entries.length > maxEntries || passes(answered)) return null;
  const places = placesOf(entries);
  const context = answered.filter(({ part }) => part !== 'static');
  const attempt = (wanted: ReadonlySet<ChangeEntry>): Tried => {
    const out = withConflicts(entries, wanted);
    for (const entry of largest(change, out, limits.inflatedBytes)) out.add(entry);
    const named = withConflicts(entries, out);
    const rest = entries.filter((entry) => !named.has(entry));
    const others = Math.max(rest.length - limits.files, 0);
    const all = withConflicts(entries, new Set([...named, ...(others === 0 ? [] : rest.slice(-others))]));
    const results = all.size === entries.length ? [] : again(leaveOut(change, all));
    return { out: named, others: all.size - named.size, results };
  };
  const works = ({ results }: Tried): boolean => results.length > 0 && passes(results);
  const first = blamed(answered, places);
  if (first === null) return null;
  let tried = attempt(new Set(first));
  // Without one file another may be what is wrong, as a manifest without its lockfile.
  for (let round = 1; !works(tried); round += 1) {
    const more = round < maxRounds && tried.results.length > 0 ? blamed(tried.results, places) : null;
    if (more === null || more.every((entry) => tried.out.has(entry))) return null;
    tried = attempt(new Set([...tried.out, ...more]));
  }
  if (tried.out.size <= maxTried && entries.length <= maxTriedEntries)
    for (const entry of tried.out) {
      const fewer = attempt(new Set([...tried.out].filter((other) => other !== entry)));
      const size = ({ out, others }: Tried): number => out.size + others;
      if (works(fewer) && size(fewer) < size(tried)) tried = fewer;
    }
  const drop = entries.filter((entry) => tried.out.has(entry)).map(({ path }) => quotePath(path));
  const approvals = approvalsOf([...context, ...tried.results]);
  return {
    drop,
    others: tried.others,
    approvals,
    sentence: sentenceOf(drop, tried.others, approvals.length),
  };
};
