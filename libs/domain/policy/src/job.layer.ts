import { durationMs, promotionLevels, type EffectivePolicy, type JobSpec } from '@gatehouse/contracts';
import { globSet } from './glob/glob.js';
import { defaultImage, imageOf, isImage } from './job.ask.js';
import type { Layer } from './merge.js';
import { rawPathOfText } from './glob/path.js';

/** A job as the last layer of a merge: what it adds to validation counts as its policy's. */
export const layerOfJob = (id: string, { spec }: JobSpec): Layer => {
  const { commands = [], setup, ...rules } = spec.policy ?? {};
  const lines = [setup, spec.validation.setup].filter((line) => line !== undefined);
  const all = [...commands, ...spec.validation.commands];
  return {
    layer: 'job',
    name: id,
    rules: {
      ...rules,
      ...(all.length === 0 ? {} : { commands: all }),
      ...(lines.length === 0 ? {} : { setup: lines.join('\n') }),
    },
  };
};

/** One thing that a job asks to do and the policy does not permit. */
export interface Denial {
  /** Place in the JobSpec, e.g. `spec.agent.adapter`. */
  readonly field: string;
  readonly message: string;
  /** Id of the rule that forbids it, where one does. */
  readonly rule?: string;
  /** Its layer, e.g. `repository widgets`. */
  readonly layer?: string;
}

const minuteMs = 60_000;

/**
 * What in the job itself the merged policy does not permit; empty where all is well. `target` is the branch that
 * the change is meant for, once it is known.
 */
export const denialsOf = ({ spec }: JobSpec, policy: EffectivePolicy, target: string | null): Denial[] => {
  const denials: Denial[] = [];
  const deny = (field: string, asked: string, allowed: string): void => {
    denials.push({
      field,
      message: `The policy does not permit ${asked}; it permits ${allowed || 'nothing'}.`,
    });
  };
  const { adapter } = spec.agent;
  if (!policy.adapters.includes(adapter))
    deny('spec.agent.adapter', `the adapter ${adapter}`, policy.adapters.join(', '));
  (spec.requires.kinds ?? []).forEach((kind, i) => {
    if (policy.capabilities.includes(kind)) return;
    deny(`spec.requires.kinds[${i}]`, `a ${kind}`, policy.capabilities.join(', '));
  });
  const image = imageOf(spec, policy);
  if (image !== null && !isImage(policy, image))
    deny(
      'spec.validation.image',
      image === defaultImage ? 'the image of the worker' : `the image ${image}`,
      policy.images.map((list) => list.join(', ')).join(' and '),
    );
  const { executionMinutes, rounds, maxTokens, maxCostUsd } = policy.limits;
  if (spec.limits.rounds > rounds) deny('spec.limits.rounds', `${spec.limits.rounds} rounds`, `${rounds}`);
  if ((spec.limits.maxTokens ?? 0) > maxTokens)
    deny('spec.limits.maxTokens', `${spec.limits.maxTokens} tokens`, `${maxTokens}`);
  if ((spec.limits.maxCostUsd ?? 0) > maxCostUsd)
    deny('spec.limits.maxCostUsd', `${spec.limits.maxCostUsd} USD`, `${maxCostUsd}`);
  if (durationMs(spec.limits.execution) > executionMinutes * minuteMs) {
    deny('spec.limits.execution', spec.limits.execution, `${executionMinutes} minutes`);
  }
  const { maxLevel, targets } = policy.promotion;
  if (promotionLevels.indexOf(spec.promotion.level) > promotionLevels.indexOf(maxLevel)) {
    deny('spec.promotion.level', `the level ${spec.promotion.level}`, `${maxLevel} at most`);
  }
  const isTarget = (name: string): boolean =>
    targets.length > 0 && targets.every((list) => globSet(list).match(rawPathOfText(name)) !== null);
  if (target !== null && !isTarget(target)) {
    deny(
      'spec.promotion.target',
      `the target ${target}`,
      targets.map((list) => list.join(', ')).join(' and '),
    );
  }
  return denials;
};
