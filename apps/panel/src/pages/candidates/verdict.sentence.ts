import type { Candidate, Finding } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';

const blocks = (candidate: Pick<Candidate, 'verdict'>): Finding[] =>
  (candidate.verdict?.gates ?? []).flatMap((gate) =>
    gate.findings.filter((finding) => finding.severity === 'block'),
  );

/** The verdict in a sentence for somebody who has never heard of Gatehouse. */
export const verdictSentence = (candidate: Pick<Candidate, 'state' | 'verdict'>): string => {
  const gates = (candidate.verdict?.gates ?? []).filter((gate) => gate.required !== false);
  const passed = gates.filter((gate) => gate.answer === 'pass').length;
  switch (candidate.state) {
    case 'judging':
      return 'This change is being checked. Nothing is published before every check has passed.';
    case 'pass':
      return candidate.verdict?.approvalsNeeded
        ? `This change passed all ${count(gates.length, 'check')}, but holds something that a person has to accept before it is published.`
        : `This change passed all ${count(gates.length, 'check')}.`;
    case 'noop':
      return 'There is nothing to publish: the result is the same as what was there before.';
    case 'error':
      return 'A check could not be run, so nothing is published. This says nothing about the change itself.';
    case 'inconclusive':
      return 'The checks could not come to an answer, so nothing is published.';
    case 'fail': {
      const found = blocks(candidate);
      const [head] = found;
      const at = head?.path === undefined || head.message.includes(head.path) ? '' : ` (${head.path})`;
      const first = head && `${head.message.replace(/\.$/, '')}${at}`;
      const rest = found.length > 1 ? `, and ${count(found.length - 1, 'more problem')}` : '';
      return first === undefined
        ? `This change was refused: ${passed} of ${count(gates.length, 'check')} passed. Nothing was published.`
        : `This change was refused and nothing was published: ${lower(first)}${rest}.`;
    }
  }
};

/** A message begins a sentence; inside ours it does not, unless it begins with a name or a path. */
const lower = (message: string): string =>
  /^[A-Z][a-z]* /.test(message) ? message[0]!.toLowerCase() + message.slice(1) : message;
