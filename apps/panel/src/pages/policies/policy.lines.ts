import type { PolicyDocument } from '@gatehouse/contracts';

const maxText = 600;

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'nothing';
    return value.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ');
  }
  if (value !== null && typeof value === 'object')
    return Object.entries(value)
      .map(([name, each]) => `${name}: ${Array.isArray(each) ? `[${textOf(each)}]` : JSON.stringify(each)}`)
      .join(', ');
  return String(value);
};

/** Every field that a layer sets, in a line each; what is left out says nothing. */
export const policyLines = ({ spec }: PolicyDocument): [field: string, text: string][] =>
  Object.entries(spec)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => {
      const text = textOf(value);
      return [field, text.length > maxText ? `${text.slice(0, maxText)}…` : text];
    });
