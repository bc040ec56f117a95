import type { Finding } from '@gatehouse/contracts';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { kindOfContent } from '../content.kind.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { mixedScriptsIn } from '../mixed.script.js';

/** Letter by letter, since the word itself shows nothing wrong. */
const spell = (word: string): string =>
  [...word]
    .slice(0, 40)
    .map((char) => (/[\0-\x7f]/.test(char) ? char : `<U+${char.codePointAt(0)!.toString(16).toUpperCase()}>`))
    .join('');

const maxWords = 10;

const findingsOf = ({ path, added }: ChangedFile): Finding[] => {
  const kind = kindOfContent(path);
  const places = { words: new Map<string, number>(), hosts: new Map<string, number>() };
  for (const { number, text } of added) {
    const { words, hosts } = mixedScriptsIn(text);
    for (const word of words) if (!places.words.has(word)) places.words.set(word, number);
    for (const host of hosts) if (!places.hosts.has(host)) places.hosts.set(host, number);
  }
  const evidence = (found: Map<string, number>): string =>
    [...found]
      .slice(0, maxWords)
      .map(([word, line]) => `line ${line}: ${spell(word)}`)
      .join('; ');
  const findings: Finding[] = [];
  if (places.words.size > 0)
    findings.push(
      finding({
        code: 'script.mixed_word',
        severity: kind === 'code' || kind === 'agent' ? 'require_approval' : 'warn',
        message: 'Added words are made of letters of several scripts that look alike.',
        next: 'Write each word in the letters of one script, or have a person agree to it.',
        path,
        line: [...places.words.values()][0]!,
        evidence: evidence(places.words),
      }),
    );
  if (places.hosts.size > 0)
    findings.push(
      finding({
        code: 'script.mixed_host',
        severity: 'require_approval',
        message: 'Added lines name hosts that look like others than they are.',
        next: 'Name the host that is meant, or have a person agree to it.',
        path,
        line: [...places.hosts.values()][0]!,
        evidence: evidence(places.hosts),
      }),
    );
  return findings;
};

export const mixedScripts: StaticGate = {
  id: 'mixed-scripts',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Added words and hosts do not mix letters of scripts that look alike',
  check: ({ change }) =>
    change === null ? missing('the candidate tree') : decide(changedFiles(change).flatMap(findingsOf)),
};
