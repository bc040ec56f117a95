import type { Candidate, CandidateDiff } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';

const scanners = ['secrets', 'canary'];

/** What the patch shows that the diff leaves out, in a sentence; null where it is nothing. */
export const patchWarning = (
  { verdict }: Pick<Candidate, 'verdict'>,
  { files }: Pick<CandidateDiff, 'files'>,
): string | null => {
  const lines = files.reduce((sum, { masked }) => sum + (masked ?? 0), 0);
  if (lines > 0)
    return `${count(lines, 'line')} of it ${lines === 1 ? 'holds' : 'hold'} what looks like a credential.`;
  // Not every file has lines that can be shown, and not every file is listed.
  if (verdict?.gates.some(({ gate, findings }) => scanners.includes(gate) && findings.length > 0))
    return 'A check found in it what looks like a credential.';
  return files.some(({ masked }) => masked === null)
    ? 'It is not known which of its lines hold a credential.'
    : null;
};
