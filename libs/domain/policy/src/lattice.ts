import {
  activations,
  durationMs,
  promotionLevels,
  type Command,
  type EffectivePolicy,
  type PolicyRules,
} from '@gatehouse/contracts';

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
  'lines',
  'executionMinutes',
  'rounds',
  'maxTokens',
  'maxCostUsd',
];
export const testNumbers = ['reruns', 'fewerPercent', 'revertHunks', 'revertMinutes'] as const;
/** The budget of those who review. */
export const promotionNumbers = ['openPullRequests', 'requestsPerHour'] as const;
/** A layer that names none of these has none; the least that is named counts. */
export const promotionSwitches = ['speculativeWindow'] as const;
type PromotionNumber = (typeof promotionNumbers)[number] | (typeof promotionSwitches)[number];
type TestNumber = (typeof testNumbers)[number];
export const gateFields = ['required', 'blocking', 'staged'] as const;
type Activation = (typeof activations)[number];
type LayerRules = EffectivePolicy['rules'][number];
export type LayerAt = Pick<LayerRules, 'layer' | 'name' | 'digest'>;

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
  /** Each list is applied by itself: one more can only find more. */
  readonly testFiles: readonly (readonly string[])[];
  readonly tests: Readonly<Partial<Record<TestNumber, number>>>;
  readonly hunkRevert: boolean;
  /** Of every layer that has any: each of them must agree. */
  readonly rules: readonly LayerRules[];
  readonly gates: Readonly<Record<(typeof gateFields)[number], readonly string[]>>;
  readonly secrets: readonly string[] | undefined;
  /** Null: an installation lists none. */
  readonly registries: readonly string[] | null | undefined;
  readonly packages: readonly (readonly string[])[];
  readonly images: readonly (readonly string[])[];
  readonly staged: boolean;
  readonly activation: Activation;
  readonly maxLevel: Level | undefined;
  readonly quorum: number;
  readonly promotion: Readonly<Partial<Record<PromotionNumber, number>>>;
}

const sortedUnique = (items: readonly string[]): string[] => [...new Set(items)].sort();
const union = (a: readonly string[], b: readonly string[]): string[] => sortedUnique([...a, ...b]);

const both = <T>(a: T | undefined, b: T | undefined, pick: (a: T, b: T) => T): T | undefined =>
  a === undefined ? b : b === undefined ? a : pick(a, b);

const intersection = (a: readonly string[], b: readonly string[]): readonly string[] =>
  a.filter((item) => b.includes(item));

/** No list names no host beyond those of the base: what another layer lists beside it is in none of both. */
const registriesOfBoth = (a: readonly string[] | null, b: readonly string[] | null) =>
  a === null && b === null ? null : intersection(a ?? [], b ?? []);

const stricter = (a: Stance, b: Stance): Stance => (stances.indexOf(a) > stances.indexOf(b) ? a : b);
const lower = (a: Level, b: Level): Level =>
  promotionLevels.indexOf(a) < promotionLevels.indexOf(b) ? a : b;

const conjunction = (a: readonly (readonly string[])[], b: readonly (readonly string[])[]) => {
  const lists = new Map([...a, ...b].map((list) => [JSON.stringify(list), list]));
  return [...lists].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, list]) => list);
};

const shorter = (a: Command, b: Command): Command['timeout'] => {
  const [x, y] = [durationMs(a.timeout), durationMs(b.timeout)];
  // 60s and 1m are one length in two spellings; the smaller text keeps the result independent of the order.
  if (x === y) return a.timeout < b.timeout ? a.timeout : b.timeout;
  return x < y ? a.timeout : b.timeout;
};

/** What a command is told apart by; the length of its time is not. */
const wordsOf = ({ tests }: Command): string => JSON.stringify(tests ?? null);

const oneCommand = (a: Command, b: Command): Command => {
  const [x, y] =
    a.tests === undefined || (b.tests !== undefined && wordsOf(b) < wordsOf(a)) ? [b, a] : [a, b];
  return { ...y, ...x, timeout: shorter(a, b) };
};

/** Two places to read the number of tests from: whoever names the second could make it say anything. */
const contradict = (a: Command, b: Command): boolean =>
  a.run !== b.run || (a.tests !== undefined && b.tests !== undefined && wordsOf(a) !== wordsOf(b));

const leastNumbers = <Key extends string>(
  names: readonly Key[],
  a: Readonly<Partial<Record<Key, number>>>,
  b: Readonly<Partial<Record<Key, number>>>,
): Partial<Record<Key, number>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const least = both<number>(a[name], b[name], Math.min);
      return least === undefined ? [] : [[name, least]];
    }),
  ) as Partial<Record<Key, number>>;

const numbersOf = <Key extends string>(
  names: readonly Key[],
  given?: { readonly [Name in Key]?: number | undefined },
): Partial<Record<Key, number>> =>
  Object.fromEntries(
    names.flatMap((name) => (given?.[name] === undefined ? [] : [[name, given[name]]])),
  ) as Partial<Record<Key, number>>;

