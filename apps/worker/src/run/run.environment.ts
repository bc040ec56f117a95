import type { LeaseGrant, RunLimits } from '@gatehouse/contracts';
import type { SandboxLimits } from '@gatehouse/sandbox';

const visible = (text: string): string => text.replaceAll('\0', '');

/** What a command sees of the job. Nothing secret; PATH, HOME and LANG are the sandbox's own. */
export const agentEnvironment = ({
  sessionId,
  job,
  attempt,
  feedback,
}: LeaseGrant): Record<string, string> => ({
  TERM: 'dumb',
  CI: '1',
  GATEHOUSE_SESSION: sessionId,
  GATEHOUSE_JOB: job.id,
  GATEHOUSE_ATTEMPT: attempt.id,
  GATEHOUSE_GOAL: visible(job.goal),
  ...(feedback !== null && { GATEHOUSE_FEEDBACK: visible(feedback) }),
});

/** The bounds of one sandbox run. Output beyond its cap is dropped by us: printing much is no reason to die. */
export const sandboxLimits = (limits: RunLimits, wallMs: number): SandboxLimits => ({
  wallMs: Math.max(1, Math.ceil(wallMs)),
  memoryBytes: limits.memoryBytes,
  cpus: limits.cpus,
  pids: limits.pids,
  tmpfsBytes: limits.tmpBytes,
  workspaceBytes: limits.workspaceBytes,
  outputBytes: Number.MAX_SAFE_INTEGER,
});
