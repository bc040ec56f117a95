import type { Writing } from './secret.hit.js';
import { splicedView } from './splice.view.js';

/** A text that is hidden in another one, after one step of decoding. */
export interface View {
  readonly writing: Writing;
  readonly bytes: Uint8Array;
  /** A place of the view, the place of the text that it was made of from there on, and so on; ascending. */
  readonly origins: readonly number[];
  /** Where each of these parts ends in the text; without them a place of it is as exact as its origins are. */
  readonly ends?: readonly number[];
  /** It grew when it was made: what it holds stands where its part of the text begins. */
  readonly grown?: true;
  /** The view that it was made of, where that is not the text. Places are asked for where something was found alone. */
  readonly of?: View;
}

/** The part of a view that a place of it lies in, counted from 0. */
const partOf = ({ origins }: View, offset: number): number => {
  let [low, high] = [0, origins.length / 2 - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (origins[2 * middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

const placeOf = (view: View, offset: number): number => {
  const { origins, grown } = view;
  const part = partOf(view, offset);
  const [from, text] = [origins[2 * part] ?? 0, origins[2 * part + 1] ?? 0];
  // A decoded run has fewer bytes than it was written with: this stays within it, and so within its line.
  return grown === true ? text : text + (offset - from);
};

/** The place in the text that a place of the view was made of, or one close before it. */
export const originOf = (view: View, offset: number): number => {
  const place = placeOf(view, offset);
  return view.of === undefined ? place : originOf(view.of, place);
};

/** The last place that a place of the view may have been made of, in what the view was made of. */
export const lastPlaceOf = (view: View, offset: number): number =>
  view.ends === undefined ? placeOf(view, offset) : view.ends[partOf(view, offset)]! - 1;

/** The same in the text. */
export const endOf = (view: View, offset: number): number => {
  const place = lastPlaceOf(view, offset);
  return view.of === undefined ? place : endOf(view.of, place);
};

export const minBase64 = 24;
const minHex = 32;
const separator = 10;
export const none = 255;

const valuesOf = (...alphabets: readonly string[]): Uint8Array => {
  const values = new Uint8Array(256).fill(none);
  for (const alphabet of alphabets)
    for (const [value, byte] of Buffer.from(alphabet, 'latin1').entries()) values[byte] = value;
  return values;
};
const word = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const base64 = valuesOf(`${word}+/`, `${word}-_`);
const hex = valuesOf('0123456789abcdef', '0123456789ABCDEF');

/** Decodes into one buffer: a hostile text may be made of short runs, and an object for each costs most of a scan. */
class ViewWriter {
  readonly #origins: number[] = [];
  readonly #ends: number[] = [];
  #bytes: Buffer | null = null;
  #length = 0;

  constructor(private readonly text: Buffer) {}

  /** What is left over, less than eight bits, says nothing. */
  addBase64(from: number, to: number): void {
    const { text, bytes } = this;
    let at = this.open(from, to);
    // Written out: this sees most bytes of a text that is made of runs.
    let i = from;
    for (; i + 4 <= to; i += 4) {
      const b = base64[text[i + 1]!]!;
      const c = base64[text[i + 2]!]!;
      bytes[at] = (base64[text[i]!]! << 2) | (b >> 4);
      bytes[at + 1] = (b << 4) | (c >> 2);
      bytes[at + 2] = (c << 6) | base64[text[i + 3]!]!;
      at += 3;
    }
    if (to - i >= 2) {
      const b = base64[text[i + 1]!]!;
      const c = to - i === 3 ? base64[text[i + 2]!]! : 0;
      bytes[at] = (base64[text[i]!]! << 2) | (b >> 4);
      bytes[at + 1] = (b << 4) | (c >> 2);
      at += to - i - 1;
    }
    this.close(at);
  }

  addHex(from: number, to: number): void {
    const { text, bytes } = this;
    let at = this.open(from, to);
    for (let i = from; i < to; i += 2) {
      bytes[at] = (hex[text[i]!]! << 4) | hex[text[i + 1]!]!;
      at += 1;
    }
    this.close(at);
  }

  end(writing: Writing): View[] {
    if (this.#length === 0) return [];
    const bytes = this.bytes.subarray(0, this.#length);
    return [{ writing, bytes, origins: this.#origins, ends: this.#ends }];
  }

  /** As long as the text: with its separator a decoded run is shorter than it was written. */
  private get bytes(): Buffer {
    this.#bytes ??= Buffer.allocUnsafe(this.text.length);
    return this.#bytes;
  }

  private open(origin: number, end: number): number {
    this.#origins.push(this.#length, origin);
    this.#ends.push(end);
    return this.#length;
  }

  private close(end: number): void {
    this.bytes[end] = separator;
    this.#length = end + 1;
  }
}

const isHex = (bytes: Buffer, from: number, to: number): boolean => {
  if (to - from < minHex || (to - from) % 2 !== 0) return false;
  let at = from;
  while (at < to && hex[bytes[at]!] !== none) at += 1;
  return at === to;
};

/** Calls for every run that may be base64 or hex. Linear, as no byte is looked at more than a few times. */
const eachRun = (bytes: Buffer, look: (from: number, to: number) => void): void => {
  for (let at = 0; at + minBase64 <= bytes.length;) {
    // From behind: one other character within reach shows that no run begins before it.
    let back = at + minBase64 - 1;
    while (back >= at && base64[bytes[back]!] !== none) back -= 1;
    if (back >= at) {
      at = back + 1;
      continue;
    }
    let end = at + minBase64;
    while (end < bytes.length && base64[bytes[end]!] !== none) end += 1;
    look(at, end);
    at = end;
  }
};

/** Longer ones begin where they begin; a token is short. */
const maxShifted = 1024;
/** Groups of three bytes of ASCII in a row: the shortest credential, of fourteen bytes, has as many wherever it begins. */
const minGroups = 4;

/**
 * Which of three later beginnings give ASCII anywhere, as bits: one pass for all three, that decodes none of them. The
 * first bits of the bytes are bits 5, 3 and 1 of three characters in a row.
 */
const readableShifts = (bytes: Buffer, from: number, to: number): number => {
  let [first, second, third] = [none, none, none];
  let [one, two, three, found] = [0, 0, 0, 0];
  for (let i = from; i < to; i += 4) {
    const a = base64[bytes[i]!]!;
    const b = i + 1 < to ? base64[bytes[i + 1]!]! : none;
    const c = i + 2 < to ? base64[bytes[i + 2]!]! : none;
    one = ((first & 32) | (second & 8) | (third & 2)) === 0 ? one + 1 : 0;
    two = ((second & 32) | (third & 8) | (a & 2)) === 0 ? two + 1 : 0;
    three = ((third & 32) | (a & 8) | (b & 2)) === 0 ? three + 1 : 0;
    if (one === minGroups) found |= 1;
    if (two === minGroups) found |= 2;
    if (three === minGroups) found |= 4;
    [first, second, third] = [b, c, i + 3 < to ? base64[bytes[i + 3]!]! : none];
  }
  return found;
};

export interface Runs {
  readonly decoded: readonly View[];
  /** As if they began later: what stands right before one, such as `key/`, shifts all that follows. */
  readonly shifted: readonly View[];
}

/** Runs that may be base64 (either alphabet) or hex, each decoded as a whole; `shifts`: later beginnings as well. */
export const runsOf = (bytes: Buffer, shifts: boolean): Runs => {
  const [inBase64, inHex] = [new ViewWriter(bytes), new ViewWriter(bytes)];
  const later = [1, 2, 3].map(() => new ViewWriter(bytes));
  eachRun(bytes, (from, to) => {
    inBase64.addBase64(from, to);
    if (isHex(bytes, from, to)) inHex.addHex(from, to);
    const readable = shifts && to - from <= maxShifted ? readableShifts(bytes, from, to) : 0;
    if (readable === 0) return;
    for (let shift = 1; shift <= 3; shift += 1)
      if (((readable >> (shift - 1)) & 1) === 1) later[shift - 1]!.addBase64(from + shift, to);
  });
  return {
    decoded: [...inBase64.end('base64'), ...inHex.end('hex')],
    shifted: later.flatMap((writer) => writer.end('base64')),
  };
};

/** What a text holds besides itself, one step away; linear in it, and no view is much longer than it. */
export const viewsOf = (bytes: Buffer): View[] => [...runsOf(bytes, false).decoded, ...splicedView(bytes)];
