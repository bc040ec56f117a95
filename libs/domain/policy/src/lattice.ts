import { durationMs, promotionLevels, type Command, type PolicyRules } from '@gatehouse/contracts';

export const stances = ['permit', 'require_approval', 'forbid'] as const;
export type Stance = (typeof stances)[number];
type Level = (typeof promotionLevels)[number];
export type LimitName = keyof NonNullable<PolicyRules['limits']>;
export const limitNames: readonly LimitName[] = [
  'patchBytes',
  'files',
  'blobBytes',
  'inflatedBytes',
  'lineBytes',
  'executionMinutes',
];

/**
 * Rules in the form that merges: `meet` is associative and idempotent, and commutative but for the order of
 * commands and setup lines. What is undefined or has no list is neutral.
 */
export interface Bounds {
  readonly allowedPaths: readonly (readonly string[])[];
  readonly targets: readonly (readonly string[])[];
  readonly forbiddenPaths: readonly string[];
  readonly runtimeArtifacts: readonly string[];
  readonly capabilities: readonly string[] | undefined;
  readonly adapters: readonly string[] | undefined;
  readonly symlinks: Stance | undefined;
  readonly gitlinks: Stance | undefined;
  readonly executables: Stance | undefined;
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly commands: readonly Command[];
  /** Names that stand for two different commands: nobody can say which of them an outcome is about. */
  readonly conflicts: readonly string[];
  readonly setup: readonly string[];
  readonly maxLevel: Level | undefined;
  readonly quorum: number;
}

const sortedUnique = (items: readonly string[]): string[] => [...new Set(items)].sort();
const union = (a: readonly string[], b: readonly string[]): string[] => sortedUnique([...a, ...b]);

const both = <T>(a: T | undefined, b: T | undefined, pick: (a: T, b: T) => T): T | undefined =>
  a === undefined ? b : b === undefined ? a : pick(a, b);

const intersection = (a: readonly string[], b: readonly string[]): readonly string[] =>
  a.filter((item) => b.includes(item));

const stricter = (a: Stance, b: Stance): Stance => (stances.indexOf(a) > stances.indexOf(b) ? a : b);
const lower = (a: Level, b: Level): Level =>
  promotionLevels.indexOf(a) < promotionLevels.indexOf(b) ? a : b;

const conjunction = (a: readonly (readonly string[])[], b: readonly (readonly string[])[]) => {
  const lists = new Map([...a, ...b].map((list) => [JSON.stringify(list), list]));
  return [...lists].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, list]) => list);
};

const shorter = (a: Command, b: Command): Command => {
  const [x, y] = [durationMs(a.timeout), durationMs(b.timeout)];
  // 60s and 1m are one length in two spellings; the smaller text keeps the result independent of the order.
  if (x === y) return a.timeout < b.timeout ? a : b;
  return x < y ? a : b;
};

const commands = (list: readonly Command[]): Pick<Bounds, 'commands' | 'conflicts'> => {
  const byText = new Map<string, Command>();
  const runs = new Map<string, string>();
  const conflicts = new Set<string>();
  for (const command of list) {
    const text = JSON.stringify([command.name, command.run]);
    const known = byText.get(text);
    byText.set(text, known === undefined ? command : shorter(known, command));
    if ((runs.get(command.name) ?? command.run) !== command.run) conflicts.add(command.name);
    runs.set(command.name, command.run);
  }
  return { commands: [...byText.values()], conflicts: [...conflicts].sort() };
};

export const boundsOf = (rules: PolicyRules): Bounds => ({
  allowedPaths: rules.allowedPaths === undefined ? [] : [sortedUnique(rules.allowedPaths)],
  targets: rules.promotion?.targets === undefined ? [] : [sortedUnique(rules.promotion.targets)],
  forbiddenPaths: sortedUnique(rules.forbiddenPaths ?? []),
  runtimeArtifacts: sortedUnique(rules.runtimeArtifacts ?? []),
  capabilities: rules.capabilities && sortedUnique(rules.capabilities),
  adapters: rules.adapters && sortedUnique(rules.adapters),
  symlinks: rules.symlinks,
  gitlinks: rules.gitlinks,
  executables: rules.executables,
  limits: Object.fromEntries(
    limitNames.flatMap((name) => (rules.limits?.[name] === undefined ? [] : [[name, rules.limits[name]]])),
  ),
  ...commands(rules.commands ?? []),
  setup: rules.setup === undefined ? [] : [rules.setup],
  maxLevel: rules.promotion?.maxLevel,
  quorum: rules.promotion?.approvals?.quorum ?? 0,
});

/** Both bounds at once (I2): never allows what one of them refuses. */
export const meet = (a: Bounds, b: Bounds): Bounds => {
  const merged = commands([...a.commands, ...b.commands]);
  return {
    allowedPaths: conjunction(a.allowedPaths, b.allowedPaths),
    targets: conjunction(a.targets, b.targets),
    forbiddenPaths: union(a.forbiddenPaths, b.forbiddenPaths),
    runtimeArtifacts: union(a.runtimeArtifacts, b.runtimeArtifacts),
    capabilities: both(a.capabilities, b.capabilities, intersection),
    adapters: both(a.adapters, b.adapters, intersection),
    symlinks: both(a.symlinks, b.symlinks, stricter),
    gitlinks: both(a.gitlinks, b.gitlinks, stricter),
    executables: both(a.executables, b.executables, stricter),
    limits: Object.fromEntries(
      limitNames.flatMap((name) => {
        const least = both(a.limits[name], b.limits[name], Math.min);
        return least === undefined ? [] : [[name, least]];
      }),
    ),
    commands: merged.commands,
    conflicts: union(union(a.conflicts, b.conflicts), merged.conflicts),
    setup: [...new Set([...a.setup, ...b.setup])],
    maxLevel: both(a.maxLevel, b.maxLevel, lower),
    quorum: Math.max(a.quorum, b.quorum),
  };
};
