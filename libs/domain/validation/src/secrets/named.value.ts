import { plainText, runAfter, tokenTable } from './byte.text.js';
import { isMadeUp, type RawHit } from './secret.hit.js';

/** A random value that is given a name such as `apiKey`: no known look, but nothing else is called so. */

export const nameWords = [
  ...['secret', 'token', 'passwd', 'password', 'passphrase', 'api_key', 'apikey', 'api-key', 'access_key'],
  ...['accesskey', 'auth_key', 'authkey', 'credential', 'private_key', 'privatekey', 'encryption_key'],
  ...['signing_key', 'signingkey', 'master_key', 'masterkey'],
];

/** Names of what is made of a secret and gives none away, of what only refers to one, and of places in a list. */
const harmless =
  /(?:next|page|continuation)[-_]?token|sha|hash|digest|finger|check|sum|oid|commit|public|integrity|version|uuid|guid|etag|nonce|mock|fake|test|sample|arn|path|file|url|uri|host|name|model/i;

const identifier = tokenTable();
const value = tokenTable('+/.~');
const padding = 61;
const maxValue = 200;

const entropyOf = (text: string): number => {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
};

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9;
const quotes = [34, 39, 96];
/** = : and > of => */
const signs = [61, 58, 62];

/** The value that follows the name, and whether it is quoted. */
const valueAt = (bytes: Uint8Array, nameEnd: number): { at: number; end: number; quoted: boolean } | null => {
  let at = nameEnd;
  const skipBlanks = (): void => {
    for (let left = 8; left > 0 && isBlank(bytes[at]); left -= 1) at += 1;
  };
  if (quotes.includes(bytes[at]!)) at += 1;
  if (bytes[at] === 93) at += 1;
  skipBlanks();
  const before = at;
  while (at < before + 3 && signs.includes(bytes[at]!)) at += 1;
  if (at === before) return null;
  skipBlanks();
  const quoted = quotes.includes(bytes[at]!);
  if (quoted) at += 1;
  const length = runAfter(bytes, at, value, maxValue + 1);
  if (length < 20 || length > maxValue) return null;
  let end = at + length;
  while (end < at + length + 2 && bytes[end] === padding) end += 1;
  const next = bytes[end];
  const closed = quoted ? quotes.includes(next!) : next === undefined || [10, 13, 32, 35].includes(next);
  return closed ? { at, end, quoted } : null;
};

const hexOnly = /^[0-9a-f]+$|^[0-9A-F]+$/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Random to all appearance: no words, no number, no digest of a usual length. */
const isRandom = (text: string, quoted: boolean): boolean => {
  if (uuid.test(text) || isMadeUp(text) || !/[0-9].*[0-9]/.test(text)) return false;
  if (hexOnly.test(text))
    return text.length >= 32 && ![40, 64, 128].includes(text.length) && entropyOf(text) > 3;
  if (/[a-z]{7}|[A-Z]{7}|[0-9]{10}/.test(text)) return false;
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text)) return text.length >= 32 && entropyOf(text) > 4.1;
  return entropyOf(text) > (quoted ? 4 : 4.2);
};

/** `end` is the place behind one of `nameWords`. */
export const namedValueAt = (bytes: Uint8Array, start: number, end: number): RawHit | null => {
  const nameEnd = end + runAfter(bytes, end, identifier, 24);
  const found = valueAt(bytes, nameEnd);
  if (found === null) return null;
  const token = plainText(bytes, found.at, found.end);
  if (!isRandom(token, found.quoted)) return null;
  if (harmless.test(plainText(bytes, start - 16, nameEnd).replace(/^.*[^A-Za-z0-9_-]/, ''))) return null;
  return { rule: 'named-secret', token, offset: found.at, writing: 'plain', sure: false };
};
