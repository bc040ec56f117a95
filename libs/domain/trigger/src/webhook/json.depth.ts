/** Arrays and objects inside one another, at most: GitHub sends a dozen. */
export const maxPayloadDepth = 200;

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');

/**
 * Whether JSON is nested deeper than is read: a parser takes seconds for millions of levels, and nothing else runs
 * meanwhile. One pass over the bytes; of what is no JSON the answer says nothing.
 */
export const isTooDeep = (json: Uint8Array): boolean => {
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at);
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > maxPayloadDepth) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
  }
  return false;
};

/** Where the closing quote of the string stands that begins at `from`; the end where it has none. */
const endOfString = (json: Uint8Array, from: number): number => {
  let at = from + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at;
};
