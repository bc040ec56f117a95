import { plainText, runsAfter, tokenTable } from './byte.text.js';
import type { RawHit } from './secret.hit.js';

/** Secrets that are known by what stands around them. */

const maxKey = 600;

/**
 * A private key in armour: the header alone is in every documentation, so a body must follow, in lines, in one line
 * with written line ends, or as the pieces of a string.
 */
export const privateKeyAt = (bytes: Uint8Array, start: number): RawHit | null => {
  const text = plainText(bytes, start, start + maxKey);
  const head = /^-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/.exec(text);
  if (head === null) return null;
  const body = text
    .slice(head[0].length)
    .replace(/^(?:(?:\\[rn]|\s|["'`+,])*[A-Za-z-]{3,20}: [^\n\\]{0,80}(?:\\[rn]|\n))+/, '')
    .replace(/\\[rn]|[\s"'`+,]/g, '');
  const token = /^[A-Za-z0-9+/=]{40,400}/.exec(body)?.[0];
  if (token === undefined || new Set(token).size < 12) return null;
  return { rule: 'private-key', token, offset: start, writing: 'plain', sure: true };
};

const maxHost = 253;
const address =
  /^:\/\/([^\s:/@"'`<>]{0,100}):([^\s/@"'`<>]{3,200})@(\[[0-9a-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})/i;
/** Where nobody but the machine itself, or nobody at all, listens. */
const nowhere =
  /^(?:[^.]+|.*\.(?:example|test|invalid|local|localhost|internal)|(?:.*\.)?example\.(?:com|org|net)|127\..*|\[::1\]|0\.0\.0\.0|host|hostname)$/i;
const obvious =
  /^(?:p(?:ass)?w(?:or)?d|pass|secret|token|user(?:name)?|admin|root|test|demo|postgres|mysql|mongo|redis|guest|x-oauth-basic|x-access-token|foo|bar|hunter2|credentials?|key|pw|p|s3cr3t)[0-9]{0,4}$/i;

/** A password in an address; `start` is where `://` stands, `at` where its @ does. */
export const addressAt = (bytes: Uint8Array, start: number, at: number): RawHit | null => {
  const text = plainText(bytes, start, at + 1 + maxHost);
  const [, user = '', password = '', host = ''] = address.exec(text) ?? [];
  if (password === '' || nowhere.test(host) || obvious.test(password) || password === user) return null;
  // Filled in later: a variable, a format, a mask.
  if (/[${}%*[\]()|\\]|\.\.\.|^:|^x+$|example|your|change/i.test(password.replace(/%[0-9a-f]{2}/gi, '')))
    return null;
  return { rule: 'password-in-address', token: password, offset: start, writing: 'plain', sure: false };
};

/** The @ of an address that names somebody: what stands behind `://` holds a colon before it. -1 where there is none. */
export const signOfAddress = (bytes: Uint8Array, at: number): number => {
  const stop = Math.min(bytes.length, at + 310);
  let colon = false;
  for (let i = at; i < stop; i += 1) {
    const byte = bytes[i]!;
    if (byte === 64) return colon ? i : -1;
    if (byte === 58) colon = true;
    // Blanks, quotes, / < > end an address.
    else if (
      byte <= 32 ||
      byte === 34 ||
      byte === 39 ||
      byte === 47 ||
      byte === 60 ||
      byte === 62 ||
      byte === 96
    )
      return -1;
  }
  return -1;
};

const tokenChars = tokenTable();
const maxHeader = 400;
const maxPart = 4000;

const isHeader = (text: string): boolean => {
  try {
    const fields: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof fields === 'object' && fields !== null && 'alg' in fields;
  } catch {
    return false;
  }
};

/** Where the parts of a token end. */
interface Parts {
  readonly header: number;
  readonly payload: number;
  readonly signature: number;
}

/** What three parts turn out to be; null where there are none. */
export type WebToken = RawHit | 'no_token' | null;

/**
 * JSON Web Tokens, told by their header; three parts with dots between make none. `start` is where `eyJ` stands, which
 * is how base64 writes the beginning of an object, and ascends: a header of many beginnings is measured once.
 */
export const webTokens = (bytes: Uint8Array): ((start: number) => WebToken) => {
  const runOf = runsAfter(bytes);
  let [behind, parts] = [-1, null as Parts | null];
  const partsFrom = (start: number): Parts | null => {
    const header = start + runOf(start, tokenChars);
    behind = header;
    if (bytes[header] !== 46) return null;
    const payload = header + 1 + runOf(header + 1, tokenChars);
    if (bytes[payload] !== 46 || payload - header < 12 || payload - header > maxPart + 1) return null;
    const length = Math.min(runOf(payload + 1, tokenChars), maxPart);
    return length < 19 ? null : { header, payload, signature: payload + 1 + length };
  };
  return (start) => {
    if (start >= behind) parts = partsFrom(start);
    if (parts === null || parts.header - start < 16 || parts.header - start > maxHeader) return null;
    if (!isHeader(plainText(bytes, start, parts.header))) return 'no_token';
    const token = plainText(bytes, start, parts.signature);
    return { rule: 'json-web-token', token, offset: start, writing: 'plain', sure: false };
  };
};
