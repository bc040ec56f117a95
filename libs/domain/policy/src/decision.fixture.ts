import {
  contentActions,
  policyActions,
  type EffectivePolicy,
  type PolicyAction,
  type PolicyEffect,
  type PolicyRule,
} from '@gatehouse/contracts';
import { digestOf } from '@gatehouse/proof';
import { Enforcer, newModelFromString } from 'casbin';
import type { Ask } from './decision.rule.js';
import { forbidSet } from './glob/path.fold.js';
import { globSet } from './glob/glob.js';
import { rawPathOfText } from './glob/path.js';

/** Decisions by casbin as its manual has it: every rule of a layer as a line of text, no index, nothing compiled. */

type Rules = EffectivePolicy['rules'];

const model = (effect: string) => `
[request_definition]
r = sub, act, obj, ctx
[policy_definition]
p = sub, acts, objs, match, when, eft
[policy_effect]
e = ${effect}
[matchers]
m = speaks(r.act, p.acts) && holds(r.sub, p.sub) && covers(r.act, r.obj, p.objs, p.match) && applies(r.ctx, p.when)
`;
const allowAndDeny = 'some(where (p.eft == allow)) && !some(where (p.eft == deny))';
const anyOf = 'some(where (p.eft == allow))';

const read = new Map<string, { match(path: string): string | null }>();

/** Text is parsed once, as a caching matcher would; else the floor would measure JSON.parse. */
const patternsOf = (text: string, refuses: boolean): { match(path: string): string | null } => {
  const key = `${refuses}${text}`;
  const known = read.get(key) ?? (refuses ? forbidSet : globSet)(text.split('\n'));
  read.set(key, known as { match(path: string): string | null });
  return known as { match(path: string): string | null };
};

const functions: Record<string, (...args: string[]) => boolean> = {
  speaks: (action, actions) => actions!.split(' ').includes(action!),
  holds: (subject, subjects) => {
    if (subjects === '*') return true;
    const wanted = subjects!.split(' ');
    return subject!.split(' ').some((name) => wanted.includes(name));
  },
  covers: (action, resource, patterns, match) =>
    patternsOf(patterns!, match === 'folded' && contentActions.includes(action as PolicyAction)).match(
      resource!,
    ) !== null,
  applies: (context, when) => {
    if (when === '{}') return true;
    const { tainted, level } = JSON.parse(context!) as Ask['context'];
    const wanted = JSON.parse(when!) as NonNullable<PolicyRule['when']>;
    return (
      (wanted.tainted === undefined || wanted.tainted === tainted) &&
      (wanted.levels === undefined || (level !== null && wanted.levels.includes(level)))
    );
  },
};

const enforcerOf = (effect: string, rules: readonly string[][]): Enforcer => {
  const compiled = newModelFromString(model(effect));
  for (const rule of rules) compiled.addPolicy('p', 'p', rule);
  const enforcer = new Enforcer();
  enforcer.setModel(compiled);
  for (const [name, run] of Object.entries(functions)) void enforcer.addFunction(name, run);
  return enforcer;
};

const lineOf = (rule: PolicyRule, effect: string): string[] => [
  rule.subjects?.includes('*') === false ? rule.subjects.join(' ') : '*',
  rule.actions.join(' '),
  (rule.resources ?? ['**']).join('\n'),
  rule.effect === 'permit' ? 'exact' : 'folded',
  JSON.stringify(rule.when ?? {}),
  effect,
];

export const plainCasbin = (layers: Rules): ((ask: Ask) => PolicyEffect) => {
  const enforcers = layers.map(({ rules }) => {
    const mute = (Object.keys(policyActions) as PolicyAction[]).filter(
      (action) => !rules.some(({ effect, actions }) => effect === 'permit' && actions.includes(action)),
    );
    const lines = rules
      .filter(({ effect }) => effect !== 'require_approval')
      .map((rule) => lineOf(rule, rule.effect === 'permit' ? 'allow' : 'deny'));
    const neutral = mute.map((action) => ['*', action, '**', 'exact', '{}', 'allow']);
    const asks = rules
      .filter(({ effect }) => effect === 'require_approval')
      .map((rule) => lineOf(rule, 'allow'));
    return { decides: enforcerOf(allowAndDeny, [...lines, ...neutral]), asks };
  });
  const approvals = enforcerOf(
    anyOf,
    enforcers.flatMap(({ asks }) => asks),
  );
  const folds = enforcers.some(({ asks }) => asks.length > 0);
  return ({ subject, action, resource, context }) => {
    const names =
      subject === null
        ? ''
        : [
            `kind:${subject.kind}`,
            `principal:${subject.name}`,
            ...subject.roles.map((r) => `role:${r}`),
          ].join(' ');
    const ask = [names, action, resource, JSON.stringify(context)];
    if (!enforcers.every(({ decides }) => decides.enforceSync(...ask))) return 'forbid';
    return folds && approvals.enforceSync(...ask) ? 'require_approval' : 'permit';
  };
};

