/** What triage looks at. */
export interface TriageIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
}

export type IssueType = 'bug' | 'feature' | 'documentation' | 'question' | 'security' | 'unclear';

export interface Triage {
  readonly type: IssueType;
  readonly priority: 'high' | 'normal' | 'low';
  /** Numbers of issues that seem to say the same, likest first. */
  readonly duplicates: readonly number[];
  /** True where somebody who knows only the issue and the repository could begin. */
  readonly specific: boolean;
  /** What is missing, where it is not. */
  readonly missing: readonly string[];
}

const types: readonly (readonly [IssueType, RegExp])[] = [
  [
    'security',
    /\b(?:cve-\d{4}|vulnerabilit(?:y|ies)|exploit|injection|xss|csrf|leak(?:s|ed)? (?:a )?(?:secret|token|password))\b/i,
  ],
  [
    'bug',
    /\b(?:bug|crash(?:es|ed)?|error|exception|broken|fails?|failing|regression|wrong|incorrect|stack ?trace|traceback|does(?:n't| not) work)\b/i,
  ],
  ['documentation', /\b(?:docs?|documentation|readme|typo|spelling|comment|changelog)\b/i],
  ['question', /\b(?:how (?:do|can|to)|why|question|is it possible|what is)\b|\?\s*$/i],
  [
    'feature',
    /\b(?:feature|add|support|allow|implement|enhancement|request|would be (?:nice|great)|proposal)\b/i,
  ],
];
const urgent = /\b(?:urgent|critical|blocker|data loss|outage|production is down|asap|p0|sev-?1)\b/i;
const minor = /\b(?:minor|nit|trivial|cosmetic|low priority|some ?day|nice to have)\b/i;

const textLimit = 20_000;
const shingle = 3;
const alike = 0.5;
const mostDuplicates = 3;

/** Runs of three letters of the words of a title: likeness that bears typos and other word orders. */
const shinglesOf = (title: string): Set<string> => {
  const words =
    title
      .slice(0, 300)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(
    words.flatMap((word) =>
      word.length <= shingle
        ? [word]
        : Array.from({ length: word.length - shingle + 1 }, (_, at) => word.slice(at, at + shingle)),
    ),
  );
};

const likeness = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  if (a.size === 0 || b.size === 0) return 0;
  let both = 0;
  for (const part of a) if (b.has(part)) both += 1;
  return both / (a.size + b.size - both);
};

/** A file, a symbol, code, or a command: something to begin with. */
const names = /`[^`\n]+`|```|\b[\w-]+\/[\w./-]+|\b[\w-]+\.(?:[a-z]{1,4})\b|\b\w+\(\)/;
const outcome = /\b(?:should|expected|instead|must|so that|acceptance|steps to reproduce|actual)\b/i;

const missingOf = ({ title, body }: TriageIssue, type: IssueType): string[] => {
  const text = `${title}\n${body}`;
  return [
    ...(body.trim().length < 40 ? ['a description of a sentence or two'] : []),
    ...(names.test(text) ? [] : ['a file, a name in the code, or a command']),
    ...(outcome.test(text) ? [] : ['what should be there afterwards']),
    ...(type === 'question' ? ['a wish for a change: this reads as a question'] : []),
    ...(type === 'security' ? ['a person: what is about security is not for a job by itself'] : []),
  ];
};

/** Proposes; decides and runs nothing. The same issue gets the same answer. */
export const triage = (issue: TriageIssue, recent: readonly TriageIssue[]): Triage => {
  const cut = { ...issue, body: issue.body.slice(0, textLimit) };
  const text = `${cut.title}\n${cut.body}`;
  // The title says what it is; the body mentions much.
  const type =
    (types.find(([, words]) => words.test(cut.title)) ?? types.find(([, words]) => words.test(text)))?.[0] ??
    'unclear';
  const own = shinglesOf(cut.title);
  const duplicates = recent
    .filter(({ number }) => number !== issue.number)
    .map(({ number, title }) => ({ number, score: likeness(own, shinglesOf(title)) }))
    .filter(({ score }) => score >= alike)
    .sort((a, b) => b.score - a.score || a.number - b.number)
    .slice(0, mostDuplicates)
    .map(({ number }) => number);
  const missing = missingOf(cut, type);
  const priority =
    type === 'security' || urgent.test(text)
      ? 'high'
      : minor.test(text) || type === 'question'
        ? 'low'
        : 'normal';
  return { type, priority, duplicates, specific: missing.length === 0, missing };
};
