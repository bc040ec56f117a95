export interface MessageParts {
  readonly title: string | undefined;
  /** Title where the job gave none that is fit to be seen. */
  readonly jobName: string;
  readonly sessionId: string;
  readonly candidateId: string;
  readonly policyDigest: string;
  readonly requestedBy: string;
}

const maxTitle = 200;
// Controls, format characters (bidirectional, zero-width), unassigned and private ones, line and paragraph separators.
const unseen = /[\p{C}\p{Zl}\p{Zp}]+/gu;
const skipMarker =
  /\[\s*(?:skip[ -](?:ci|actions?|checks?)|(?:ci|actions?|checks?)[ -]skip|no[ -]ci)\s*\]|\*\*\*NO_CI\*\*\*/gi;
const closing = /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(\s*:?\s+)(?:[\w.-]+\/[\w.-]+)?(?:#|GH-)(?=\d)/gi;
const mention = /(?<![\w.])@(?=[A-Za-z0-9])/g;

/** One line of what can be seen. */
export const visibleLine = (text: string): string =>
  text
    .normalize('NFC')
    .replace(unseen, ' ')
    .replace(/\p{Z}+/gu, ' ')
    .trim();

/** Takes away what a forge or a CI would obey in a message: markers that skip checks, closing words, mentions (G-META-02). */
const tame = (title: string): string => {
  let text = visibleLine(title);
  // What is left after a removal may be a marker again.
  for (let before = ''; before !== text;) {
    before = text;
    text = visibleLine(text.replace(skipMarker, ' ').replace(closing, '$1$2no. ').replace(mention, ''));
  }
  return [...text].slice(0, maxTitle).join('').trim();
};

/** What a commit and a pull request are called. */
export const titleOf = ({ title, jobName }: Pick<MessageParts, 'title' | 'jobName'>): string =>
  (title === undefined ? '' : tame(title)) || tame(jobName) || 'Change';

/** The same text for the same parts, every time; the only trailers in it are ours, since they are its last paragraph. */
export const commitMessage = (parts: MessageParts): string =>
  [
    titleOf(parts),
    '',
    `Gatehouse-Session: ${parts.sessionId}`,
    `Gatehouse-Candidate: ${parts.candidateId}`,
    `Gatehouse-Policy: ${parts.policyDigest}`,
    `Gatehouse-Requested-By: ${visibleLine(parts.requestedBy).slice(0, 100) || 'unknown'}`,
    '',
  ].join('\n');
