import { deepViewsOf } from './deep.views.js';
import { fingerprintOf, type RawHit, type SecretHit, type Span } from './secret.hit.js';
import { linesOf, spanOf } from './secret.span.js';
import { endOf, originOf, type View } from './secret.writings.js';
import { searchTokens } from './token.search.js';

/** UTF-16, told by its NULs: without them, ASCII is itself again. */
const isWide = (bytes: Buffer): boolean => {
  const head = bytes.subarray(0, 4096);
  const zeros = head.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return zeros > head.length * 0.3 && zeros < head.length * 0.6;
};

const withoutZeros = (bytes: Buffer): Buffer => {
  const kept = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1)
    if (bytes[at] !== 0) {
      kept[length] = bytes[at]!;
      length += 1;
    }
  return kept.subarray(0, length);
};

interface PlacedHit extends RawHit {
  readonly span: Span;
}

const inPlace = (bytes: Buffer, hit: RawHit): PlacedHit => ({ ...hit, span: spanOf(bytes, hit) });

/** Where it was decoded it is not to be found as it is: its lines as a whole, the last one of its pieces too. */
const inText = (bytes: Buffer, view: View, hit: RawHit): PlacedHit => {
  const offset = originOf(view, hit.offset);
  const span = linesOf(bytes, offset, endOf(view, hit.offset + hit.token.length - 1));
  return { ...hit, offset, writing: view.writing, span };
};

const withLines = (bytes: Buffer, hits: readonly PlacedHit[]): SecretHit[] => {
  const found = new Map<string, SecretHit & { spans: Span[] }>();
  let [line, at] = [1, 0];
  for (const { rule, token, offset, writing, sure, span } of [...hits].sort((a, b) => a.offset - b.offset)) {
    for (let next = bytes.indexOf(10, at); next >= 0 && next < offset; next = bytes.indexOf(10, at)) {
      line += 1;
      at = next + 1;
    }
    const fingerprint = fingerprintOf(token);
    const key = `${fingerprint} ${line}`;
    // The same in plain says more than the same in base64 of a part of it.
    const known = found.get(key);
    if (known === undefined) found.set(key, { line, rule, fingerprint, writing, sure, spans: [span] });
    else known.spans.push(span);
  }
  return [...found.values()];
};

/** Beyond this a blob holds so many that more of them say nothing new. */
export const maxHits = 100;

/** The rule of a blob that holds more to look at than a scan looks at. */
export const tooMuch = 'unfinished';

/** Words of a list beside each other may have the look of a token. */
const isOfWords = ({ token }: RawHit): boolean => (token.match(/[a-z]{5,}/g) ?? []).length > 1;

/** Every credential that the content of one blob shows, in whatever writing. */
export const scanBlob = async (content: Uint8Array): Promise<SecretHit[]> => {
  const given = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const bytes = isWide(given) ? withoutZeros(given) : given;
  const first = await searchTokens(bytes, true);
  const hits = first.hits.map((hit) => inPlace(bytes, hit));
  const { views, whole } = deepViewsOf(bytes);
  let more = first.more || !whole;
  for (const view of views) {
    const searched = await searchTokens(view.bytes, false);
    const known = new Set(hits.map(({ token }) => token));
    const made = searched.hits.filter(
      (hit) => view.writing !== 'spliced' || !hit.sure || hit.token.includes('/') || !isOfWords(hit),
    );
    hits.push(...made.filter(({ token }) => !known.has(token)).map((hit) => inText(bytes, view, hit)));
    more ||= searched.more;
  }
  const listed = withLines(bytes, hits).slice(0, maxHits);
  if (!more) return listed;
  return [
    ...listed,
    { line: 1, rule: tooMuch, fingerprint: fingerprintOf(''), writing: 'plain', sure: false, spans: [] },
  ];
};
