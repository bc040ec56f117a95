import type { JobSpec } from '@gatehouse/contracts';

/** The same work, whose maker is told what to leave alone. */
export const leavingOut = (spec: JobSpec, paths: readonly string[]): JobSpec => {
  if (paths.length === 0) return spec;
  const goal = `${spec.spec.goal.trimEnd()}\n\nLeave these files as they are:\n${paths.map((path) => `- ${path}`).join('\n')}\n`;
  return { ...spec, spec: { ...spec.spec, goal } };
};
