/**
 * Characters that change what a reader sees without being seen: direction overrides, joiners, spaces of no
 * width, tags, and control characters other than tab and line ends. Trojan-source tricks are made of these.
 */
const hidden =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** The text with every hidden character written out, as in `⟨U+202E⟩`. */
export const reveal = (text: string): string =>
  text.replace(hidden, (char) => `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`);

export const countHidden = (text: string): number => text.match(hidden)?.length ?? 0;
