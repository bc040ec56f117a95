import type { BlobFacts } from './facts.js';

/** As far as git looks for a NUL to tell text from binary. */
const binaryProbe = 8000;

/** Enough to know a file's type by its first bytes. */
const headBytes = 4100;

/** Strict, so that bytes that are not UTF-8 show as such; keeps a leading byte order mark, which gates look for. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const textOf = (content: Buffer): { text: string; utf8: boolean } => {
  try {
    return { text: utf8.decode(content), utf8: true };
  } catch {
    return { text: content.toString('latin1'), utf8: false };
  }
};

/**
 * Looks at the content of one blob, once; its type is for the collector to tell. Its text is kept where asked for and
 * where git would not call it binary.
 */
export const measureBlob = (content: Buffer, keepText = false): BlobFacts => {
  let longestLine = 0;
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(10, at);
    const stop = end < 0 ? content.length : end;
    if (stop - at > longestLine) longestLine = stop - at;
    at = stop + 1;
  }
  const binary = content.subarray(0, binaryProbe).includes(0);
  const head = content.toString('latin1', 0, headBytes);
  const text = binary || !keepText ? { text: null, utf8: false } : textOf(content);
  return { size: content.length, content: { binary, longestLine, head, type: null, ...text } };
};
