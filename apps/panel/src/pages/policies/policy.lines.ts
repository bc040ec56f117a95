import type { PolicyDocument } from '@gatehouse/contracts';

const maxText = 600;

const listText = (values: readonly unknown[]): string =>
  values.length === 0
    ? 'nothing'
    : values.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ');

const isGroup = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Fields of fields by their whole name: `approvals.quorum: 1`. */
const groupText = (group: object, within = ''): string =>
  Object.entries(group)
    .map(([name, value]) =>
      isGroup(value) ? groupText(value, `${within}${name}.`) : `${within}${name}: ${textOf(value)}`,
    )
    .join('\n');

const textOf = (value: unknown): string =>
  Array.isArray(value) ? listText(value) : isGroup(value) ? groupText(value) : String(value);

/** Every field that a layer sets, in a line each; what is left out says nothing. */
export const policyLines = ({ spec }: PolicyDocument): [field: string, text: string][] =>
  Object.entries(spec)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => {
      const text = textOf(value);
      return [field, text.length > maxText ? `${text.slice(0, maxText)}…` : text];
    });
