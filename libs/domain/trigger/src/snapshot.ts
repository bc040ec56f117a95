import type { IssueSnapshot } from './intent.js';
import type { Issue } from './payload.js';

/** Text that Postgres and canonical JSON can hold. */
export const storable = (text: string): string => text.replace(/\0|\p{Cs}/gu, '\ufffd');

export const snapshotOf = ({ number, title, body, state, user }: Issue): IssueSnapshot => ({
  number,
  title: storable(title),
  body: storable(body ?? ''),
  open: state === 'open',
  author: user,
});
