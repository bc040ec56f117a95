import { isMap, parseDocument } from 'yaml';
import { JobSpec, type JobSpecInput } from '@gatehouse/contracts';
import { checkDocument, type DocumentCheck } from '../../elements/document.check.js';

export type SpecCheck = DocumentCheck<JobSpecInput>;

export const checkSpec = (text: string): SpecCheck =>
  checkDocument(JobSpec, text, 'Write a JobSpec, or take a template.');

/** The text with another repository in it; comments and order stay. Unreadable text is left as it is. */
export const withRepository = (text: string, repository: string | null): string => {
  const doc = parseDocument(text);
  if (doc.errors.length > 0 || !isMap(doc.contents) || !isMap(doc.get('spec', true))) return text;
  if (repository === null) doc.deleteIn(['spec', 'repository']);
  else doc.setIn(['spec', 'repository'], repository);
  return doc.toString({ lineWidth: 0 });
};

/** The repository the text names; null where none, or where the text cannot be read. */
export const repositoryOf = (text: string): string | null => {
  const doc = parseDocument(text);
  const name: unknown = isMap(doc.contents) ? doc.getIn(['spec', 'repository']) : undefined;
  return typeof name === 'string' ? name : null;
};
