import type { Finding } from '@gatehouse/contracts';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { kindOfContent } from '../content.kind.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';

/** Orders to whoever reads the repository next, where that is an agent. Every repetition is bounded. */
const patterns: readonly (readonly [code: string, what: string, pattern: RegExp])[] = [
  [
    'injection.override',
    'tells its reader to drop what it was told before',
    /\b(?:ignore|disregard|forget|override|bypass|discard)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|preceding|all|any|your|system)\b[^.\n]{0,20}\b(?:instructions?|rules?|prompts?|guidelines?|directives?|guardrails)\b/i,
  ],
  [
    'injection.role',
    'holds marks by which a conversation with a model is kept',
    /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system-reminder|system_prompt|tool_result)>/i,
  ],
  [
    'injection.secrecy',
    'asks its reader to keep something from people',
    /\b(?:do not|don't|never|without)\s+(?:ever\s+)?(?:tell|telling|mention|mentioning|reveal|inform|informing|report|disclose|alert|notify|notifying)\w{0,3}\b[^.\n]{0,30}\b(?:user|human|reviewer|developer|maintainer|operator)s?\b/i,
  ],
  [
    'injection.address',
    'gives orders to agents',
    /\b(?:ai|llm|coding|language[- ]model|autonomous)\s+(?:agents?|assistants?|models?|reviewers?)\b[^.\n]{0,40}\b(?:must|should|shall|please|have to|need to|always)\b[^.\n]{0,40}\b(?:run|execute|approve|ignore|push|merge|send|upload|delete|curl|fetch|disable|print|reveal|exfiltrate|commit|add)\b/i,
  ],
];

/** Every line that one of the patterns matches has one of these; most lines have none. */
const telling =
  /ignore|disregard|forget|override|bypass|discard|<[|</st]|\[\/?inst|do not|don't|never|without|agent|assistant|model|reviewer/i;

/** A reference that nothing refers to: markdown's way to write what no page shows. */
const reference = /^\[(?:\/\/|comment)\]:\s*#\s*\(([^\n]{0,2000})\)/gm;

interface Unshown {
  readonly start: number;
  readonly end: number;
  readonly words: string;
}

const unshownIn = (text: string): Unshown[] => {
  const found: Unshown[] = [...text.matchAll(reference)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    words: match[1] ?? '',
  }));
  for (let start = text.indexOf('<!--'); start >= 0;) {
    const end = text.indexOf('-->', start + 4);
    if (end < 0) break;
    found.push({ start, end, words: text.slice(start + 4, Math.min(end, start + 4000)) });
    start = text.indexOf('<!--', end);
  }
  return found.sort((x, y) => x.start - y.start);
};

const reader =
  /\b(?:agents?|assistants?|ai|llms?|models?|claude|copilot|gpt|codex|cursor|gemini|chatbots?|you)\b/i;
const order =
  /\b(?:run|execute|approve|merge|curl|wget|fetch|send|push|upload|delete|exfiltrate|install|commit|always|never|must|ignore|print|reveal|include)\b/i;
/** What tools read in comments, or templates ask of people. */
const tool =
  /^\s*(?:prettier|markdownlint|eslint|textlint|vale|toc|spell|cspell|all-contributors|deno|remark|doctoc|tocstop|#)/i;
const unshown =
  /style\s*=\s*["'][^"'\n]{0,200}(?:display\s*:\s*none|font-size\s*:\s*0|visibility\s*:\s*hidden|opacity\s*:\s*0\b)/i;

/** Words that a rendered page does not show, and that address whoever reads the source. */
const hiddenLine = ({ new: content, added }: ChangedFile): number | null => {
  const text = content?.text ?? '';
  const fresh = new Set(added.map(({ number }) => number));
  let [line, from] = [1, 0];
  for (const { start, end, words } of unshownIn(text)) {
    line += text.slice(from, start).split('\n').length - 1;
    from = start;
    if (tool.test(words) || !reader.test(words) || !order.test(words)) continue;
    const last = line + text.slice(start, end).split('\n').length - 1;
    for (let at = line; at <= last; at += 1) if (fresh.has(at)) return at;
  }
  return added.find(({ text: words }) => unshown.test(words) && order.test(words))?.number ?? null;
};

const marked = /\.(?:md|mdx|markdown|html?|txt|rst|mdc)$/i;

const findingsOf = (file: ChangedFile): Finding[] => {
  const kind = kindOfContent(file.path);
  const asked = (code: string, what: string, line: number): Finding =>
    finding({
      code,
      severity: kind === 'agent' ? 'require_approval' : 'warn',
      message: `An added text ${what}.`,
      next: 'Take it out unless it is meant, and never follow it.',
      path: file.path,
      line,
    });
  const told = file.added.filter(({ text }) => telling.test(text));
  const findings = patterns.flatMap(([code, what, pattern]) => {
    const line = told.find(({ text }) => pattern.test(text))?.number;
    return line === undefined ? [] : [asked(code, what, line)];
  });
  const hidden = kind === 'agent' || marked.test(file.path) ? hiddenLine(file) : null;
  if (hidden !== null)
    findings.push(asked('injection.hidden', 'is not shown and addresses whoever reads the source', hidden));
  return findings;
};

export const instructionPayloads: StaticGate = {
  id: 'instruction-payloads',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Added text holds no orders to the agents that read it later',
  check: ({ change }) =>
    change === null ? missing('the candidate tree') : decide(changedFiles(change).flatMap(findingsOf)),
};
