import { tokenTable } from './byte.text.js';
import type { Writing } from './secret.hit.js';
import { splicedView } from './splice.view.js';

/** A text that is hidden in another one, after one step of decoding. */
export interface View {
  readonly writing: Writing;
  readonly bytes: Uint8Array;
  /** Pairs, ascending: from this place of the view on, it was made of the text from that place on. */
  readonly origins: readonly (readonly [view: number, text: number])[];
}

const base64 = tokenTable('+/');
const minBase64 = 24;
const hex = /^(?:[0-9a-fA-F]{2})+$/;
const minHex = 32;
const separator = 10;

class ViewWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #origins: (readonly [number, number])[] = [];
  #length = 0;

  add(part: Uint8Array, origin: number): void {
    this.#origins.push([this.#length, origin]);
    this.#parts.push(part, Uint8Array.of(separator));
    this.#length += part.length + 1;
  }

  end(writing: Writing): View[] {
    return this.#length === 0 ? [] : [{ writing, bytes: Buffer.concat(this.#parts), origins: this.#origins }];
  }
}

/** Runs that may be base64 (either alphabet) or hex, each decoded as a whole. */
const decodedRuns = (bytes: Buffer): View[] => {
  const [inBase64, inHex] = [new ViewWriter(), new ViewWriter()];
  for (let at = 0; at + minBase64 <= bytes.length;) {
    // From behind: one other character within reach shows that no run begins before it.
    let back = at + minBase64 - 1;
    while (back >= at && base64[bytes[back]!] === 1) back -= 1;
    if (back >= at) {
      at = back + 1;
      continue;
    }
    let end = at + minBase64;
    while (end < bytes.length && base64[bytes[end]!] === 1) end += 1;
    const text = bytes.toString('latin1', at, end);
    inBase64.add(Buffer.from(text, 'base64'), at);
    if (end - at >= minHex && hex.test(text)) inHex.add(Buffer.from(text, 'hex'), at);
    at = end;
  }
  return [...inBase64.end('base64'), ...inHex.end('hex')];
};

/** What a text holds besides itself; linear in it, and no view is much longer than it. */
export const viewsOf = (bytes: Buffer): View[] => [...decodedRuns(bytes), ...splicedView(bytes)];
