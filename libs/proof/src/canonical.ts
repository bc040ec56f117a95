import { GatehouseError } from '@gatehouse/contracts';
import canonicalize from 'canonicalize';

/** Deeper values are refused: the walk below and every later reader recurse. */
export const maxJsonDepth = 128;

const refuse = (path: string, what: string): never => {
  throw new GatehouseError(
    'request.invalid',
    `${path === '' ? 'The value' : `The value at ${path}`} ${what}. Only plain JSON can be stored and hashed.`,
    { details: { path } },
  );
};

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

const checkText = (text: string, path: string): void => {
  // Two different lone surrogates become the same UTF-8 bytes, so one digest would stand for two values.
  if (loneSurrogate.test(text)) refuse(path, 'holds half a surrogate pair');
};

const check = (value: unknown, path: string, depth: number): void => {
  if (depth > maxJsonDepth) refuse(path.slice(0, 200), `is nested deeper than ${maxJsonDepth} levels`);
  switch (typeof value) {
    case 'string':
      return checkText(value, path);
    case 'boolean':
      return;
    case 'number':
      return Number.isFinite(value) ? undefined : refuse(path, `is ${value}, which JSON cannot write`);
    case 'object':
      if (value === null) return;
      if (Array.isArray(value)) {
        // A hole in a sparse array is read as undefined here, and refused like one.
        for (let i = 0; i < value.length; i++) check(value[i], `${path}[${i}]`, depth + 1);
        return;
      }
      if (!isPlain(value)) refuse(path, `is a ${value.constructor?.name ?? 'class instance'}`);
      for (const key of Object.keys(value)) {
        checkText(key, path);
        const child: unknown = (value as Record<string, unknown>)[key];
        // canonicalize would call it, and the digest would be that of another value.
        if (typeof child === 'function') refuse(`${path}.${key}`, 'is a function');
        check(child, `${path}.${key}`, depth + 1);
      }
      return;
    default:
      refuse(path, `is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`);
  }
};

/**
 * The one text of a JSON value (RFC 8785): sorted keys, no spaces, ECMAScript numbers.
 * Refuses with `request.invalid` what has no such text: undefined, NaN, infinities, bigints, functions, class
 * instances (dates too), lone surrogates, cycles and nesting beyond `maxJsonDepth`.
 */
export const canonicalJson = (value: unknown): string => {
  check(value, '', 0);
  return canonicalize(value) as string;
};
