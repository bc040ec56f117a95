import type { Candidate, Job, JobPhase, Promotion } from '@gatehouse/contracts';
import type { ExitName } from '../exit.code.js';

const good: readonly JobPhase[] = ['promoted', 'in_review', 'stored', 'noop'];

export const exitOfJob = (job: Job): ExitName => (good.includes(job.phase) ? 'ok' : 'refused');

const headlines: Readonly<Partial<Record<JobPhase, string>>> = {
  promoted: 'Promoted',
  in_review: 'Published as a draft pull request; people decide now',
  stored: 'Done; the result is stored, nothing was published',
  noop: 'Nothing to change',
  refused: 'Refused',
  failed: 'Failed',
  errored: 'Ended by a technical fault',
  cancelled: 'Cancelled',
};

/** How a job ended, with what proves it: branch and commit, or the findings that block. */
export const outcomeLines = (
  job: Job,
  candidate: Candidate | undefined,
  promotion: Promotion | undefined,
): string[] => {
  const lines = [`${headlines[job.phase] ?? job.phase}: ${job.name} (${job.id})`];
  if (job.reason) lines.push(`  ${job.reason}`);
  const { result } = promotion ?? {};
  if (result?.branch) lines.push(`  branch    ${result.branch}`);
  if (result?.commit) lines.push(`  commit    ${result.commit}`);
  if (promotion?.pullRequest)
    lines.push(`  pull      ${promotion.pullRequest.url} (${promotion.pullRequest.state})`);
  if (candidate)
    lines.push(`  candidate ${candidate.alias} (${candidate.id})`, `  tree      ${candidate.tree}`);
  if (promotion?.degradedBecause)
    lines.push(`  level     ${promotion.level}, because ${promotion.degradedBecause}`);
  for (const gate of candidate?.verdict?.gates ?? []) {
    const blocks = gate.findings.filter(({ severity }) => severity === 'block');
    for (const { code, message, next, path } of blocks.slice(0, 20)) {
      lines.push(`  ✗ ${gate.gate}: ${path ? `${path}: ` : ''}${message} [${code}]`, `      ${next}`);
    }
    if (blocks.length > 20) lines.push(`  … and ${blocks.length - 20} more of ${gate.gate}`);
    if (gate.answer !== 'pass' && gate.required !== false && blocks.length === 0)
      lines.push(`  ✗ ${gate.gate}: ${gate.answer}`);
  }
  if (promotion?.reason && job.phase !== 'promoted') {
    lines.push(`  promotion ${promotion.state}: ${promotion.reason.message} [${promotion.reason.code}]`);
  }
  return lines;
};
