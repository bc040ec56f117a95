import type { EffectivePolicy, PolicyEffect, PolicyLayer } from '@gatehouse/contracts';
import { Enforcer, FunctionMap, newModelFromString, type Model } from 'casbin';
import { indexOf, type LayerIndex } from './decision.index.js';
import { Question, ruleMatches, type Ask, type CompiledRule } from './decision.rule.js';
import { textOfPath } from './glob/path.js';

export interface Decision {
  readonly effect: PolicyEffect;
  /** Id of the rule that decided; null where no rule of any layer speaks, or where none permits. */
  readonly rule: string | null;
  /** The layer that decided; null where none says anything. */
  readonly layer: { readonly layer: PolicyLayer; readonly name: string } | null;
  /** Why, or why not, in one sentence. */
  readonly reason: string;
  readonly policyDigest: string;
}

type LayerRules = EffectivePolicy['rules'][number];

/** Deny wins, and where a layer has permits, one of them must match. */
export const decisionModel = `
[request_definition]
r = question
[policy_definition]
p = rule, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = matches(p.rule, r.question)
`;

type Line = readonly [rule: CompiledRule | symbol, eft: 'allow' | 'deny'];

const neutral = Symbol('neutral');
/** Matches everything: a layer that has no permit for an action leaves it to the others. */
const speaksNot: Line = [neutral, 'allow'];
/** Matches nothing: casbin reads a list without any line as a matcher without rules. */
const nothing: Line[] = [[Symbol('silence'), 'allow']];

/** Casbin puts all its functions into the scope of every line; with ours alone a decision costs half. */
class BareEnforcer extends Enforcer {
  constructor(model: Model) {
    super();
    this.setModel(model);
    this.fm = new FunctionMap();
  }
}

const model = newModelFromString(decisionModel);
const lines = model.model.get('p')?.get('p') as unknown as { policy: readonly Line[] };
const enforcer = new BareEnforcer(model);
void enforcer.addFunction('matches', (rule: Line[0], question: Question): boolean =>
  typeof rule === 'symbol' ? rule === neutral : ruleMatches(rule, question),
);

/** Casbin over these lines alone: one enforcer serves all layers, since a call leaves nothing behind. */
const enforce = (
  candidates: readonly Line[],
  question: Question,
): { ok: boolean; line: Line | undefined } => {
  lines.policy = candidates;
  const [ok, line] = enforcer.enforceExSync(question) as unknown as [boolean, Line | []];
  return { ok, line: line.length === 0 ? undefined : line };
};

/** More of them tell whoever answers no more. */
const maxAsking = 100;

const maxIndexes = 256;
const indexes = new Map<string, LayerIndex>();

/** A layer never changes under its digest, so its index is built once; the one built longest ago makes room. */
const indexFor = ({ digest, rules }: LayerRules): LayerIndex => {
  const known = indexes.get(digest);
  if (known !== undefined) return known;
  const index = indexOf(rules);
  indexes.set(digest, index);
  if (indexes.size > maxIndexes) indexes.delete(indexes.keys().next().value as string);
  return index;
};

const linesOf = (index: LayerIndex, candidates: readonly CompiledRule[], { ask }: Question): Line[] => {
  const found: Line[] = [];
  for (const rule of candidates) {
    if (rule.line !== null) found.push(rule.line);
  }
  if (!index.permits(ask.action)) found.push(speaksNot);
  return found.length === 0 ? nothing : found;
};

const nameOf = ({ layer, name }: LayerRules): string => `the ${layer} policy ${name}`;

const thingOf = ({ action, resource }: Ask): string =>
  resource === '' ? action : `${action} of ${textOfPath(resource) ?? JSON.stringify(resource)}`;

const because = (rule: CompiledRule): string => (rule.reason === null ? '.' : `: ${rule.reason}`);

type Rules = Pick<EffectivePolicy, 'digest' | 'rules'>;

/**
 * What all layers together say (I2): each must permit or say nothing, a forbid of any of them forbids, and asking
 * for an approval is the union of all. An error forbids, since the rule it came from may have been a forbid.
 */
export const decide = (policy: Rules, ask: Ask): Decision => decideEach(policy, ask)[0]!;

/** The same, with a decision for each rule that asks for an approval: who answers sees all that they answer to. */
export const decideEach = (policy: Rules, ask: Ask): readonly Decision[] => {
  const question = new Question(ask);
  const answer = (
    effect: PolicyEffect,
    layer: LayerRules | null,
    rule: CompiledRule | null,
    reason: string,
  ): Decision => ({
    effect,
    rule: rule?.id ?? null,
    layer: layer && { layer: layer.layer, name: layer.name },
    reason,
    policyDigest: policy.digest,
  });
  let permitted: [LayerRules, CompiledRule] | undefined;
  const asked: [LayerRules, CompiledRule][] = [];
  for (const layer of policy.rules) {
    try {
      const index = indexFor(layer);
      const candidates = index.candidates(question);
      const { ok, line } = enforce(linesOf(index, candidates, question), question);
      const rule = line === undefined || typeof line[0] === 'symbol' ? null : line[0];
      if (!ok) {
        const reason =
          rule === null
            ? `No rule of ${nameOf(layer)} permits ${thingOf(ask)}.`
            : `The rule ${rule.id} of ${nameOf(layer)} forbids ${thingOf(ask)}${because(rule)}`;
        return [answer('forbid', layer, rule, reason)];
      }
      if (rule !== null) permitted = [layer, rule];
      for (const found of candidates)
        if (found.effect === 'require_approval' && asked.length < maxAsking && ruleMatches(found, question))
          asked.push([layer, found]);
    } catch (error) {
      const reason = `The rules of ${nameOf(layer)} could not be applied to ${thingOf(ask)}, so they forbid it${error instanceof RangeError ? `: ${error.message}` : '.'}`;
      return [answer('forbid', layer, null, reason)];
    }
  }
  if (asked.length > 0)
    return asked.map(([layer, rule]) => {
      const reason = `The rule ${rule.id} of ${nameOf(layer)} asks for an approval of ${thingOf(ask)}${because(rule)}`;
      return answer('require_approval', layer, rule, reason);
    });
  if (permitted !== undefined) {
    const [layer, rule] = permitted;
    const reason = `The rule ${rule.id} of ${nameOf(layer)} permits ${thingOf(ask)}.`;
    return [answer('permit', layer, rule, reason)];
  }
  const reason = `No rule of any layer speaks of ${thingOf(ask)}, so it is permitted.`;
  return [answer('permit', null, null, reason)];
};
