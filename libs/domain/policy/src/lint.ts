import type {
  EffectivePolicy,
  PolicyDocument,
  PolicyLint,
  PolicyRule,
  PolicyRules,
} from '@gatehouse/contracts';
import { layerOf, withDefault } from './document.layer.js';
import { coverBudget, uncovered, type CoverBudget } from './glob/glob.cover.js';
import { globsOverlap } from './glob/glob.overlap.js';
import { mergeLayers, type Layer } from './merge.js';
import { wideningsOf } from './widening.js';

/** What a document is held against. */
export interface LintSurroundings {
  /** Active layers that it would stand beside, not the one it would replace. */
  readonly others: readonly Layer[];
  /** Active layers that only some of the jobs below it lie under. */
  readonly further?: readonly Layer[];
  readonly gates: readonly { readonly id: string; readonly always?: true }[];
}

const maxFound = 200;
/** Of a list longer than this only its beginning is compared entry by entry. */
const maxCompared = 300;

type Lint = Omit<PolicyLint, 'field'>;
const warning = (code: string, message: string, fix: string): Lint => ({
  severity: 'warning',
  code: `lint.${code}`,
  message,
  fix,
});
const error = (code: string, message: string, fix: string): Lint => ({
  ...warning(code, message, fix),
  severity: 'error',
});
const at = (field: string, found: Lint): PolicyLint => ({ ...found, field: `spec.${field}` });

/** Lists of globs by their place in the rules. */
const globLists = (rules: PolicyRules): [field: string, globs: readonly string[]][] =>
  (
    [
      ['allowedPaths', rules.allowedPaths],
      ['forbiddenPaths', rules.forbiddenPaths],
      ['runtimeArtifacts', rules.runtimeArtifacts],
      ['images', rules.images],
      ['dependencies.names', rules.dependencies?.names],
      ['tests.files', rules.tests?.files],
      ['promotion.targets', rules.promotion?.targets],
      ...(rules.rules ?? []).map(({ resources }, i) => [`rules[${i}].resources`, resources] as const),
    ] as const
  ).flatMap(([field, globs]) => (globs === undefined ? [] : [[field, globs]]));

/** Of two equal ones the later is covered; of others, the one that says no more. */
const coveredGlobs = (rules: PolicyRules, budget: CoverBudget): PolicyLint[] =>
  globLists(rules).flatMap(([field, globs]) =>
    globs.slice(0, maxCompared).flatMap((glob, i) => {
      const others = globs.filter((other, j) => j !== i && (other !== glob || j < i));
      if (others.length === 0 || uncovered(glob, others, budget) !== undefined) return [];
      const cover =
        others.find((other) => uncovered(glob, [other], budget) === undefined) ?? 'the others together';
      return at(
        `${field}[${i}]`,
        warning('covered', `${glob} says no more than ${cover} does.`, 'Take it out.'),
      );
    }),
  );

const empties: readonly (readonly [
  field: string,
  of: (rules: PolicyRules) => readonly unknown[] | undefined,
])[] = [
  ['allowedPaths', (rules) => rules.allowedPaths],
  ['adapters', (rules) => rules.adapters],
  ['capabilities', (rules) => rules.capabilities],
  ['promotion.targets', (rules) => rules.promotion?.targets],
];

/** Fields by which no job at all could pass. */
const nothingPermitted = (rules: PolicyRules): PolicyLint[] => [
  ...empties
    .filter(([, of]) => of(rules)?.length === 0)
    .map(([field]) =>
      at(
        field,
        error('nothing', 'An empty list permits nothing.', 'Leave the field out, or name what is meant.'),
      ),
    ),
  ...(['files', 'patchBytes', 'executionMinutes'] as const)
    .filter((name) => rules.limits?.[name] === 0)
    .map((name) =>
      at(`limits.${name}`, error('nothing', 'A limit of 0 lets nothing pass.', 'Raise it, or leave it out.')),
    ),
];

/** Lists that leave nothing in common with the layers above. */
const nothingInCommon = (rules: PolicyRules, above: EffectivePolicy): PolicyLint[] => {
  const found: PolicyLint[] = [];
  const told = (field: string, theirs: readonly string[]): void => {
    const message = `Together with the other layers nothing is left of it: they allow ${theirs.slice(0, 5).join(', ')}.`;
    found.push(
      at(field, error('nothing_in_common', message, 'Name something that the other layers allow too.')),
    );
  };
  for (const [field, mine, theirs] of [
    ['adapters', rules.adapters, above.adapters],
    ['capabilities', rules.capabilities, above.capabilities],
  ] as const)
    if (mine !== undefined && mine.length > 0 && !mine.some((name) => (theirs as string[]).includes(name)))
      told(field, theirs);
  for (const [field, mine, lists] of [
    ['allowedPaths', rules.allowedPaths, above.allowedPaths],
    ['images', rules.images, above.images],
    ['promotion.targets', rules.promotion?.targets, above.promotion.targets],
  ] as const) {
    if (mine === undefined || mine.length === 0) continue;
    const globs = mine.slice(0, maxCompared);
    const apart = lists.find((list) =>
      globs.every((glob) => !list.slice(0, maxCompared).some((other) => globsOverlap(glob, other))),
    );
    if (apart !== undefined && mine.length <= maxCompared && apart.length <= maxCompared) told(field, apart);
    else
      globs.forEach((glob, i) => {
        const never = lists.find(
          (list) => list.length <= maxCompared && !list.some((other) => globsOverlap(glob, other)),
        );
        if (never === undefined) return;
        const message = `${glob} can never match: the other layers allow only ${never.slice(0, 5).join(', ')}.`;
        found.push(
          at(`${field}[${i}]`, warning('never_matches', message, 'Take it out, or ask for it there.')),
        );
      });
  }
  return found;
};

