import { buildAutomaton, findKeywords, type Automaton } from './keyword.automaton.js';
import {
  capitalTable,
  isInWord,
  plainText,
  reversed,
  rot13,
  runsAfter,
  runsBefore,
  tokenTable,
  withinLine,
  type RunLength,
} from './byte.text.js';
import { addressAt, privateKeyAt, signOfAddress, webTokens } from './located.secrets.js';
import { namedValueAt, nameWords } from './named.value.js';
import { isMadeUp, type RawHit, type Writing } from './secret.hit.js';
import { confirmOf } from './token.confirm.js';
import { tokenRules, type TokenRule } from './token.rules.js';

type Way = 'plain' | 'reversed' | 'rot13';

interface Keyword {
  readonly text: string;
  readonly kind: 'token' | 'key' | 'address' | 'web_token' | 'name';
  readonly way: Way;
  readonly rule?: TokenRule;
}

const ofRule = (rule: TokenRule): Keyword[] =>
  rule.keywords.flatMap((text) => {
    const keyword = (way: Way, written: string): Keyword => ({ kind: 'token', text: written, way, rule });
    const turned = keyword('reversed', reversed(text));
    return [keyword('plain', text), turned, keyword('rot13', rot13(text))];
  });

const keywords: readonly Keyword[] = [
  ...tokenRules.flatMap(ofRule),
  { kind: 'key', way: 'plain', text: '-----BEGIN ' },
  { kind: 'address', way: 'plain', text: '://' },
  { kind: 'web_token', way: 'plain', text: 'eyJ' },
  ...nameWords.map((text): Keyword => ({ kind: 'name', way: 'plain', text })),
];
interface Search {
  readonly keywords: readonly Keyword[];
  readonly exact: readonly Buffer[];
  readonly automaton: Automaton;
}

const searchFor = (wanted: readonly Keyword[]): Search => ({
  keywords: wanted,
  exact: wanted.map(({ text }) => Buffer.from(text, 'latin1')),
  automaton: buildAutomaton(wanted.map(({ text }) => text)),
});
const deepSearch = searchFor(keywords);
const plainSearch = searchFor(keywords.filter(({ way, kind }) => way === 'plain' && kind !== 'name'));

const isExact = (wanted: Buffer, bytes: Uint8Array, start: number): boolean => {
  for (let i = 0; i < wanted.length; i += 1) if (bytes[start + i] !== wanted[i]) return false;
  return true;
};

/** Some context before a keyword, by which a rule sees that it stands at a beginning. */
const before = 4;
const window = 400;

interface Candidate {
  readonly rule: TokenRule;
  readonly text: string;
  readonly offset: number;
  readonly writing: Writing;
}

const candidateAt = (
  { rule, way }: Keyword & { rule: TokenRule },
  bytes: Uint8Array,
  start: number,
  end: number,
  runs: { readonly after: RunLength; readonly before: RunLength },
): Candidate | null => {
  const table = rule.capitals === true ? capitalTable : tokenTable(rule.also);
  if (way === 'reversed') {
    if (runs.before(start, table) < rule.run) return null;
    const [from, to] = withinLine(bytes, start, end - window, end + before);
    return { rule, text: reversed(plainText(bytes, from, to)), offset: start, writing: way };
  }
  if (runs.after(end, table) < rule.run) return null;
  const [from, to] = withinLine(bytes, start, start - before, start + window);
  const text = plainText(bytes, from, to).replace(/\\[nrt]/g, '  ');
  return { rule, text: way === 'rot13' ? rot13(text) : text, offset: start, writing: way };
};

const confirmAll = async (candidates: readonly Candidate[]): Promise<RawHit[]> => {
  const hits: RawHit[] = [];
  for (const rule of new Set(candidates.map((candidate) => candidate.rule))) {
    const own = candidates.filter((candidate) => candidate.rule === rule);
    // One call for all of a rule's windows; a blank line keeps them apart.
    const starts: number[] = [];
    let text = '';
    for (const candidate of own) {
      starts.push(text.length);
      text += `${candidate.text}\n\n`;
    }
    for (const { token, at } of await confirmOf(rule)(text)) {
      const place = starts.findLastIndex((start) => start <= at);
      const { offset, writing } = own[place]!;
      hits.push({ rule: rule.id, token, offset, writing, sure: true });
    }
  }
  return hits;
};

/** Random, as issuers hand them out; npm_config_and_other_long_names have the look alone. */
const isIssued = ({ token }: RawHit): boolean =>
  /[0-9]/.test(token) || (/[a-z]/.test(token) && /[A-Z]/.test(token) && !/[a-z]{5}/.test(token));

export interface Searched {
  readonly hits: readonly RawHit[];
  /** There was more to look at than is looked at: honest files have nothing of the kind. */
  readonly more: boolean;
}

/** Each costs a window; an honest file has a handful. */
const maxCandidates = 64;

/**
 * Looks for credentials in bytes as they stand, `deep` also for such written backwards or in rot13, and for random
 * values with telling names. Linear: one pass, then a bounded number of bounded windows.
 */
export const searchTokens = async (bytes: Uint8Array, deep: boolean): Promise<Searched> => {
  const candidates: Candidate[] = [];
  const hits: RawHit[] = [];
  let looked = 0;
  let behind = 0;
  const runs = { after: runsAfter(bytes), before: runsBefore(bytes) };
  const webTokenAt = webTokens(bytes);
  const look = (keyword: Keyword, start: number, end: number): RawHit | null => {
    if (keyword.kind === 'name') {
      // Names overlap: apiKeySecret is looked at once.
      const hit = start < behind ? null : namedValueAt(bytes, start, end);
      if (hit !== null) behind = hit.offset + hit.token.length;
      return hit;
    }
    if (keyword.kind === 'address') {
      const at = signOfAddress(bytes, end);
      return at < 0 ? null : addressAt(bytes, start, at);
    }
    if (keyword.kind === 'web_token') {
      const found = webTokenAt(start);
      if (found !== 'no_token') return found;
      looked += 1;
      return null;
    }
    looked += 1;
    if (keyword.kind === 'key') return privateKeyAt(bytes, start);
    const candidate = candidateAt(keyword as Keyword & { rule: TokenRule }, bytes, start, end, runs);
    if (candidate === null) looked -= 1;
    else candidates.push(candidate);
    return null;
  };
  const search = deep ? deepSearch : plainSearch;
  findKeywords(search.automaton, bytes, (word, end) => {
    const keyword = search.keywords[word]!;
    const start = end - keyword.text.length;
    // First what is cheap: a hostile text may be made of keywords.
    const beyond = keyword.way === 'reversed' ? end : start - 1;
    if (keyword.kind === 'token' && isInWord(bytes, beyond)) return true;
    if (keyword.kind !== 'name' && !isExact(search.exact[word]!, bytes, start)) return true;
    const hit = look(keyword, start, end);
    if (hit !== null) hits.push(hit);
    return looked < maxCandidates && hits.length < maxCandidates;
  });
  const found = [...hits, ...(await confirmAll(candidates)).filter(isIssued)].filter(
    ({ rule, token }) => rule === 'private-key' || !isMadeUp(token),
  );
  return { hits: found, more: looked >= maxCandidates || hits.length >= maxCandidates };
};
