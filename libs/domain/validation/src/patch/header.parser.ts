import type { RawPath } from '@gatehouse/policy';
import { cQuote, readQuoted } from '../quote.js';
import type { PatchFile } from './parsed.js';
import type { PatchReader } from './patch.reader.js';
import { refuse } from './refused.js';

export const gitHeader = 'diff --git ';
export const noMode = '000000';

export type FileHeader = Pick<
  PatchFile,
  'path' | 'status' | 'oldMode' | 'newMode' | 'oldOid' | 'newOid' | 'line'
>;

const maxPathBytes = 4096;

/** A segment that is empty, `.` or `..`. */
const oddSegment = /(?:^|\/)\.{0,2}(?:\/|$)/;

const checkPath = (name: string, line: number): RawPath => {
  if (name.length > maxPathBytes) refuse('patch.name', line, `It is longer than ${maxPathBytes} bytes.`);
  if (name.includes('\0')) refuse('patch.name', line, 'It holds a NUL.');
  if (oddSegment.test(name)) {
    refuse('patch.name', line, 'It is absolute or has an empty, . or .. segment.');
  }
  // The reader's text is latin1 already.
  return name as RawPath;
};

const stripPrefixes = (old: string, now: string, line: number): RawPath => {
  if (!old.startsWith('a/') || !now.startsWith('b/')) {
    refuse(
      'patch.name',
      line,
      'The prefixes a/ and b/ are needed: diff without --no-prefix or diff.mnemonicPrefix.',
    );
  }
  if (old.slice(2) !== now.slice(2)) refuse('patch.name_mismatch', line, 'Diff with --no-renames.');
  return checkPath(old.slice(2), line);
};

/** Both names are the same, so an unquoted pair splits in the middle, spaces or not. */
const readNames = (text: string, line: number): RawPath => {
  if (text.startsWith('"')) {
    const old = readQuoted(text, 0);
    if (old === null || text[old.end] !== ' ') return refuse('patch.name', line);
    const now = readQuoted(text, old.end + 1);
    if (now === null || now.end !== text.length) return refuse('patch.name', line);
    return stripPrefixes(old.name, now.name, line);
  }
  const middle = (text.length - 1) / 2;
  if (text[middle] !== ' ') return refuse('patch.name_mismatch', line, 'Diff with --no-renames.');
  const path = stripPrefixes(text.slice(0, middle), text.slice(middle + 1), line);
  return cQuote(path, false) === path ? path : refuse('patch.name', line, 'It needs quoting.');
};

/** What stands in a name as it is and gives no label a tab: printable, neither space nor quote nor backslash. */
const isPlain = (byte: number): boolean => byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;

/**
 * Reads `diff --git a/path b/path` with a path of plain bytes only, as most are, straight from the bytes; the path, or
 * null where the line has to be looked at more closely.
 */
const takePlainNames = (reader: PatchReader): string | null => {
  const { bytes } = reader;
  const end = reader.lineEnd();
  const from = reader.at + gitHeader.length + 'a/'.length;
  const half = (end - from - ' b/'.length) / 2;
  if (!(half > 0 && half <= maxPathBytes && Number.isInteger(half))) return null;
  if (!reader.startsWith('a/', gitHeader.length)) return null;
  if (!reader.startsWith(' b/', from + half - reader.at)) return null;
  const behind = half + ' b/'.length;
  for (let at = from; at < from + half; at += 1) {
    const byte = bytes[at]!;
    if (!isPlain(byte) || bytes[at + behind] !== byte) return null;
  }
  reader.at = end + 1;
  reader.line += 1;
  return reader.slice(from, from + half);
};

const isQuoted = (text: string, name: string, high: boolean): boolean => {
  const label = cQuote(name, high);
  return text === (label.includes(' ') ? `${label}\t` : label);
};

/** True where the line names `path` under `prefix` in either of the two ways git quotes. */
const isLabel = (text: string, prefix: string, path: RawPath): boolean => {
  const name = `${prefix}${path}`;
  return isQuoted(text, name, true) || isQuoted(text, name, false);
};

/** Goes over the line `--- a/path` or `+++ b/path` where it stands there to the letter and all letters are plain. */
const takePlainLabel = (reader: PatchReader, start: string, path: RawPath): boolean => {
  const { bytes } = reader;
  if (!reader.startsWith(start)) return false;
  const from = reader.at + start.length;
  for (let i = 0; i < path.length; i += 1) {
    const byte = path.charCodeAt(i);
    if (bytes[from + i] !== byte || !isPlain(byte)) return false;
  }
  const end = from + path.length;
  if (bytes[end] !== 0x0a) return false;
  reader.at = end + 1;
  reader.line += 1;
  return true;
};

const nowhere = '/dev/null';

const checkLabel = (reader: PatchReader, sign: string, prefix: string, path: RawPath | null): void => {
  if (path !== null && takePlainLabel(reader, `${sign} ${prefix}`, path)) return;
  const label = reader.takeHeader().slice(sign.length + 1);
  if (!(path === null ? label === nowhere : isLabel(label, prefix, path))) {
    refuse('patch.name_mismatch', reader.line - 1);
  }
};

