/**
 * Characters that do not show, that turn the order of text around or that mean nothing to anybody: by Unicode's own
 * properties as the engine has them, so that a newer table needs no change here.
 */

/** TypeScript holds literals of this flag to a newer target; the engines we run on have it. */
const sets = (source: string, flags = ''): RegExp => new RegExp(source, `v${flags}`);

/** ASCII that shows, and the tab: nearly every line, told in a fifth of the time that the sets take. */
const shown = /^[\t -~]*$/;

const cheap = sets(
  String.raw`[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}[\p{Cc}--\t]]`,
);

/** Scripts whose letters are joined or kept apart by ZWJ and ZWNJ. */
const joining = [
  ...['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Adlam', 'Hanifi_Rohingya'],
  ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam'],
  ...['Sinhala', 'Tibetan', 'Myanmar', 'Khmer', 'Balinese', 'Javanese'],
]
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join('');

/** What emoji are honestly made of: whole sequences, and the signs that older writers leave out parts of. */
const emoji = sets(
  [
    String.raw`\p{RGI_Emoji}`,
    String.raw`\p{Emoji}[\uFE0E\uFE0F](?!\uFE0E|\uFE0F)`,
    String.raw`(?<=\p{Extended_Pictographic}\uFE0F?|\p{Emoji_Modifier})\u200D(?=\p{Extended_Pictographic})`,
  ].join('|'),
  'g',
);

/** An ideograph's variant, and a Mongolian letter's. One selector each: more of them carry something else. */
const variant = sets(
  String.raw`(?<=\p{Ideographic})[\u{FE00}-\u{FE02}\u{E0100}-\u{E01EF}](?!\p{Variation_Selector})|(?<=\p{Script=Mongolian})[\u180B-\u180F](?!\p{Variation_Selector})`,
  'g',
);

const joiner = sets(String.raw`(?<=[${joining}])[\u200C\u200D](?=[${joining}\s\p{P}]|$)`, 'g');

/** The worst first: a line is called after the worst thing in it. */
const classes = [
  ['tag', sets(String.raw`[\u{E0000}-\u{E007F}]|\p{Variation_Selector}{2,}`, 'g')],
  ['bidi', sets(String.raw`[\u202A-\u202E\u2066-\u2069]`, 'g')],
  ['line_separator', sets(String.raw`[\p{Zl}\p{Zp}]`, 'g')],
  ['control', sets(String.raw`[\p{Cc}--[\t\f\r]]`, 'g')],
  [
    'invisible',
    sets(String.raw`[[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Noncharacter_Code_Point}]--[\xAD]]`, 'g'),
  ],
  ['private_use', sets(String.raw`\p{Co}`, 'g')],
  ['soft', sets(String.raw`[\xAD\f\r]`, 'g')],
] as const;

export type UnseenClass = (typeof classes)[number][0] | 'joiner';

export interface Unseen {
  readonly kind: UnseenClass;
  /** `U+202E`, each once, in the order they stand. */
  readonly points: readonly string[];
}

const nameOf = (char: string): string =>
  `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

/**
 * What a line holds that nobody sees, the worst first; empty for nearly every line. `start`: the line begins its
 * file, where a byte order mark is honest. Each character is looked at a bounded number of times.
 */
export const unseenIn = (line: string, start = false): readonly Unseen[] => {
  if (shown.test(line) || !cheap.test(line)) return [];
  const rest = (start ? line.replace(/^\uFEFF/, '') : line).replace(emoji, '').replace(variant, '');
  let bare = rest.replace(joiner, '');
  const joined = bare.length < rest.length;
  const found: Unseen[] = [];
  for (const [kind, set] of classes) {
    const points = [...new Set(bare.match(set)?.flatMap((hit) => [...hit].map(nameOf)))];
    if (points.length === 0) continue;
    found.push({ kind, points });
    // Each character is said to be one thing only.
    bare = bare.replace(set, '');
  }
  if (joined) found.push({ kind: 'joiner', points: ['U+200C', 'U+200D'] });
  return found;
};
