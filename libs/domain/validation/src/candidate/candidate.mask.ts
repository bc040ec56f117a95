import { readBlobs, type GitRunner } from '@gatehouse/git';
import type { ChangeEntry } from '../facts.js';
import { severityIn } from '../gates/secrets.gate.js';
import type { SecretHit, Span } from '../secrets/secret.hit.js';
import { maxHits, tooMuch } from '../secrets/secret.scan.js';
import type { ScanSecrets } from '../secrets/secret.scanner.js';

/** Columns to take out, by line from 1; `all` where it is not known which. */
export type Mask = ReadonlyMap<number, readonly Span[]> | 'all';

export const noMask: Mask = new Map();

/** A larger blob is not scanned, so nothing of it is shown. */
const maxBlobBytes = 8 << 20;

/** As hunks are written here, one unit a byte. */
const mark = Buffer.from('⟨credential, not shown⟩', 'utf8').toString('latin1');

/** The columns of each line that the spans reach into. */
export const columnsOf = (content: Buffer, spans: readonly Span[]): Mask => {
  const lines = new Map<number, Span[]>();
  let [line, start] = [1, 0];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    for (let end = content.indexOf(10, start); end >= 0 && end < from; end = content.indexOf(10, start)) {
      line += 1;
      start = end + 1;
    }
    let [at, begin] = [line, start];
    while (begin < to) {
      const next = content.indexOf(10, begin);
      const end = next < 0 ? content.length : next;
      const cut: Span = [Math.max(0, from - begin), Math.min(end, to) - begin];
      if (cut[1] > cut[0]) lines.set(at, [...(lines.get(at) ?? []), cut]);
      if (next < 0) break;
      begin = next + 1;
      at += 1;
    }
  }
  return lines;
};

const maskLine = (text: string, spans: readonly Span[]): string => {
  let [shown, at] = ['', 0];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (to <= at) continue;
    if (from >= at && !(from === at && shown.endsWith(mark))) shown += text.slice(at, from) + mark;
    at = to;
  }
  return shown + text.slice(at);
};

/** Hunks of one file, `masked` counts the lines in which something was taken out. */
export const maskHunks = (
  section: string,
  before: Mask,
  after: Mask,
): { readonly text: string; readonly masked: number } => {
  if (before === 'all' || after === 'all' || (before.size === 0 && after.size === 0))
    return { text: section, masked: 0 };
  let masked = 0;
  let [old, fresh] = [0, 0];
  let inside = false;
  const lines = section.split('\n').map((line) => {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (head !== null) {
      [old, fresh, inside] = [Number(head[1]), Number(head[2]), true];
      // What git writes behind is a line of the file as well.
      return head[0];
    }
    if (!inside || !['+', '-', ' '].includes(line[0] ?? '')) return line;
    const spans = [
      ...(line[0] === '+' ? [] : (before.get(old) ?? [])),
      ...(line[0] === '-' ? [] : (after.get(fresh) ?? [])),
    ];
    if (line[0] !== '+') old += 1;
    if (line[0] !== '-') fresh += 1;
    if (spans.length === 0) return line;
    masked += 1;
    return line[0] + maskLine(line.slice(1), spans);
  });
  return { text: lines.join('\n'), masked };
};

/**
 * What to take out of the content of both sides, by object: whatever the gate for secrets would report of it, also
 * where it stood before, or where the policy lets it pass. What could not be looked at is masked as a whole.
 */
export const readMasks = async (
  git: GitRunner,
  gitDir: string,
  entries: readonly Pick<ChangeEntry, 'path' | 'oldOid' | 'newOid'>[],
  sizes: ReadonlyMap<string, number>,
  secrets: ScanSecrets,
): Promise<ReadonlyMap<string, Mask>> => {
  const masks = new Map<string, Mask>();
  const told = (oid: string, hit: SecretHit): boolean =>
    entries.some(
      ({ path, oldOid, newOid }) => (oldOid === oid || newOid === oid) && severityIn(path, hit) !== null,
    );
  const small: string[] = [];
  for (const [oid, size] of sizes)
    if (size <= maxBlobBytes) small.push(oid);
    else masks.set(oid, 'all');
  for await (const { oid, content } of readBlobs(git, gitDir, small, { maxBytes: maxBlobBytes })) {
    try {
      const hits = await secrets.scan(content);
      const unknown = hits.length >= maxHits || hits.some(({ rule }) => rule === tooMuch);
      const spans = hits.filter((hit) => told(oid, hit)).flatMap((hit) => hit.spans);
      masks.set(oid, unknown ? 'all' : columnsOf(content, spans));
    } catch {
      masks.set(oid, 'all');
    }
  }
  return masks;
};
