import { contentActions, type PolicyAction, type PolicyRule } from '@gatehouse/contracts';
import { compileRule, type CompiledRule, type Question } from './decision.rule.js';
import { isPlain, type Glob } from './glob/glob.js';

/**
 * Finds the rules that might match a question, so that 10,000 rules cost what 10 cost. It must leave out none that
 * does match (over-approximate); casbin decides over what it finds.
 *
 * A glob lies at the folder that its plain first segments name. There it is looked up by its last segment where
 * that is plain, else by the principal where its rule speaks of nobody else, else it is always found.
 */
interface Shelf {
  readonly below: Map<string, Shelf>;
  readonly byLast: Map<string, CompiledRule[]>;
  readonly byPrincipal: Map<string, CompiledRule[]>;
  readonly always: CompiledRule[];
}

const shelf = (): Shelf => ({ below: new Map(), byLast: new Map(), byPrincipal: new Map(), always: [] });

const add = (map: Map<string, CompiledRule[]>, key: string, rule: CompiledRule): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [rule]);
  else list.push(rule);
};

const place = (root: Shelf, { segments }: Glob, rule: CompiledRule): void => {
  let at = root;
  let depth = 0;
  for (; depth < segments.length - 1 && isPlain(segments[depth]); depth += 1) {
    const name = segments[depth] as string;
    let next = at.below.get(name);
    if (next === undefined) at.below.set(name, (next = shelf()));
    at = next;
  }
  const last = segments.at(-1);
  if (isPlain(last)) add(at.byLast, last, rule);
  else if (rule.subjects !== null && rule.subjects.kinds.size + rule.subjects.roles.size === 0)
    for (const name of rule.subjects.names) add(at.byPrincipal, name, rule);
  else at.always.push(rule);
};

const gather = (
  root: Shelf,
  segments: readonly string[],
  name: string | undefined,
  found: Set<CompiledRule>,
): void => {
  const last = segments.at(-1) as string;
  let at: Shelf | undefined = root;
  for (let depth = 0; at !== undefined; depth += 1) {
    const byLast = at.byLast.get(last);
    if (byLast !== undefined) for (const rule of byLast) found.add(rule);
    for (const rule of at.always) found.add(rule);
    if (at.byPrincipal.size > 0) {
      // Without a name nobody can say which of them might match.
      const lists = name === undefined ? [...at.byPrincipal.values()] : [at.byPrincipal.get(name) ?? []];
      for (const rule of lists.flat()) found.add(rule);
    }
    at = depth < segments.length - 1 ? at.below.get(segments[depth] as string) : undefined;
  }
};

interface ActionIndex {
  /** A layer without any permit for the action says nothing on it. */
  permits: boolean;
  /** There is something in `folded`. */
  folds: boolean;
  readonly exact: Shelf;
  readonly folded: Shelf;
}

const emptyIndex = (): ActionIndex => ({ permits: false, folds: false, exact: shelf(), folded: shelf() });

export interface LayerIndex {
  /** True where the layer has a permit for the action, so that one of them has to match. */
  permits(action: PolicyAction): boolean;
  /** In the order of the document. */
  candidates(question: Question): CompiledRule[];
}

export const indexOf = (rules: readonly PolicyRule[]): LayerIndex => {
  const byAction = new Map<PolicyAction, ActionIndex>();
  rules.map(compileRule).forEach((rule) => {
    for (const action of rule.actions) {
      const known = byAction.get(action) ?? emptyIndex();
      byAction.set(action, known);
      known.permits ||= rule.effect === 'permit';
      known.folds ||= contentActions.includes(action) && rule.folded.length > 0;
      for (const glob of rule.globs) place(known.exact, glob, rule);
      if (known.folds) for (const glob of rule.folded) place(known.folded, glob, rule);
    }
  });
  return {
    permits: (action) => byAction.get(action)?.permits === true,
    candidates: (question) => {
      const { ask, segments } = question;
      const known = byAction.get(ask.action);
      if (known === undefined) return [];
      const found = new Set<CompiledRule>();
      gather(known.exact, segments, ask.subject?.name, found);
      if (known.folds) gather(known.folded, question.folded, ask.subject?.name, found);
      const list = [...found];
      return list.length > 1 ? list.sort((a, b) => a.order - b.order) : list;
    },
  };
};
