import { type CapabilityKind, type EffectivePolicy, type JobSpec } from '@gatehouse/contracts';
import { decide, decideEach, type Decision } from './decision.js';
import type { Ask, AskSubject } from './decision.rule.js';
import { globSet } from './glob/glob.js';
import type { Denial } from './job.layer.js';
import { rawPathOfText } from './glob/path.js';

/** What stands for the image of the worker where a job names none. */
export const defaultImage = 'default';

/** Who hands a job in, and what is known about how it came. */
export interface Requester {
  readonly subject: AskSubject;
  readonly tainted: boolean;
  /** Branch that the change is meant for; null where it is not known yet. */
  readonly target: string | null;
}

export interface JobAsk {
  /** Place in the JobSpec. */
  readonly field: string;
  readonly ask: Ask;
}

type Demands = Pick<EffectivePolicy, 'commands'>;

/** Where commands run, be they the job's or the policy's; null where there are none. */
export const imageOf = ({ validation, policy }: JobSpec['spec'], above: Demands): string | null => {
  const count = validation.commands.length + (policy?.commands?.length ?? 0) + above.commands.length;
  return validation.image ?? (count > 0 ? defaultImage : null);
};

/** All that a job asks to do, as questions to the rules; kinds of sandbox apart, since one of them is enough. */
export const asksOf = (
  { spec }: Pick<JobSpec, 'spec'>,
  { subject, tainted, target }: Requester,
  above: Demands,
): JobAsk[] => {
  const { agent, validation, promotion } = spec;
  const context = { tainted, level: promotion.level };
  const asks: JobAsk[] = [];
  const add = (field: string, action: Ask['action'], resource: string) =>
    asks.push({ field, ask: { subject, action, resource: rawPathOfText(resource), context } });
  add('spec.repository', 'job.submit', spec.repository ?? '');
  add('spec.agent.adapter', 'agent.use', agent.adapter);
  if (agent.adapter === 'command') add('spec.agent.command[0]', 'command.run', agent.command[0] as string);
  const image = imageOf(spec, above);
  if (image !== null) add('spec.validation.image', 'image.use', image);
  validation.commands.forEach(({ name }, i) => add(`spec.validation.commands[${i}]`, 'command.run', name));
  (spec.policy?.commands ?? []).forEach(({ name }, i) =>
    add(`spec.policy.commands[${i}]`, 'command.run', name),
  );
  if (target !== null)
    asks.push({ field: 'spec.promotion', ask: askPromotion({ spec }, { subject, tainted }, target) });
  return asks;
};

export const askPromotion = (
  { spec: { promotion } }: Pick<JobSpec, 'spec'>,
  { subject, tainted }: Omit<Requester, 'target'>,
  target: string,
): Ask => ({
  subject,
  action: 'promotion.request',
  resource: rawPathOfText(`${promotion.level}/${target}`),
  context: { tainted, level: promotion.level },
});

export const askKind = ({ spec }: JobSpec, { subject, tainted }: Requester, kind: CapabilityKind): Ask => ({
  subject,
  action: 'capability.use',
  resource: rawPathOfText(kind),
  context: { tainted, level: spec.promotion.level },
});

const denialOf = (field: string, { reason, rule, layer }: Decision): Denial => ({
  field,
  message: reason,
  ...(rule !== null && { rule }),
  ...(layer !== null && { layer: `${layer.layer} ${layer.name}` }),
});

/** Kinds that a job may run on, in its order of preference. */
export const kindsFor = (
  spec: JobSpec,
  requester: Requester,
  policy: EffectivePolicy,
  every: readonly CapabilityKind[],
): CapabilityKind[] =>
  (spec.spec.requires.kinds ?? every).filter(
    (kind) =>
      policy.capabilities.includes(kind) &&
      decide(policy, askKind(spec, requester, kind)).effect !== 'forbid',
  );

/** What of a job the rules forbid; empty where all is well. */
export const forbiddenOf = (
  spec: JobSpec,
  requester: Requester,
  policy: EffectivePolicy,
  every: readonly CapabilityKind[],
): Denial[] => {
  const denials = asksOf(spec, requester, policy).flatMap(({ field, ask }) => {
    const decision = decide(policy, ask);
    return decision.effect === 'forbid' ? [denialOf(field, decision)] : [];
  });
  const { kinds } = spec.spec.requires;
  const refused = (kinds ?? every)
    .map((kind, i) => ({ i, decision: decide(policy, askKind(spec, requester, kind)) }))
    .filter(({ decision }) => decision.effect === 'forbid');
  if (kinds !== undefined)
    return [...denials, ...refused.map(({ i, decision }) => denialOf(`spec.requires.kinds[${i}]`, decision))];
  // Named none: any that is left will do.
  const [first] = refused;
  return refused.length === every.length && first !== undefined
    ? [...denials, denialOf('spec.requires.kinds', first.decision)]
    : denials;
};

/** The rules by which somebody has to approve what the job asked for, each once. */
export const approvalsOf = (
  spec: JobSpec,
  requester: Requester,
  policy: EffectivePolicy,
  kinds: readonly CapabilityKind[],
): Decision[] => {
  const asks = asksOf(spec, requester, policy).map(({ ask }) => ask);
  asks.push(...kinds.map((kind) => askKind(spec, requester, kind)));
  const found = new Map<string, Decision>();
  for (const decision of asks.flatMap((ask) => decideEach(policy, ask))) {
    const key = JSON.stringify([decision.layer, decision.rule]);
    if (decision.effect === 'require_approval' && !found.has(key)) found.set(key, decision);
  }
  return [...found.values()];
};

/** Whether every list of images has this one. */
export const isImage = (policy: EffectivePolicy, image: string): boolean =>
  policy.images.length > 0 &&
  policy.images.every((list) => globSet(list).match(rawPathOfText(image)) !== null);
