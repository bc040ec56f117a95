import { distance } from 'fastest-levenshtein';

/** Which letters a name has, as bits: names two edits apart differ in at most four. */
const letters = (name: string): number => {
  let bits = 0;
  for (let i = 0; i < name.length; i += 1) bits |= 1 << (name.charCodeAt(i) & 31);
  return bits;
};
const ones = (bits: number): number => {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
};

/** Two neighbours changed places, which is one slip of the hand and two edits. */
const isSwap = (a: string, b: string): boolean => {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
};

/** An existing name that a new one may be meant to be taken for; one edit for short names, since many of them are near. */
export const lookAlikes = (existing: ReadonlySet<string>): ((name: string) => string | null) => {
  const byLength = new Map<number, { name: string; bits: number }[]>();
  for (const name of existing) {
    const list = byLength.get(name.length) ?? [];
    list.push({ name, bits: letters(name) });
    byLength.set(name.length, list);
  }
  return (name) => {
    if (name.length < 4 || name.length > 214) return null;
    const most = name.length < 7 ? 1 : 2;
    const bits = letters(name);
    for (let length = name.length - most; length <= name.length + most; length += 1)
      for (const other of byLength.get(length) ?? [])
        if (
          ones(other.bits ^ bits) <= 2 * most &&
          (isSwap(name, other.name) || distance(name, other.name) <= most)
        )
          return other.name;
    return null;
  };
};
