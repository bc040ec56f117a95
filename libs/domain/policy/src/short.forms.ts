import {
  promotionLevels,
  type PolicyEffect,
  type PolicyRules,
  type PromotionLevel,
} from '@gatehouse/contracts';
import type { Ask } from './decision.rule.js';
import { globSet, type GlobSet } from './glob/glob.js';
import { forbidSet, type ForbidSet } from './glob/path.fold.js';
import { rawPathOfText, textOfPath } from './glob/path.js';
import { runtimeArtifactSet } from './runtime-artifact.js';

type Lists = readonly (readonly string[])[];

/** The named fields that say what rules could say too, of one layer or of a merge; undefined says nothing. */
export interface ShortForms {
  readonly allowedPaths: Lists | undefined;
  readonly forbiddenPaths: readonly string[];
  readonly runtimeArtifacts: readonly string[];
  readonly symlinks?: PolicyEffect | undefined;
  readonly gitlinks?: PolicyEffect | undefined;
  readonly executables?: PolicyEffect | undefined;
  readonly adapters?: readonly string[] | undefined;
  readonly capabilities?: readonly string[] | undefined;
  readonly images: Lists | undefined;
  readonly promotion: {
    readonly maxLevel?: PromotionLevel | undefined;
    readonly targets: Lists | undefined;
  };
}

const only = (list: readonly string[] | undefined): Lists | undefined => list && [list];

export const shortFormsOf = (rules: PolicyRules): ShortForms => ({
  allowedPaths: only(rules.allowedPaths),
  forbiddenPaths: rules.forbiddenPaths ?? [],
  runtimeArtifacts: rules.runtimeArtifacts ?? [],
  symlinks: rules.symlinks,
  gitlinks: rules.gitlinks,
  executables: rules.executables,
  adapters: rules.adapters,
  capabilities: rules.capabilities,
  images: only(rules.images),
  promotion: { maxLevel: rules.promotion?.maxLevel, targets: only(rules.promotion?.targets) },
});

export interface Said {
  readonly effect: PolicyEffect;
  /** The field. */
  readonly rule: string;
  /** Ends a sentence that begins with what was asked. */
  readonly because: string;
}

/** A list of a policy never changes, and thousands of questions may be put to it. */
const kept = <T>(make: (list: readonly string[]) => T) => {
  const known = new WeakMap<readonly string[], T>();
  return (list: readonly string[]): T => {
    const set = known.get(list) ?? make(list);
    known.set(list, set);
    return set;
  };
};
const setOf = kept<GlobSet>(globSet);
const forbids = kept<ForbidSet>(forbidSet);
const artifacts = kept(runtimeArtifactSet);

const say = (effect: PolicyEffect, rule: string, because: string): Said => ({ effect, rule, because });

const inLists = (lists: Lists | undefined, text: string, rule: string): Said | null => {
  if (lists === undefined) return null;
  if (lists.length === 0) return say('forbid', rule, `${rule} has no entry`);
  let found = '';
  for (const list of lists) {
    const glob = setOf(list).match(rawPathOfText(text));
    if (glob === null) return say('forbid', rule, `${rule} has no entry that matches it`);
    found = glob;
  }
  return say('permit', rule, `${rule} has ${found}`);
};

const inList = (list: readonly string[] | undefined, name: string, rule: string): Said | null => {
  if (list === undefined) return null;
  return list.includes(name)
    ? say('permit', rule, `${rule} has ${name}`)
    : say('forbid', rule, `${rule} has only ${list.join(', ') || 'nothing'}`);
};

const ofPath = (forms: ShortForms, path: Ask['resource']): Said | null => {
  const forbidden = forbids(forms.forbiddenPaths).match(path);
  if (forbidden !== null) return say('forbid', 'forbiddenPaths', `forbiddenPaths has ${forbidden}`);
  const artifact = artifacts(forms.runtimeArtifacts).match(path);
  if (artifact !== null)
    return say(
      'forbid',
      'runtimeArtifacts',
      `it is left behind by running and never published (${artifact})`,
    );
  return inLists(forms.allowedPaths, textOfPath(path) ?? path, 'allowedPaths');
};

const ofPromotion = ({ promotion }: ShortForms, resource: string): Said | null => {
  const slash = resource.indexOf('/');
  const [level, target] = [resource.slice(0, slash), resource.slice(slash + 1)];
  const { maxLevel, targets } = promotion;
  const rank = (name: string): number => (promotionLevels as readonly string[]).indexOf(name);
  if (maxLevel !== undefined && (rank(level) < 0 || rank(level) > rank(maxLevel)))
    return say('forbid', 'promotion.maxLevel', `promotion.maxLevel is ${maxLevel}`);
  return (
    inLists(targets, target, 'promotion.targets') ??
    (maxLevel === undefined ? null : say('permit', 'promotion.maxLevel', `promotion.maxLevel is ${maxLevel}`))
  );
};

const modes = { symlink: 'symlinks', gitlink: 'gitlinks', executable: 'executables' } as const;
export type ModeWord = keyof typeof modes;

/** What the named fields say to a question; null where they say nothing. */
export const saidByForms = (
  forms: ShortForms,
  { action, resource }: Pick<Ask, 'action' | 'resource'>,
  mode?: ModeWord,
): Said | null => {
  const text = textOfPath(resource) ?? resource;
  switch (action) {
    case 'path.change':
      return ofPath(forms, resource);
    case 'mode.change': {
      const field = mode && modes[mode];
      const stance = field && forms[field];
      return field === undefined || stance === undefined ? null : say(stance, field, `${field} is ${stance}`);
    }
    case 'agent.use':
      return inList(forms.adapters, text, 'adapters');
    case 'capability.use':
      return inList(forms.capabilities, text, 'capabilities');
    case 'image.use':
      return inLists(forms.images, text, 'images');
    case 'promotion.request':
      return ofPromotion(forms, text);
    default:
      return null;
  }
};
