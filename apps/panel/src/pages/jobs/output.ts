export type StreamName = 'stdout' | 'stderr';

/** Of a longer output only this much of its end is read at first, in bytes. */
export const tailBytes = 512 * 1024;

/** The offset to begin reading at. */
export const beginAt = (size: number, whole: boolean): number =>
  whole || size <= tailBytes ? 0 : size - tailBytes;

/** True where the reader is at the end, give or take a line, and wants to stay there. */
export const isAtEnd = (view: { scrollTop: number; scrollHeight: number; clientHeight: number }): boolean =>
  view.scrollHeight - view.scrollTop - view.clientHeight < 24;