/** Checks the `---` and `+++` lines against the header: two readers must not see two files. */
export const checkLabels = (reader: PatchReader, { path, status }: FileHeader): void => {
  checkLabel(reader, '---', 'a/', status === 'added' ? null : path);
  if (!reader.startsWith('+++ ')) refuse('patch.header', reader.line, 'Expected a +++ line.');
  checkLabel(reader, '+++', 'b/', status === 'deleted' ? null : path);
};

const modes = ['100644', '100755', '120000', '160000'];
const isMode = (mode: string): boolean => modes.includes(mode);

const takeMode = (reader: PatchReader, label: string): string => {
  const mode = reader.takeHeader().slice(label.length);
  return isMode(mode) ? mode : refuse('patch.mode', reader.line - 1, mode);
};

const readModes = (reader: PatchReader): Pick<FileHeader, 'status' | 'oldMode' | 'newMode'> | null => {
  if (reader.startsWith('new file mode ')) {
    return { status: 'added', oldMode: noMode, newMode: takeMode(reader, 'new file mode ') };
  }
  if (reader.startsWith('deleted file mode ')) {
    return { status: 'deleted', oldMode: takeMode(reader, 'deleted file mode '), newMode: noMode };
  }
  if (!reader.startsWith('old mode ')) return null;
  const oldMode = takeMode(reader, 'old mode ');
  if (!reader.startsWith('new mode ')) refuse('patch.mode', reader.line, 'Expected the new mode.');
  const newMode = takeMode(reader, 'new mode ');
  // Git writes a change of type as a deletion and an addition.
  if (oldMode === newMode || ![oldMode, newMode].every((mode) => mode.startsWith('100'))) {
    refuse('patch.mode', reader.line - 1);
  }
  return { status: 'modified', oldMode, newMode };
};

interface IndexLine {
  readonly oldOid: string;
  readonly newOid: string;
  readonly mode: string | undefined;
}

/** What may follow the ids. */
const indexMode = /^(?: [0-9]{6})?$/;

/** Digits of an id from `from` on, as git writes them. */
const oidLength = (bytes: Buffer, from: number): number => {
  let at = from;
  for (; ; at += 1) {
    const byte = bytes[at]!;
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return at - from;
  }
};

const readIndex = (reader: PatchReader): IndexLine | null => {
  if (!reader.startsWith('index ')) return null;
  const { bytes, at } = reader;
  const text = reader.takeHeader();
  const oldLength = oidLength(bytes, at + 6);
  const second = 6 + oldLength + 2;
  const newLength = oidLength(bytes, at + second);
  const rest = text.slice(second + newLength);
  if (oldLength === 0 || newLength === 0 || !text.startsWith('..', second - 2) || !indexMode.test(rest))
    return refuse('patch.index', reader.line - 1);
  if (oldLength !== newLength || (oldLength !== 40 && oldLength !== 64)) {
    refuse('patch.index', reader.line - 1, 'Full object ids are needed: diff with --full-index.');
  }
  const mode = rest === '' ? undefined : rest.slice(1);
  return { oldOid: text.slice(6, second - 2), newOid: text.slice(second, second + newLength), mode };
};

const isZero = (oid: string): boolean => /^0+$/.test(oid);

const renames = ['similarity index ', 'dissimilarity index ', 'rename ', 'copy '];

const refuseForeign = (reader: PatchReader): void => {
  if (renames.some((label) => reader.startsWith(label))) {
    refuse('patch.rename', reader.line, 'Diff with --no-renames and without --break-rewrites.');
  }
};

const takeNames = (reader: PatchReader): RawPath => {
  const { line } = reader;
  const plain = takePlainNames(reader);
  const names = plain === null ? reader.takeHeader().slice(gitHeader.length) : '';
  // Said before anything else is: the names of a rename differ.
  refuseForeign(reader);
  return plain === null ? readNames(names, line) : checkPath(plain, line);
};

/** Reads `diff --git` and the extended header lines, in the order and the combinations that git writes. */
export const parseHeader = (reader: PatchReader): FileHeader => {
  const { line } = reader;
  const path = takeNames(reader);
  const sides = readModes(reader);
  refuseForeign(reader);
  const index = readIndex(reader);
  if (index === null) {
    if (sides?.status === 'modified') return { path, ...sides, oldOid: null, newOid: null, line };
    if (reader.ended) return refuse('patch.truncated', reader.line);
    return refuse('patch.index', reader.line, 'Expected an index line.');
  }
  const { oldOid, newOid, mode } = index;
  const at = reader.line - 1;
  if (isZero(oldOid) !== (sides?.status === 'added') || isZero(newOid) !== (sides?.status === 'deleted')) {
    refuse('patch.index', at, 'An id of zeros stands for nothing there, on that side alone.');
  }
  if (oldOid === newOid) refuse('patch.index', at, 'Both ids are the same.');
  if ((mode === undefined) !== (sides !== null)) refuse('patch.mode', at);
  if (sides !== null) return { path, ...sides, oldOid, newOid, line };
  if (mode === undefined || !isMode(mode)) return refuse('patch.mode', at);
  return { path, status: 'modified', oldMode: mode, newMode: mode, oldOid, newOid, line };
};
