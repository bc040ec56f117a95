export interface Part {
  readonly text: string;
  /** The job that this part names; null where it is text. */
  readonly jobId: string | null;
}

const ids = /(\bjob_[0-9A-HJKMNP-TV-Z]{26}\b)/;

/** A sentence by the jobs that it names. */
export const parted = (text: string): Part[] =>
  text
    .split(ids)
    .map((part, i) => ({ text: part, jobId: i % 2 === 1 ? part : null }))
    .filter((part) => part.text !== '');
