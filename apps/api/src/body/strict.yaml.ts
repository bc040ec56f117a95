import { GatehouseError } from '@gatehouse/contracts';
import { isScalar, parseDocument, visit } from 'yaml';
import { malformed, maxDepth, refuseKey, refuseNumber } from './strict.json.js';

/** Uses of aliases, at most: enough for a repeated block, too few for a billion laughs. */
const maxAliases = 50;

const refuseOdd = (value: unknown, depth: number): void => {
  if (typeof value === 'number') refuseNumber(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') throw malformed('A value has no JSON form.');
  if (value === null || typeof value !== 'object') return;
  if (depth > maxDepth) throw malformed(`The YAML is nested deeper than ${maxDepth} levels.`);
  if (Array.isArray(value)) return value.forEach((item) => refuseOdd(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) throw malformed('A value has no JSON form.');
  for (const [key, item] of Object.entries(value)) {
    refuseKey(key);
    refuseOdd(item, depth + 1);
  }
};

/** The library compares every key of a map with every other, which is quadratic; a set is not. */
const refuseRepeated = (document: ReturnType<typeof parseDocument>): void => {
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

/** Reads one YAML 1.2 document that has a JSON form. Throws `request.malformed`. */
export const parseStrictYaml = (text: string): unknown => {
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: false,
      merge: false,
      logLevel: 'error',
    });
    const [error] = document.errors;
    if (error) throw malformed(`The YAML cannot be read: ${error.message.split('\n', 1)[0]}`);
    refuseRepeated(document);
    const value: unknown = document.toJS({ maxAliasCount: maxAliases });
    refuseOdd(value, 1);
    return value;
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause;
    throw new GatehouseError('request.malformed', 'The YAML cannot be read.', { cause });
  }
};
