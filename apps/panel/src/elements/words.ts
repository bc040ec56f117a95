/** What the panel's own words mean, for somebody who sees them for the first time. docs/glossary.md has all of them. */
export const words = {
  job: 'Work that somebody asked for: what to change, where, and within which bounds.',
  base: 'The commit that the change starts from. It never moves, whatever happens to its branch.',
  candidate:
    'A change that was made and may be published: its base and the files as they would be afterwards.',
  tree: 'All files of the repository as they would be after the change. Its id is git’s own, made of every byte.',
  patch: 'The stored bytes of the change, named by their SHA-256.',
  gate: 'One check of a change. It passes or it does not, and says what it found.',
  finding: 'One thing that a check saw: it blocks, needs an approval, or is a note.',
  verdict: 'The answers of all checks for one change under one policy.',
  policy: 'The rules of this installation: what may be changed, by whom, and who has to agree.',
  promotion: 'The act of publishing a change that passed. Nobody but Gatehouse does it, one at a time.',
  lane: 'The queue of one repository and branch: one change of it is published at a time.',
  stack:
    'Changes that are judged on top of one another before any is published: at most as many as the window says. It grows by one where all pass, and halves where one is dropped.',
  level:
    'How far a change goes: stored as a patch, published as a branch of its own, or as a draft pull request.',
  approval:
    'A person’s answer to exactly this change. Nobody answers for their own, and one rejection ends it.',
  trigger: 'A document that says what makes a job by itself, and who may set it off.',
  delivery: 'One message of a forge, signed, and what was done about it.',
  taint: 'Something the job was made of was written by somebody who may not write to the repository.',
  lease:
    'The right of one worker to run one attempt, for a short time. What comes after it has ended is refused.',
  staged: 'Everything runs and is checked, but nothing is published.',
} as const satisfies Record<string, string>;

export type Word = keyof typeof words;
