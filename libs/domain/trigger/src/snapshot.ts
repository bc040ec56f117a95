import type { IssueSnapshot } from './intent.js';
import type { Issue } from './webhook/payload.js';
import { storable } from './storable.js';

export const snapshotOf = ({ number, title, body, state, user }: Issue): IssueSnapshot => ({
  number,
  title: storable(title),
  body: storable(body ?? ''),
  open: state === 'open',
  author: user,
});
