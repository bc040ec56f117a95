import type { EffectivePolicy, PolicyEffect, PolicyExplanation, PolicyLayer } from '@gatehouse/contracts';
import { digestOf } from '@gatehouse/proof';
import { decide, type Decision } from './decision.js';
import type { Ask } from './decision.rule.js';
import { completeRules, mergeLayers, type Layer } from './merge.js';
import { textOfPath } from './glob/path.js';
import { saidByForms, shortFormsOf, type ModeWord } from './short.forms.js';

const strictness: readonly PolicyEffect[] = ['permit', 'require_approval', 'forbid'];
const stricter = (a: PolicyEffect | null, b: PolicyEffect | null): boolean =>
  b !== null && (a === null || strictness.indexOf(b) > strictness.indexOf(a));

const verbs = {
  permit: 'is permitted',
  forbid: 'is forbidden',
  require_approval: 'needs an approval',
} as const;

const thingOf = ({ action, resource }: Ask): string =>
  resource === '' ? action : `${action} of ${textOfPath(resource) ?? JSON.stringify(resource)}`;

/** What fields and rules of a merge say together, as one decision. */
export const answerTo = (policy: EffectivePolicy, ask: Ask): Decision => {
  const said = saidByForms(policy, ask);
  const decided = decide(policy, ask);
  if (said === null || !stricter(decided.effect, said.effect)) return decided;
  const reason = `${thingOf(ask)} ${verbs[said.effect]}: ${said.because}.`;
  return { effect: said.effect, rule: said.rule, layer: null, reason, policyDigest: policy.digest };
};

type LayerAnswer = PolicyExplanation['layers'][number];

const ofLayer = (layer: Layer, ask: Ask, mode: ModeWord | undefined): LayerAnswer => {
  const { layer: at, name } = layer;
  const where = `the ${at} policy ${name}`;
  const said = saidByForms(shortFormsOf(completeRules(layer)), ask, mode);
  const rules = layer.rules.rules ?? [];
  const digest = digestOf(JSON.parse(JSON.stringify(rules)));
  const decided = decide({ digest, rules: [{ layer: at, name, digest, rules }] }, ask);
  const spoke = decided.layer !== null;
  if (said !== null && (!spoke || stricter(decided.effect, said.effect)))
    return {
      ...{ layer: at, name, effect: said.effect, rule: said.rule },
      reason: `${thingOf(ask)} ${verbs[said.effect]} by ${where}: ${said.because}.`,
    };
  if (spoke) return { layer: at, name, effect: decided.effect, rule: decided.rule, reason: decided.reason };
  return {
    layer: at,
    name,
    effect: null,
    rule: null,
    reason: `The ${at} policy ${name} says nothing on it.`,
  };
};

const order: readonly PolicyLayer[] = ['installation', 'organisation', 'repository', 'capability', 'job'];

/** What all layers say to a question, one by one, and what that comes to: deny wins (I2). */
export const explain = (layers: readonly Layer[], ask: Ask, mode?: ModeWord): PolicyExplanation => {
  const merged = mergeLayers(layers);
  const answers = layers
    .toSorted((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer))
    .map((layer) => ofLayer(layer, ask, mode));
  if (!merged.ok) {
    const policyDigest = digestOf({ refused: merged.code });
    return {
      effect: 'forbid',
      rule: null,
      layer: null,
      reason: merged.message,
      policyDigest,
      layers: answers,
    };
  }
  const policyDigest = merged.policy.digest;
  let strictest: LayerAnswer | undefined;
  for (const answer of answers) if (stricter(strictest?.effect ?? null, answer.effect)) strictest = answer;
  if (strictest === undefined || strictest.effect === null) {
    const reason = `No layer speaks of ${thingOf(ask)}, so it is permitted.`;
    return { effect: 'permit', rule: null, layer: null, reason, policyDigest, layers: answers };
  }
  const { layer, name, effect, rule, reason } = strictest;
  return { effect, rule, layer: { layer, name }, reason, policyDigest, layers: answers };
};
