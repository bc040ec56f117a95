import type { Finding, GateResult } from '@gatehouse/contracts';
import type { Reason } from '@gatehouse/session';

/** The first thing that stands in the way, in words: what is known to be wrong before what nobody knows. */
export const reasonOf = (results: readonly GateResult[]): Reason => {
  const fails = results.filter(({ answer }) => answer === 'fail');
  const blocks = [...fails, ...results.filter(({ answer }) => answer !== 'fail')].flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity === 'block'),
  );
  const [first] = blocks as [Finding?];
  if (first === undefined) return { code: 'verdict.not_passed', message: 'Not every gate passed.' };
  const where = first.path === undefined ? '' : ` (${first.path})`;
  const more = blocks.length > 1 ? ` And ${blocks.length - 1} more.` : '';
  return { code: first.code, message: `${first.message}${where} ${first.next}${more}` };
};
