import type { BlobFacts } from './facts.js';

/** As far as git looks for a NUL to tell text from binary. */
const binaryProbe = 8000;

/** Looks at the content of one blob, once. */
export const measureBlob = (content: Buffer): BlobFacts => {
  let longestLine = 0;
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(10, at);
    const stop = end < 0 ? content.length : end;
    if (stop - at > longestLine) longestLine = stop - at;
    at = stop + 1;
  }
  const binary = content.subarray(0, binaryProbe).includes(0);
  return { size: content.length, content: { binary, longestLine } };
};