/** Layers under the digests of their rules: indexes are kept under them. */
export const layersOf = (lists: readonly (readonly PolicyRule[])[]): Rules =>
  lists.map((rules, i) => ({
    layer: i === 0 ? 'installation' : 'repository',
    name: `layer-${i}`,
    digest: digestOf(rules),
    rules: [...rules],
  }));

type Next = () => number;
const pick = <T>(next: Next, list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
const some = <T>(next: Next, most: number, make: () => T): T[] =>
  Array.from({ length: 1 + Math.floor(next() * most) }, make);

const actions = Object.keys(policyActions) as PolicyAction[];
const names = ['src', 'Src', 'docs', 'a', 'ab', 'ä', 'README.md', 'x.ts'];
const wild = [...names, '*', '**', '**', 'a*', '*.ts', '?', '?b', '*r*'];
const roles = ['viewer', 'requester', 'admin'] as const;
const kinds = ['user', 'service', 'agent'] as const;
const people = ['ann', 'bob', 'cleo'];
const levels = ['patch', 'branch', 'draft_pr'] as const;
const subjects = [
  '*',
  ...kinds.map((kind) => `kind:${kind}`),
  ...roles.map((role) => `role:${role}`),
  ...people.map((name) => `principal:${name}`),
  ...people.map((name) => `principal:${name}`),
];

const randomRule = (next: Next, id: string): PolicyRule => {
  const content = next() < 0.4;
  const effect = pick(next, ['permit', 'permit', 'forbid', 'require_approval'] as const);
  const possible = actions.filter(
    (action) =>
      contentActions.includes(action) === content &&
      (effect !== 'require_approval' || action !== 'approval.give'),
  );
  return {
    id,
    effect,
    actions: some(next, 2, () => pick(next, possible)),
    ...(next() < 0.8 && { resources: some(next, 3, () => some(next, 4, () => pick(next, wild)).join('/')) }),
    ...(!content && next() < 0.4 && { subjects: some(next, 2, () => pick(next, subjects)) }),
    ...(!content &&
      next() < 0.3 && {
        when: {
          ...(next() < 0.5 && { tainted: next() < 0.5 }),
          ...(next() < 0.5 && { levels: [pick(next, levels)] }),
        },
      }),
  };
};

/** Small alphabets, so that rules and asks meet often. */
export const randomLayers = (next: Next): Rules =>
  layersOf(
    some(next, 3, () =>
      Array.from({ length: Math.floor(next() * 12) }, (_, i) => randomRule(next, `rule-${i}`)),
    ),
  );

export const randomAsk = (next: Next): Ask => {
  const action = pick(next, actions);
  return {
    subject: contentActions.includes(action)
      ? null
      : {
          name: pick(next, people),
          kind: pick(next, kinds),
          roles: roles.filter(() => next() < 0.4),
        },
    action,
    resource: rawPathOfText(some(next, 4, () => pick(next, names)).join('/')),
    context: { tainted: next() < 0.5, level: pick(next, levels) },
  };
};

export interface Comparison {
  readonly cases: number;
  readonly effects: Readonly<Record<PolicyEffect, number>>;
  /** The first, as JSON: policy, ask and both answers. */
  readonly differences: readonly string[];
}

/** So many random asks to random layers, answered by `decide` and by plain casbin. */
export const compareWithCasbin = (
  decide: (policy: { digest: string; rules: Rules }, ask: Ask) => { effect: PolicyEffect },
  cases: number,
  next: Next,
): Comparison => {
  const effects = { permit: 0, forbid: 0, require_approval: 0 };
  const differences: string[] = [];
  for (let done = 0; done < cases;) {
    const rules = randomLayers(next);
    const plain = plainCasbin(rules);
    for (let i = 0; i < 200 && done < cases; i += 1, done += 1) {
      const ask = randomAsk(next);
      const [ours, theirs] = [decide({ digest: 'x', rules }, ask).effect, plain(ask)];
      effects[ours] += 1;
      if (ours !== theirs && differences.length === 0)
        differences.push(JSON.stringify({ ours, theirs, ask, rules }));
    }
    read.clear();
  }
  return { cases, effects, differences };
};