const commands = (list: readonly Command[]): Pick<Bounds, 'commands' | 'conflicts'> => {
  const byText = new Map<string, Command>();
  const seen = new Map<string, Command[]>();
  const conflicts = new Set<string>();
  for (const command of list) {
    const text = JSON.stringify([command.name, command.run]);
    const known = byText.get(text);
    byText.set(text, known === undefined ? command : oneCommand(known, command));
    const before = seen.get(command.name) ?? [];
    if (before.some((other) => contradict(other, command))) conflicts.add(command.name);
    seen.set(command.name, [...before, command]);
  }
  return { commands: [...byText.values()], conflicts: [...conflicts].sort() };
};

const listOf = (list: readonly string[] | undefined): string[][] =>
  list === undefined ? [] : [sortedUnique(list)];

/** One star takes in every name beside it. */
const gateNames = (names: readonly string[]): string[] => (names.includes('*') ? ['*'] : sortedUnique(names));

const stricterActivation = (a: Activation, b: Activation): Activation =>
  activations.indexOf(a) > activations.indexOf(b) ? a : b;

const everyRule = (a: readonly LayerRules[], b: readonly LayerRules[]): readonly LayerRules[] => {
  // Nearly always one side has none; writing 10,000 rules out only to compare them is not free.
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const byText = new Map([...a, ...b].map((list) => [JSON.stringify(list), list]));
  return [...byText].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, list]) => list);
};

/** `at` names the layer in decisions. */
export const boundsOf = (rules: PolicyRules, at: LayerAt): Bounds => ({
  allowedPaths: listOf(rules.allowedPaths),
  targets: listOf(rules.promotion?.targets),
  forbiddenPaths: sortedUnique(rules.forbiddenPaths ?? []),
  runtimeArtifacts: sortedUnique(rules.runtimeArtifacts ?? []),
  capabilities: rules.capabilities && sortedUnique(rules.capabilities),
  adapters: rules.adapters && sortedUnique(rules.adapters),
  symlinks: rules.symlinks,
  gitlinks: rules.gitlinks,
  executables: rules.executables,
  limits: numbersOf(limitNames, rules.limits),
  ...commands(rules.commands ?? []),
  setup: rules.setup === undefined ? [] : [rules.setup],
  testFiles: listOf(rules.tests?.files),
  tests: numbersOf(testNumbers, rules.tests),
  hunkRevert: rules.tests?.hunkRevert ?? false,
  rules: rules.rules === undefined || rules.rules.length === 0 ? [] : [{ ...at, rules: rules.rules }],
  gates: {
    required: gateNames(rules.gates?.required ?? []),
    blocking: gateNames(rules.gates?.blocking ?? []),
    staged: gateNames(rules.gates?.staged ?? []),
  },
  secrets: rules.secrets?.allow && sortedUnique(rules.secrets.allow),
  registries:
    rules.dependencies?.registries === undefined
      ? at.layer === 'installation'
        ? null
        : undefined
      : sortedUnique(rules.dependencies.registries),
  packages: listOf(rules.dependencies?.names),
  images: listOf(rules.images),
  staged: rules.staged ?? false,
  activation: rules.activation ?? 'anyone',
  maxLevel: rules.promotion?.maxLevel,
  quorum: rules.promotion?.approvals?.quorum ?? 0,
  promotion: numbersOf([...promotionNumbers, ...promotionSwitches], rules.promotion),
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
    limits: leastNumbers(limitNames, a.limits, b.limits),
    commands: merged.commands,
    conflicts: union(union(a.conflicts, b.conflicts), merged.conflicts),
    setup: [...new Set([...a.setup, ...b.setup])],
    testFiles: conjunction(a.testFiles, b.testFiles),
    tests: leastNumbers(testNumbers, a.tests, b.tests),
    hunkRevert: a.hunkRevert || b.hunkRevert,
    rules: everyRule(a.rules, b.rules),
    gates: {
      required: gateNames([...a.gates.required, ...b.gates.required]),
      blocking: gateNames([...a.gates.blocking, ...b.gates.blocking]),
      staged: gateNames([...a.gates.staged, ...b.gates.staged]),
    },
    secrets: both(a.secrets, b.secrets, intersection),
    registries: both(a.registries, b.registries, registriesOfBoth),
    packages: conjunction(a.packages, b.packages),
    images: conjunction(a.images, b.images),
    staged: a.staged || b.staged,
    activation: stricterActivation(a.activation, b.activation),
    maxLevel: both(a.maxLevel, b.maxLevel, lower),
    quorum: Math.max(a.quorum, b.quorum),
    promotion: leastNumbers([...promotionNumbers, ...promotionSwitches], a.promotion, b.promotion),
  };
};
