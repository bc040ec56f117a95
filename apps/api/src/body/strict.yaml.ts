import { GatehouseError } from '@gatehouse/contracts';
import { Composer, isScalar, LineCounter, Parser, visit, type CST, type Document } from 'yaml';
import { malformed, maxDepth, refuseKey, refuseNumber } from './strict.json.js';

/** Uses of aliases, at most: enough for a repeated block, too few for a billion laughs. */
const maxAliases = 50;

const tooDeep = (): GatehouseError => malformed(`The YAML is nested deeper than ${maxDepth} levels.`);

/**
 * The library's parser keeps a stack of its own, but what it composes from the tokens calls itself for every level.
 * Near the end of the call stack V8 can abort the whole process instead of throwing, so depth is counted before.
 */
const refuseDeep = (tokens: readonly CST.Token[]): void => {
  const open: [token: CST.Token | null | undefined, depth: number][] = tokens.map((token) => [token, 0]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (depth > maxDepth) throw tooDeep();
    if (!token) continue;
    if ('value' in token) open.push([token.value, depth]);
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) open.push([key, depth + 1], [value, depth + 1]);
  }
};

const refuseOdd = (value: unknown, depth: number): void => {
  if (typeof value === 'number') refuseNumber(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') throw malformed('A value has no JSON form.');
  if (value === null || typeof value !== 'object') return;
  if (depth > maxDepth) throw tooDeep();
  if (Array.isArray(value)) return value.forEach((item) => refuseOdd(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) throw malformed('A value has no JSON form.');
  for (const [key, item] of Object.entries(value)) {
    refuseKey(key);
    refuseOdd(item, depth + 1);
  }
};

/** The library compares every key of a map with every other, which is quadratic; a set is not. */
const refuseRepeated = (document: Document.Parsed): void => {
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) throw malformed('A key in the YAML is not a plain text.');
        const name = String(key.value);
        refuseKey(name);
        if (seen.has(name)) throw malformed(`The key ${JSON.stringify(name)} appears twice.`);
        seen.add(name);
      }
    },
  });
};

const read = (text: string): unknown => {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  refuseDeep(tokens);
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: false,
    merge: false,
  });
  const [document, another] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined || another !== undefined) throw malformed('The body holds one YAML document.');
  const [error] = document.errors;
  if (error)
    throw malformed(`The YAML cannot be read at line ${lines.linePos(error.pos[0]).line}: ${error.message}.`);
  const [warning] = document.warnings;
  if (warning) throw malformed(`The YAML cannot be read: ${warning.message}.`);
  refuseRepeated(document);
  const value: unknown = document.toJS({ maxAliasCount: maxAliases });
  refuseOdd(value, 1);
  return value;
};

/** Reads one YAML 1.2 document that has a JSON form. Throws `request.malformed`. */
export const parseStrictYaml = (text: string): unknown => {
  try {
    return read(text);
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause;
    throw new GatehouseError('request.malformed', 'The YAML cannot be read.', { cause });
  }
};
