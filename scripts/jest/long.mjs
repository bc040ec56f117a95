// Specs on real services that take something apart step by step. `make soak` runs them, each in the loop that it belongs
// to; `make test` runs the shorter ones beside them.

/** The stand-in for GitHub is what it stands for, and a promoter killed or frozen at every point publishes once. */
export const longOfForge = [
  'apps/promoter/src/crash.int.spec.ts',
  'apps/promoter/src/frozen.int.spec.ts',
  'libs/infra/forge/src/testing/deliveries.int.spec.ts',
  'libs/infra/forge/src/testing/forge.int.spec.ts',
  'libs/infra/forge/src/testing/git.door.int.spec.ts',
  'libs/infra/forge/src/testing/github.int.spec.ts',
  'libs/infra/forge/src/testing/pulls.int.spec.ts',
  'libs/infra/forge/src/testing/tokens.int.spec.ts',
];

/** A speculative lane, its steps one by one. */
export const longOfLane = ['libs/domain/orchestration/src/speculation/speculation.int.spec.ts'];

export const long = [...longOfForge, ...longOfLane];
