/**
 * Characters that change what a reader sees without being seen: direction overrides, joiners, spaces of no
 * width, tags, and control characters other than tab and line ends. Trojan-source tricks are made of these.
 */
const hidden =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Cyrillic and Greek letters that are drawn like Latin ones. */
const imitating = new RegExp(
  '[' +
    '\\u0430\\u0435\\u043e\\u0440\\u0441\\u0443\\u0445\\u0456\\u0458\\u0455\\u0501\\u04bb\\u0475\\u0410' +
    '\\u0412\\u0415\\u041a\\u041c\\u041d\\u041e\\u0420\\u0421\\u0422\\u0425\\u0423\\u0406\\u0408\\u0405' +
    '\\u0391\\u0392\\u0395\\u0396\\u0397\\u0399\\u039a\\u039c\\u039d\\u039f\\u03a1\\u03a4\\u03a5\\u03a7' +
    '\\u03bf\\u03b1\\u03bd\\u03c1\\u03c5' +
    ']',
  'gu',
);
const words = /[\p{L}\p{M}\p{N}_$]+/gu;
const latin = /\p{Script=Latin}/u;

const written = (char: string): string =>
  `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;

/**
 * The text with every hidden character written out, as in `⟨U+202E⟩`, and every letter that imitates a Latin one in a
 * word of Latin ones.
 */
export const reveal = (text: string): string =>
  text
    .replace(hidden, written)
    .replace(words, (word) => (latin.test(word) ? word.replace(imitating, written) : word));

export const countHidden = (text: string): number => text.match(hidden)?.length ?? 0;
