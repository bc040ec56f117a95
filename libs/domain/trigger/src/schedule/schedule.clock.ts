/** Farther from UTC than any clock is set, in milliseconds. */
const farMs = 16 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (timezone: string): Intl.DateTimeFormat => {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timezone, format);
  return format;
};

/** What the clock of a time zone is ahead of UTC at an instant, in milliseconds. */
const aheadMs = (timezone: string, instant: number): number => {
  const parts = formatOf(timezone).formatToParts(instant);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return shown - Math.floor(instant / 1000) * 1000;
};

/** What the clock shows at an instant, as the milliseconds at which UTC shows the same. */
export const shownAt = (timezone: string, instant: number): number => instant + aheadMs(timezone, instant);

/**
 * The first instant at which the clock shows this time or a later one. So a time that the clock jumps over is the
 * moment of the jump, and of a time that it shows twice only the first counts. Never falls as `shown` rises.
 */
export const instantOf = (timezone: string, shown: number): number => {
  let before = shown - farMs;
  let after = shown + farMs;
  const [early, late] = [aheadMs(timezone, before), aheadMs(timezone, after)];
  if (early === late) return shown - early;
  // Somewhere between the two the clock is set: to the second, since that is what it shows.
  before = Math.floor(before / 1000);
  after = Math.ceil(after / 1000);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (aheadMs(timezone, middle * 1000) === early) before = middle;
    else after = middle;
  }
  const jump = after * 1000;
  return shown - early < jump ? shown - early : Math.max(shown - late, jump);
};
