import { rawPath, type RawPath } from '@gatehouse/policy';
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
  return rawPath(Buffer.from(name, 'latin1'));
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

const isQuoted = (text: string, name: string, high: boolean): boolean => {
  const label = cQuote(name, high);
  return text === (label.includes(' ') ? `${label}\t` : label);
};

/** True where the line names `path` under `prefix` in either of the two ways git quotes. */
const isLabel = (text: string, prefix: string, path: RawPath): boolean => {
  const name = `${prefix}${path}`;
  return isQuoted(text, name, true) || isQuoted(text, name, false);
};

/** Checks the `---` and `+++` lines against the header: two readers must not see two files. */
export const checkLabels = (reader: PatchReader, { path, status }: FileHeader): void => {
  const old = reader.takeHeader().slice('--- '.length);
  if (!(status === 'added' ? old === '/dev/null' : isLabel(old, 'a/', path))) {
    refuse('patch.name_mismatch', reader.line - 1);
  }
  if (!reader.startsWith('+++ ')) refuse('patch.header', reader.line, 'Expected a +++ line.');
  const now = reader.takeHeader().slice('+++ '.length);
  if (!(status === 'deleted' ? now === '/dev/null' : isLabel(now, 'b/', path))) {
    refuse('patch.name_mismatch', reader.line - 1);
  }
};

const isMode = (mode: string): boolean => /^(?:100644|100755|120000|160000)$/.test(mode);

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

const readIndex = (reader: PatchReader): IndexLine | null => {
  if (!reader.startsWith('index ')) return null;
  const text = reader.takeHeader();
  const found = /^index ([0-9a-f]+)\.\.([0-9a-f]+)(?: ([0-9]{6}))?$/.exec(text);
  if (found === null) return refuse('patch.index', reader.line - 1);
  const [, oldOid = '', newOid = '', mode] = found;
  if (oldOid.length !== newOid.length || (oldOid.length !== 40 && oldOid.length !== 64)) {
    refuse('patch.index', reader.line - 1, 'Full object ids are needed: diff with --full-index.');
  }
  return { oldOid, newOid, mode };
};

const isZero = (oid: string): boolean => /^0+$/.test(oid);

const refuseForeign = (reader: PatchReader): void => {
  const renames = ['similarity index ', 'dissimilarity index ', 'rename ', 'copy '];
  if (renames.some((label) => reader.startsWith(label))) {
    refuse('patch.rename', reader.line, 'Diff with --no-renames and without --break-rewrites.');
  }
};

/** Reads `diff --git` and the extended header lines, in the order and the combinations that git writes. */
export const parseHeader = (reader: PatchReader): FileHeader => {
  const { line } = reader;
  const names = reader.takeHeader().slice(gitHeader.length);
  refuseForeign(reader);
  const path = readNames(names, line);
  const modes = readModes(reader);
  refuseForeign(reader);
  const index = readIndex(reader);
  if (index === null) {
    if (modes?.status === 'modified') return { path, ...modes, oldOid: null, newOid: null, line };
    if (reader.ended) return refuse('patch.truncated', reader.line);
    return refuse('patch.index', reader.line, 'Expected an index line.');
  }
  const { oldOid, newOid, mode } = index;
  const at = reader.line - 1;
  if (isZero(oldOid) !== (modes?.status === 'added') || isZero(newOid) !== (modes?.status === 'deleted')) {
    refuse('patch.index', at, 'An id of zeros stands for nothing there, on that side alone.');
  }
  if (oldOid === newOid) refuse('patch.index', at, 'Both ids are the same.');
  if ((mode === undefined) !== (modes !== null)) refuse('patch.mode', at);
  if (modes !== null) return { path, ...modes, oldOid, newOid, line };
  if (mode === undefined || !isMode(mode)) return refuse('patch.mode', at);
  return { path, status: 'modified', oldMode: mode, newMode: mode, oldOid, newOid, line };
};
