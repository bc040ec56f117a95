import { parse } from 'yaml';
import { PolicyDocument } from '@gatehouse/contracts';

export type ReadDocument =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly faults: readonly string[] };

const maxFaults = 10;

/** Reads a policy document as people write it, and says for every fault where it is. */
export const readPolicy = (text: string): ReadDocument => {
  if (text.trim() === '') return { ok: false, faults: ['Paste a policy document first.'] };
  let value: unknown;
  try {
    // As the plane does: nothing may stand for more than itself.
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return {
      ok: false,
      faults: [error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'Not YAML.'],
    };
  }
  const read = PolicyDocument.safeParse(value);
  if (read.success) return { ok: true, document: read.data };
  const faults = read.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
  );
  return { ok: false, faults: faults.slice(0, maxFaults) };
};
