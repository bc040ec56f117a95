import { activations, promotionLevels, type PolicyRules, type EffectivePolicy } from '@gatehouse/contracts';
import { coverBudget, uncovered, type CoverBudget } from './glob/glob.cover.js';
import { limitNames, promotionNumbers, promotionSwitches, stances, testNumbers } from './lattice.js';
import { textOfPath } from './glob/path.js';

/** One place where a layer asks for more than the layers above it allow. */
export interface Widening {
  /** Place in the rules, e.g. `limits.files` or `allowedPaths[2]`. */
  readonly field: string;
  readonly asked: string;
  readonly allowed: string;
  /** What it asks for and what to do, for the problem document. */
  readonly message: string;
}

const widening = (field: string, asked: string, allowed: string): Widening => ({
  field,
  asked,
  allowed,
  message: `${field} asks for ${asked}, and the policies above allow ${allowed}. Ask for no more, or leave it out.`,
});

const list = (items: readonly string[]): string =>
  items.length === 0 ? 'nothing' : items.slice(0, 10).join(', ');

const more = (field: string, asked: number | undefined, allowed: number): Widening[] =>
  asked !== undefined && asked > allowed ? [widening(field, `${asked}`, `${allowed}`)] : [];

const numbers = (rules: PolicyRules, above: EffectivePolicy): Widening[] => [
  ...limitNames.flatMap((name) => more(`limits.${name}`, rules.limits?.[name], above.limits[name])),
  ...promotionNumbers.flatMap((name) =>
    more(`promotion.${name}`, rules.promotion?.[name], above.promotion[name]),
  ),
  // Off allows any: to be judged with others asks for more, not for less.
  ...promotionSwitches.flatMap((name) =>
    more(`promotion.${name}`, rules.promotion?.[name], above.promotion[name] ?? Infinity),
  ),
  ...testNumbers.flatMap((name) => more(`tests.${name}`, rules.tests?.[name], above.tests[name])),
];

const stanceFields = ['symlinks', 'gitlinks', 'executables'] as const;

const looserStances = (rules: PolicyRules, above: EffectivePolicy): Widening[] =>
  stanceFields.flatMap((name) => {
    const asked = rules[name];
    const looser = asked !== undefined && stances.indexOf(asked) < stances.indexOf(above[name]);
    return looser ? [widening(name, asked, above[name])] : [];
  });

const choices = (
  field: string,
  asked: readonly string[] | undefined,
  allowed: readonly string[],
  words = list(allowed),
): Widening[] =>
  (asked ?? []).flatMap((item, i) =>
    allowed.includes(item) ? [] : [widening(`${field}[${i}]`, item, words)],
  );

/** Without a list only the installation can name the first host: a further layer tightens. */
const registries = (rules: PolicyRules, { dependencies: { registries: above } }: EffectivePolicy) =>
  choices(
    'dependencies.registries',
    rules.dependencies?.registries,
    above ?? [],
    above === null ? 'the hosts that the base already fetches from' : list(above),
  );

const globs = (
  field: string,
  asked: readonly string[] | undefined,
  above: readonly (readonly string[])[],
  budget: CoverBudget,
): Widening[] =>
  (asked ?? []).flatMap((glob, i) => {
    if (above.length === 0) return [widening(`${field}[${i}]`, glob, 'nothing')];
    for (const allowed of above) {
      const witness = uncovered(glob, allowed, budget);
      // Too costly to tell: nothing is lost, since the merge takes the intersection all the same.
      if (witness === undefined || witness === null) continue;
      const example = textOfPath(witness) === glob ? '' : ` (e.g. ${textOfPath(witness) ?? '?'})`;
      return [widening(`${field}[${i}]`, `${glob}${example}`, list(allowed))];
    }
    return [];
  });

const promotion = (rules: PolicyRules, above: EffectivePolicy, budget: CoverBudget): Widening[] => {
  const { maxLevel, approvals, targets } = rules.promotion ?? {};
  const found: Widening[] = [];
  if (
    maxLevel !== undefined &&
    promotionLevels.indexOf(maxLevel) > promotionLevels.indexOf(above.promotion.maxLevel)
  ) {
    found.push(widening('promotion.maxLevel', maxLevel, above.promotion.maxLevel));
  }
  if (approvals !== undefined && approvals.quorum < above.promotion.quorum) {
    const allowed = `no fewer than ${above.promotion.quorum}`;
    found.push(widening('promotion.approvals.quorum', `${approvals.quorum} approvals`, allowed));
  }
  return [...found, ...globs('promotion.targets', targets, above.promotion.targets, budget)];
};

const switches = (rules: PolicyRules, above: EffectivePolicy): Widening[] => {
  const found: Widening[] = [];
  if (rules.staged === false && above.staged) found.push(widening('staged', 'false', 'true'));
  if (rules.tests?.hunkRevert === false && above.tests.hunkRevert)
    found.push(widening('tests.hunkRevert', 'false', 'true'));
  if (
    rules.activation !== undefined &&
    activations.indexOf(rules.activation) < activations.indexOf(above.activation)
  )
    found.push(widening('activation', rules.activation, above.activation));
  return found;
};

/**
 * Where rules ask for more than the merge of the layers above them allows. The merge would ignore it; whoever
 * wrote it should hear so at once. Forbids, rules, gates, commands and setup can only be added to and never widen.
 */
export const wideningsOf = (rules: PolicyRules, above: EffectivePolicy): Widening[] => {
  const budget = coverBudget();
  return [
    ...numbers(rules, above),
    ...looserStances(rules, above),
    ...choices('capabilities', rules.capabilities, above.capabilities),
    ...choices('adapters', rules.adapters, above.adapters),
    ...globs('allowedPaths', rules.allowedPaths, above.allowedPaths, budget),
    ...choices('secrets.allow', rules.secrets?.allow, above.secrets.allow),
    ...registries(rules, above),
    ...globs('dependencies.names', rules.dependencies?.names, above.dependencies.names, budget),
    ...globs('images', rules.images, above.images, budget),
    ...switches(rules, above),
    ...promotion(rules, above, budget),
  ];
};
