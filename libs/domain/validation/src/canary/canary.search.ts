import { blobSizes, readBlobs, type GitRunner } from '@gatehouse/git';
import type { CanaryPlace, ChangeEntry } from '../facts.js';
import { deepViewsOf } from '../secrets/deep.views.js';

/** What was laid out for an agent to find. */
export interface Bait {
  /** Words that stand nowhere else in the world; none where nothing was laid out. */
  readonly tokens: readonly string[];
  /** What the agent printed, as far as it is looked at. */
  readonly log: Buffer;
}

/** A candidate as it lies in its quarantine. */
interface Made {
  readonly gitDir: string;
  readonly entries: readonly ChangeEntry[];
}

/**
 * Letters and digits alone, all small: breaks, quotes, signs between pieces and case hide nothing. A token is long
 * enough that what is left of it stands nowhere by chance.
 */
const squeezed = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '');

const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first);
  });

/** The characters of its base64 that are the same whatever stands around it, for each place that it may begin at. */
const inBase64 = (token: string): string[] =>
  [0, 1, 2].map((before) => {
    const all = Buffer.from('\0'.repeat(before) + token).toString('base64');
    return all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + token.length) * 8) / 6));
  });

const writingsOf = (token: string): string[] => {
  const plain = [token, [...token].reverse().join(''), rot13(token)];
  return plain.flatMap((text) => [text, Buffer.from(text).toString('hex'), ...inBase64(text)]).map(squeezed);
};

/** Answers whether bytes hold one of the tokens, as it is or in another writing. */
export const canarySearch = (tokens: readonly string[]): ((bytes: Buffer) => boolean) => {
  const sought = tokens.flatMap(writingsOf);
  return (bytes) =>
    sought.length > 0 &&
    [bytes, ...deepViewsOf(bytes).views.map((view) => Buffer.from(view.bytes))].some((view) => {
      const text = squeezed(view.toString('latin1'));
      return sought.some((writing) => text.includes(writing));
    });
};

const isBlob = (mode: string): boolean => mode !== '000000' && mode !== '160000';

/** Every place of a patch, of what it made and of the log where a token stands. */
export const readCanary = async (
  git: GitRunner,
  made: Made | null,
  { tokens, log }: Bait,
  patch: Buffer,
  maxBlobBytes: number,
): Promise<CanaryPlace[]> => {
  if (tokens.length === 0) return [];
  const holds = canarySearch(tokens);
  const places: CanaryPlace[] = [];
  if (made !== null) {
    const { gitDir, entries } = made;
    const fresh = entries.filter(({ newMode }) => isBlob(newMode));
    const found = new Set<string>();
    const oids = [...new Set(fresh.map(({ newOid }) => newOid))];
    // The gate on sizes refuses what is larger.
    const sizes = await blobSizes(git, gitDir, oids);
    const small = oids.filter((oid) => (sizes.get(oid) ?? Infinity) <= maxBlobBytes);
    for await (const { oid, content } of readBlobs(git, gitDir, small, { maxBytes: maxBlobBytes }))
      if (holds(content)) found.add(oid);
    for (const { path, newOid } of fresh) {
      if (holds(Buffer.from(path, 'latin1'))) places.push({ where: 'name', path });
      if (found.has(newOid)) places.push({ where: 'content', path });
    }
  }
  // A patch always holds what its files do; it alone counts where they do not show it.
  if (places.length === 0 && holds(patch)) places.push({ where: 'patch', path: null });
  if (holds(log)) places.push({ where: 'log', path: null });
  return places;
};