const shadowedPaths = (
  rules: PolicyRules,
  above: EffectivePolicy | null,
  budget: CoverBudget,
): PolicyLint[] => {
  const forbidden = [...(rules.forbiddenPaths ?? []), ...(above?.forbiddenPaths ?? [])];
  return (rules.allowedPaths ?? []).slice(0, maxCompared).flatMap((glob, i) => {
    if (forbidden.length === 0 || uncovered(glob, forbidden, budget) !== undefined) return [];
    const message = `${glob} is allowed here and forbidden as a whole: deny wins.`;
    return at(`allowedPaths[${i}]`, warning('shadowed', message, 'Take it out, or narrow forbiddenPaths.'));
  });
};

const everyone = ({ subjects }: PolicyRule): boolean => subjects === undefined || subjects.includes('*');

/** Whether a forbid holds wherever the permit does, its resources apart. */
const isWider = (forbid: PolicyRule, permit: PolicyRule): boolean =>
  permit.actions.every((action) => forbid.actions.includes(action)) &&
  (everyone(forbid) || (permit.subjects?.every((name) => forbid.subjects?.includes(name)) ?? false)) &&
  (forbid.when?.tainted === undefined || forbid.when.tainted === permit.when?.tainted) &&
  (forbid.when?.levels === undefined ||
    (permit.when?.levels?.every((level) => forbid.when?.levels?.includes(level)) ?? false));

const shadowedRules = (
  rules: PolicyRules,
  above: EffectivePolicy | null,
  budget: CoverBudget,
): PolicyLint[] => {
  const named = (rules.rules ?? []).map((rule) => ({ rule, of: 'this document' }));
  const theirs = (above?.rules ?? []).flatMap(({ layer, name, rules: list }) =>
    list.map((rule) => ({ rule, of: `the ${layer} policy ${name}` })),
  );
  const forbids = [...named, ...theirs].filter(({ rule }) => rule.effect === 'forbid').slice(0, maxCompared);
  return (rules.rules ?? []).flatMap((permit, i) => {
    if (permit.effect !== 'permit' || i >= maxCompared) return [];
    const shadow = forbids.find(
      ({ rule }) =>
        isWider(rule, permit) &&
        (permit.resources ?? ['**']).every(
          (glob) => uncovered(glob, rule.resources ?? ['**'], budget) === undefined,
        ),
    );
    if (shadow === undefined) return [];
    const message = `The rule ${permit.id} never permits anything: ${shadow.rule.id} of ${shadow.of} forbids all of it.`;
    return at(`rules[${i}]`, warning('shadowed', message, 'Take one of the two out, or narrow the forbid.'));
  });
};

const gateNames = (rules: PolicyRules, gates: LintSurroundings['gates']): PolicyLint[] =>
  (['required', 'blocking', 'staged'] as const).flatMap((list) =>
    (rules.gates?.[list] ?? []).flatMap((id, i) => {
      const field = `gates.${list}[${i}]`;
      const gate = gates.find((known) => known.id === id);
      if (id !== '*' && gate === undefined)
        return at(
          field,
          error(
            'unknown_gate',
            `There is no gate ${id}, so it never answers and nothing passes.`,
            nearest(id, gates),
          ),
        );
      return list === 'staged' && gate?.always === true
        ? at(
            field,
            warning('never_staged', `${id} always counts and cannot be staged.`, 'Take it out of the list.'),
          )
        : [];
    }),
  );

const nearest = (wrong: string, gates: LintSurroundings['gates']): string => {
  const words = wrong.split('-');
  const alike = gates.map(({ id }) => id).filter((id) => id.split('-').some((word) => words.includes(word)));
  return alike.length === 0
    ? 'Name one that gatehouse candidate show lists.'
    : `Did you mean ${alike.slice(0, 3).join(' or ')}?`;
};

/** What is odd about a document: what nobody could pass, what has no effect, what the other layers contradict. */
export const lintPolicy = (
  { metadata, spec }: PolicyDocument,
  { others, further = [], gates }: LintSurroundings,
): PolicyLint[] => {
  const budget = coverBudget();
  const all = withDefault([...others, layerOf({ metadata, spec } as PolicyDocument)]);
  const merges = [mergeLayers(all), ...further.map((layer) => mergeLayers([...all, layer]))];
  const contradictions = [...new Set(merges.flatMap((merge) => (merge.ok ? [] : [merge.message])))];
  const beside = metadata.layer === 'installation' ? null : mergeLayers(withDefault(others));
  const above = beside?.ok === true ? beside.policy : null;
  const found = [
    ...contradictions.map((message) =>
      at('commands', error('contradiction', message, 'Give one of the commands another name.')),
    ),
    ...gateNames(spec, gates),
    ...nothingPermitted(spec),
    ...(above === null
      ? []
      : [
          ...nothingInCommon(spec, above),
          ...wideningsOf(spec, above).map(({ field, message }) =>
            at(
              field,
              warning('wider', message, 'It has no effect: deny wins. Take it out, or ask for it there.'),
            ),
          ),
        ]),
    ...shadowedPaths(spec, above, budget),
    ...shadowedRules(spec, above, budget),
    ...coveredGlobs(spec, budget),
  ];
  const never = new Set(found.filter(({ code }) => code === 'lint.never_matches').map(({ field }) => field));
  return found.filter(({ code, field }) => code !== 'lint.wider' || !never.has(field)).slice(0, maxFound);
};
