import { isUtf8 } from 'node:buffer';

declare const raw: unique symbol;

/**
 * Repository path exactly as git stores it: one UTF-16 unit per byte (latin1), never starting with a slash.
 * The brand keeps it apart from text: `ü` is one unit of text and two of a raw path, and a rule that mixed them
 * up would match nothing.
 */
export type RawPath = string & { readonly [raw]: true };

export const rawPath = (bytes: Uint8Array): RawPath =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as RawPath;

export const rawPathOfText = (text: string): RawPath =>
  Buffer.from(text, 'utf8').toString('latin1') as RawPath;

export const bytesOfPath = (path: RawPath): Buffer => Buffer.from(path, 'latin1');

const plainAscii = /^[\0-\x7f]*$/;

/** The path as text, or null where its bytes are not UTF-8. Takes a single segment as well. */
export const textOfPath = (path: string): string | null => {
  if (plainAscii.test(path)) return path;
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : null;
};
