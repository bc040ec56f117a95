/** What a key press may lead to; the shell knows what each does. */
export type Command =
  | 'jobs'
  | 'promotions'
  | 'schedules'
  | 'repositories'
  | 'new'
  | 'approve'
  | 'reject'
  | 'next'
  | 'previous'
  | 'filter'
  | 'help';

export const keys: readonly { readonly keys: string; readonly command: Command; readonly says: string }[] = [
  { keys: 'g j', command: 'jobs', says: 'Go to jobs' },
  { keys: 'g p', command: 'promotions', says: 'Go to promotions' },
  { keys: 'g s', command: 'schedules', says: 'Go to schedules' },
  { keys: 'g r', command: 'repositories', says: 'Go to repositories' },
  { keys: 'n', command: 'new', says: 'New job' },
  { keys: 'j', command: 'next', says: 'Next row of a list, finding or file' },
  { keys: 'k', command: 'previous', says: 'Previous row of a list, finding or file' },
  { keys: 'a', command: 'approve', says: 'Approve the change on this page, with a comment' },
  { keys: 'r', command: 'reject', says: 'Reject the change on this page, with a reason' },
  { keys: '/', command: 'filter', says: 'Go to the filter' },
  { keys: '?', command: 'help', says: 'Show these keys' },
];

/** A first key waits this long for its second, in milliseconds. */
export const chordMs = 1200;

export interface Pending {
  readonly key: string;
  readonly at: number;
}

export interface Press {
  readonly pending: Pending | null;
  readonly command: Command | null;
}

export const press = (pending: Pending | null, key: string, now: number): Press => {
  const first = pending !== null && now - pending.at <= chordMs ? pending.key : null;
  const typed = first === null ? key : `${first} ${key}`;
  const hit = keys.find((row) => row.keys === typed);
  if (hit) return { pending: null, command: hit.command };
  const begins = keys.some((row) => row.keys.startsWith(`${key} `));
  if (begins) return { pending: { key, at: now }, command: null };
  // `g` and then a key that means nothing after it: nothing happens, as in other tools with chords.
  return { pending: null, command: null };
};
