import type { Finding } from '@gatehouse/contracts';
import { decide, finding, missing, type ContextGate } from '../gate.js';

export const harvestRefused: ContextGate = {
  id: 'harvest-refused',
  group: 'artifact',
  part: 'context',
  stage: 'artifact',
  version: 1,
  summary: 'All that the agent left in its workspace can stand in a tree',
  check: ({ harvest }) => {
    if (harvest === null) return missing('the report of the harvest');
    if (harvest.made === 'handed_in') return decide([]);
    const { refused, refusedCount, ignoredCount, killedProcesses } = harvest.report;
    const findings: Finding[] = refused.map(({ path, reason }) => ({
      ...finding({
        code: 'harvest.refused',
        severity: 'block',
        message: `This was left in the workspace and cannot be part of a tree: ${reason}.`,
        next: 'Have the agent remove it before it ends.',
      }),
      path,
    }));
    if (refusedCount > refused.length) {
      const message = `${refusedCount - refused.length} more things in the workspace cannot be part of a tree.`;
      const next = 'Have the agent remove them before it ends.';
      findings.push(finding({ code: 'harvest.refused_more', severity: 'block', message, next }));
    }
    if (ignoredCount > 0) {
      const message = `${ignoredCount} untracked files that the base's .gitignore names were left out.`;
      const next = 'Nothing, unless the change needs one of them.';
      findings.push(finding({ code: 'harvest.ignored', severity: 'warn', message, next }));
    }
    if (killedProcesses > 0) {
      const message =
        killedProcesses === 1
          ? 'A process outlived the agent and was killed.'
          : `${killedProcesses} processes outlived the agent and were killed.`;
      const next = 'Have the agent stop what it starts.';
      findings.push(finding({ code: 'harvest.processes_killed', severity: 'warn', message, next }));
    }
    return decide(findings);
  },
};
