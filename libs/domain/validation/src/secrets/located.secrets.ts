import { plainText, runAfter, tokenTable } from './byte.text.js';
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

const address =
  /^:\/\/([^\s:/@"'`<>]{0,100}):([^\s/@"'`<>]{3,200})@(\[[0-9a-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})/i;
/** Where nobody but the machine itself, or nobody at all, listens. */
const nowhere =
  /^(?:[^.]+|.*\.(?:example|test|invalid|local|localhost|internal)|(?:.*\.)?example\.(?:com|org|net)|127\..*|\[::1\]|0\.0\.0\.0|host|hostname)$/i;
const obvious =
  /^(?:p(?:ass)?w(?:or)?d|pass|secret|token|user(?:name)?|admin|root|test|demo|postgres|mysql|mongo|redis|guest|x-oauth-basic|x-access-token|foo|bar|hunter2|credentials?|key|pw|p|s3cr3t)[0-9]{0,4}$/i;

/** A password in an address; `start` is where `://` stands. */
export const addressAt = (bytes: Uint8Array, start: number): RawHit | null => {
  const [, user = '', password = '', host = ''] = address.exec(plainText(bytes, start, start + 600)) ?? [];
  if (password === '' || nowhere.test(host) || obvious.test(password) || password === user) return null;
  // Filled in later: a variable, a format, a mask.
  if (/[${}%*[\]()|\\]|\.\.\.|^:|^x+$|example|your|change/i.test(password.replace(/%[0-9a-f]{2}/gi, '')))
    return null;
  return { rule: 'password-in-address', token: password, offset: start, writing: 'plain', sure: false };
};

/** Somebody is named before the host: what stands behind `://` holds a colon and an @ before it ends. */
export const mayHavePassword = (bytes: Uint8Array, at: number): boolean => {
  const stop = Math.min(bytes.length, at + 310);
  let colon = false;
  for (let i = at; i < stop; i += 1) {
    const byte = bytes[i]!;
    if (byte === 64) return colon;
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
      return false;
  }
  return false;
};

const tokenChars = tokenTable();
const maxHeader = 400;
const maxPart = 4000;

/**
 * A JSON Web Token, told by its header; three parts with dots between make none. `start` is where `eyJ` stands, which
 * is how base64 writes the beginning of an object.
 */
export const webTokenAt = (bytes: Uint8Array, start: number): RawHit | null => {
  const header = start + runAfter(bytes, start, tokenChars, maxHeader);
  if (bytes[header] !== 46 || header - start < 16) return null;
  const payload = header + 1 + runAfter(bytes, header + 1, tokenChars, maxPart);
  if (bytes[payload] !== 46 || payload - header < 12) return null;
  const signature = payload + 1 + runAfter(bytes, payload + 1, tokenChars, maxPart);
  if (signature - payload < 20) return null;
  try {
    const fields: unknown = JSON.parse(
      Buffer.from(plainText(bytes, start, header), 'base64url').toString('utf8'),
    );
    if (typeof fields !== 'object' || fields === null || !('alg' in fields)) return null;
  } catch {
    return null;
  }
  const token = plainText(bytes, start, signature);
  return { rule: 'json-web-token', token, offset: start, writing: 'plain', sure: false };
};
