import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PolicyDocument } from '@gatehouse/contracts';
import { parse } from 'yaml';

/** Root of the clone. */
export const clone = join(import.meta.dirname, '..', '..', '..');

/** A document below `examples/`, as its YAML says it, not checked. */
export const readExample = (name: string): unknown =>
  parse(readFileSync(join(clone, 'examples', name), 'utf8')) as unknown;

/** The same for a job, with fields of its `spec` put in the place of the example's own. */
export const readJob = (name: string, spec: Readonly<Record<string, unknown>>): unknown => {
  const document = readExample(name) as { spec: Record<string, unknown> };
  return { ...document, spec: { ...document.spec, ...spec } };
};

/** The example of a policy that asks for an approval, for a repository of another name. */
export const approvalIn = (repository: string): PolicyDocument => {
  const document = readExample('policies/demo-approval.yaml') as { metadata: object };
  return PolicyDocument.parse({ ...document, metadata: { ...document.metadata, repository } });
};
