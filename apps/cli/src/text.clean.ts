// Built from strings: the characters meant here must not stand in a source file.
const escape = '\\u001b';
const bell = '\\u0007';
const stringEnd = `(?:${bell}|${escape}\\\\|\\u009c)`;
const sequences = new RegExp(
  [
    // OSC, DCS, PM, APC, SOS: a string up to its terminator, on one line.
    `(?:${escape}[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u001b\\u0007\\u009c\\n]*${stringEnd}?`,
    // CSI, with parameters.
    `(?:${escape}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`,
    // Two-character and charset sequences.
    `${escape}[ -/]*[0-~]?`,
  ].join('|'),
  'g',
);
/** Controls, and marks that reorder or hide text; newline and tab stay. */
const controls = new RegExp(
  '(?![\\n\\t])\\p{Cc}|[\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]|[\\u{e0000}-\\u{e007f}]',
  'gu',
);

const loneSurrogates = /[\ud800-\udfff]/gu;

/** Text of agents and strangers, made harmless for a terminal: no escape, control or reordering is left. */
export const cleanText = (text: string): string =>
  text.replace(loneSurrogates, '\ufffd').replace(sequences, '').replace(/\r\n?/g, '\n').replace(controls, '');

/** The same in one line, for a table cell. */
export const cleanCell = (text: string): string => cleanText(text).replace(/\s+/g, ' ').trim();

/** JSON that is as safe to look at: what JSON.stringify leaves bare is escaped, so that no byte is lost. */
export const cleanJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(
    new RegExp('[\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]', 'g'),
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
