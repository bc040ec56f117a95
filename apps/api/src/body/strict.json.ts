import { GatehouseError } from '@gatehouse/contracts';

/** Arrays and objects inside one another, at most. */
export const maxDepth = 64;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

export const malformed = (message: string): GatehouseError =>
  new GatehouseError('request.malformed', message);

/** A key that reaches into the prototype of what is made from the document has no honest use. */
export const refuseKey = (key: string): void => {
  if (forbiddenKeys.has(key)) throw malformed(`The key ${key} is not allowed.`);
};

/** JavaScript would round it without a word, and what is checked would not be what was sent. */
export const refuseNumber = (value: number): void => {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw malformed('A number is beyond 2^53 and would be rounded. Send it as text.');
};

const numberPattern = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** End of the string that begins at `start`, after its closing quote. */
const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; ; at += 1) {
    const close = text.indexOf('"', at);
    if (close < 0) throw malformed('A string in the JSON has no end.');
    let slashes = 0;
    while (text[close - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return close + 1;
    at = close;
  }
};

const decode = (literal: string): string => {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw malformed('A string in the JSON cannot be read.');
  }
};

interface Level {
  /** Keys seen; undefined in an array. */
  readonly keys: Set<string> | undefined;
  /** In an object: the next string is a key. */
  wantsKey: boolean;
}

/** What JSON.parse does not mind: depth, repeated keys, keys of prototypes, rounded numbers. One pass. */
const scan = (text: string): void => {
  const levels: Level[] = [];
  for (let at = 0; at < text.length;) {
    const char = text[at];
    const level = levels.at(-1);
    if (char === '"') {
      const end = endOfString(text, at);
      if (level?.keys && level.wantsKey) {
        const key = decode(text.slice(at, end));
        refuseKey(key);
        if (level.keys.has(key)) throw malformed(`The key ${JSON.stringify(key)} appears twice.`);
        level.keys.add(key);
        level.wantsKey = false;
      }
      at = end;
      continue;
    }
    if (char === '{' || char === '[') {
      levels.push({ keys: char === '{' ? new Set() : undefined, wantsKey: char === '{' });
      if (levels.length > maxDepth) throw malformed(`The JSON is nested deeper than ${maxDepth} levels.`);
    } else if (char === '}' || char === ']') levels.pop();
    else if (char === ',' && level?.keys) level.wantsKey = true;
    else if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) {
      numberPattern.lastIndex = at;
      const [number] = numberPattern.exec(text) ?? [];
      if (number !== undefined) {
        refuseNumber(Number(number));
        at += number.length;
        continue;
      }
    }
    at += 1;
  }
};

/** Reads JSON that means one thing only. Throws `request.malformed`. */
export const parseStrictJson = (text: string): unknown => {
  scan(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new GatehouseError('request.malformed', 'The body is not valid JSON.', { cause });
  }
};
