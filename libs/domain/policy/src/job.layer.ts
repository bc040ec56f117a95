import { durationMs, promotionLevels, type EffectivePolicy, type JobSpec } from '@gatehouse/contracts';
import { globSet } from './glob.js';
import type { Layer } from './merge.js';
import { rawPathOfText } from './path.js';

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
  const { executionMinutes } = policy.limits;
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
