import type { GateResult } from '@gatehouse/contracts';
import { visibleLine } from '../commit.message.js';

export interface BodyParts {
  readonly goal: string;
  readonly requester: string;
  readonly tainted: boolean;
  readonly sessionId: string;
  /** Where people see the session; undefined where the installation has no public address. */
  readonly sessionUrl: string | undefined;
  readonly alias: string;
  readonly candidateId: string;
  readonly base: string;
  readonly target: string;
  readonly commit: string;
  readonly tree: string;
  readonly policyDigest: string;
  readonly gates: readonly Pick<GateResult, 'gate' | 'answer' | 'required' | 'findings'>[];
  readonly approvals: readonly { readonly name: string; readonly answer: string; readonly at: string }[];
}

const maxGoal = 4_000;
// Controls but for line feed and tab, and format characters: nothing hidden, nothing that reorders.
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu;

/** Text of others inside a fence that it cannot close: no mention, link, image or closing word in it is obeyed. */
export const fenced = (text: string): string => {
  const clean = text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(hidden, (mark) => (mark === '\n' || mark === '\t' ? mark : ''))
    .trim();
  const shown = [...clean].slice(0, maxGoal).join('') + ([...clean].length > maxGoal ? '\n…' : '');
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
};

/** A name of others on one line, as code; what could end the code or a cell of a table is taken out. */
const word = (text: string): string =>
  `\`${visibleLine(text).replace(/[`|]/g, ' ').trim().slice(0, 200) || '–'}\``;

const answersOf = (gates: BodyParts['gates']): string => {
  const asked = gates.filter(({ required }) => required !== false);
  const passed = asked.filter(({ answer }) => answer === 'pass').length;
  const found = gates.flatMap(({ findings }) => findings);
  const of = (severity: string) => found.filter((finding) => finding.severity === severity).length;
  const notes = [
    [of('require_approval'), 'asked for an approval'],
    [of('warn'), 'warned'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return `${passed} of ${asked.length} gates passed${notes.length > 0 ? `; findings: ${notes.join(', ')}` : ''}`;
};

/** The text of our pull request: the same for the same parts. Nothing in it is Markdown of somebody else. */
export const pullRequestBody = (parts: BodyParts): string => {
  const session = word(parts.sessionId);
  const row = (name: string, value: string): string => `| ${name} | ${value} |`;
  return [
    fenced(parts.goal),
    '',
    '| | |',
    '|---|---|',
    row(
      'Asked for by',
      `${word(parts.requester)}${parts.tainted ? ', made of untrusted input: read it with care' : ''}`,
    ),
    row('Session', parts.sessionUrl === undefined ? session : `[${session}](${parts.sessionUrl})`),
    row('Candidate', `${word(parts.alias)} ${word(parts.candidateId)}`),
    row('Verdict', `pass: ${answersOf(parts.gates)}`),
    row(
      'Approvals',
      parts.approvals.length === 0
        ? 'none were needed'
        : parts.approvals.map(({ name, answer, at }) => `${word(name)} ${answer}d at ${at}`).join('<br>'),
    ),
    row('Base', `${word(parts.base)} of ${word(parts.target)}`),
    row('Commit and tree', `${word(parts.commit)} ${word(parts.tree)}`),
    row('Policy', word(parts.policyDigest)),
    row('Proof', word(`refs/gatehouse/proof/${parts.candidateId}`)),
    '',
    `To check it with a clone and the public key of the installation alone: ${word("git fetch origin 'refs/gatehouse/*:refs/gatehouse/*'")}, then ${word(`gatehouse verify ${parts.commit} --repository . --key gatehouse.pub`)}.`,
    '',
    'An agent made this change and held no credential that can write here. Gatehouse checked and published it, as a draft: people decide what becomes of it.',
    '',
    `<!-- gatehouse:${parts.sessionId} -->`,
    '',
  ].join('\n');
};
