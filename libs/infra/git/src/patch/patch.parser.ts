import { noObject } from '../git.environment.js';
import { readBinary, readHunks, type Body } from './patch.body.js';
import { PatchLines, PatchRefusal, type ParsedPatch, type PatchedFile } from './patch.format.js';
import { pathFault, readField, readPair } from './patch.name.js';

const modes = ['100644', '100755', '120000', '160000'];
const extended =
  /^(old mode|new mode|deleted file mode|new file mode|rename from|rename to|copy from|copy to|similarity index|dissimilarity index|index) (.+)$/;

/**
 * Reads a patch strictly: `git diff --binary --full-index`, bare or as one mail of `git format-patch`. Whatever two
 * programs could read in two ways is refused; what is accepted is then held against the base and the blobs it names.
 */
export const parsePatch = (bytes: Buffer): ParsedPatch => {
  const lines = new PatchLines(bytes);
  try {
    if (bytes.length === 0 || bytes.every((byte) => byte === 10 || byte === 32))
      lines.refuse('The patch is empty.', 'patch.empty');
    readPreamble(lines);
    const from = lines.at;
    lines.origin = from;
    const files: PatchedFile[] = [];
    while (lines.peek()?.startsWith('diff --git ') === true) files.push(readFile(lines));
    const to = lines.at;
    readSignature(lines);
    refuseDuplicates(lines, files);
    return { ok: true, files, diff: bytes.subarray(from, Math.min(to, bytes.length)) };
  } catch (error) {
    if (error instanceof PatchRefusal)
      return { ok: false, reason: error.reason, line: error.line, detail: error.detail };
    throw error;
  }
};

/** Only a mail of `git format-patch` may come before the first file, and nothing in it may look like a diff. */
const readPreamble = (lines: PatchLines): void => {
  const first = lines.peek() ?? '';
  if (first.startsWith('diff --git ')) return;
  if (!/^From [0-9a-f]{40} /.test(first)) {
    lines.refuse(
      'The patch must begin with "diff --git" or be one mail made by "git format-patch --binary --full-index".',
      'patch.not_a_diff',
    );
  }
  lines.skip();
  for (let line = lines.peek(); line?.startsWith('diff --git ') !== true; line = lines.peek()) {
    if (line === undefined) lines.refuse('The mail holds no diff.', 'patch.empty');
    if (/^(diff |--- \S|\+\+\+ |@@ |Index: |GIT binary|From [0-9a-f]{40} )/.test(line))
      lines.refuse('The mail holds something that looks like a second diff.');
    lines.skip();
  }
};

const readSignature = (lines: PatchLines): void => {
  if (lines.first() < 0) return;
  if (lines.peek() !== '-- ') lines.refuse('After a file there must come another file or the end.');
  lines.skip();
  if (/^[\w.() -]{0,80}$/.test(lines.peek() ?? '')) lines.skip();
  while (lines.peek() === '') lines.skip();
  if (lines.first() >= 0)
    lines.refuse('Something follows the signature of the mail. Hand in one patch, not a series.');
};

const readFile = (lines: PatchLines): PatchedFile => {
  const start = lines.number;
  const pair =
    readPair(headerText(lines).slice('diff --git '.length)) ??
    lines.refuse('The names in the "diff --git" line cannot be read.');
  lines.skip();
  const head = new Map<string, string>();
  for (
    let match = extended.exec(headerText(lines));
    match !== null;
    match = extended.exec(headerText(lines))
  ) {
    const [, key = '', value = ''] = match;
    if (head.has(key)) lines.refuse(`"${key}" is said twice.`);
    head.set(key, value);
    lines.skip();
  }
  const change = changeOf(lines, head);
  const { before, after } = pair;
  if (change === 'rename' || change === 'copy') {
    if (
      readField(head.get(`${change} from`) ?? '') !== before ||
      readField(head.get(`${change} to`) ?? '') !== after ||
      before === after
    )
      lines.refuse(`The names of the ${change} contradict the "diff --git" line.`);
  } else if (before !== after)
    lines.refuse('The two names of the "diff --git" line differ, but this is no rename.');
  for (const path of [before, after]) {
    const fault = pathFault(path);
    if (fault !== undefined)
      lines.refuse(
        `The path ${JSON.stringify(Buffer.from(path, 'latin1').toString('utf8'))} is refused: ${fault}.`,
        'patch.illegal_path',
      );
  }
  const index = readIndex(lines, head.get('index'));
  const mode = modesOf(lines, head, index?.mode);
  const { kind, body, bodyAt } = readBody(lines, change, before, after);
  if ((kind !== 'none') !== (index !== undefined) && !(kind === 'none' && isEmptyFile(change, index))) {
    lines.refuse(`The file at line ${start} must have content and an "index" line, or neither.`);
  }
  if (kind === 'none' && index === undefined && change === 'modify' && mode.oldMode === mode.newMode)
    lines.refuse(`The file at line ${start} changes nothing.`);
  if (change === 'add' && index?.oldOid !== noObject)
    lines.refuse(`The file at line ${start} is new, so its old id must be zeros.`);
  if (change === 'delete' && index?.newOid !== noObject)
    lines.refuse(`The file at line ${start} is deleted, so its new id must be zeros.`);
  if (change !== 'add' && index?.oldOid === noObject)
    lines.refuse(`The file at line ${start} is not new, so its old id cannot be zeros.`);
  if (change !== 'delete' && index?.newOid === noObject)
    lines.refuse(`The file at line ${start} is not deleted, so its new id cannot be zeros.`);
  return {
    change,
    oldPath: change === 'add' ? undefined : Buffer.from(before, 'latin1'),
    newPath: change === 'delete' ? undefined : Buffer.from(after, 'latin1'),
    ...mode,
    oldOid: index?.oldOid,
    newOid: index?.newOid,
    body: kind,
    bodyAt: bodyAt - lines.origin,
    addedLines: body.added,
    removedLines: body.removed,
    declaredBytes: body.declaredBytes,
    inflatedBytes: body.inflatedBytes,
  };
};

/** The current line, which belongs to a header: no control character has a place there. */
const headerText = (lines: PatchLines): string => {
  const text = lines.peek() ?? '';
  if (text.endsWith('\r') && /^(diff --git |index |old mode |new |deleted )/.test(text))
    lines.refuse(
      'The patch has CRLF line endings in its headers. Send it as it was made, without conversion.',
    );
  // eslint-disable-next-line no-control-regex
  if (text.startsWith('diff --git ') && /[\u0000-\u001f\u007f]/.test(text))
    lines.refuse('A header holds control characters.');
  return text;
};

const changeOf = (lines: PatchLines, head: ReadonlyMap<string, string>): PatchedFile['change'] => {
  const said = (
    [
      ['add', head.has('new file mode')],
      ['delete', head.has('deleted file mode')],
      ['rename', head.has('rename from') || head.has('rename to')],
      ['copy', head.has('copy from') || head.has('copy to')],
    ] as const
  ).filter(([, is]) => is);
  if (said.length > 1) lines.refuse('The header says two things about one file.');
  const change = said[0]?.[0] ?? 'modify';
  if (head.has('old mode') !== head.has('new mode')) lines.refuse('The header gives one mode of two.');
  if (head.has('old mode') && (change === 'add' || change === 'delete'))
    lines.refuse('The header says two things about one file.');
  return change;
};

const readIndex = (lines: PatchLines, text: string | undefined) => {
  if (text === undefined) return undefined;
  const [, oldOid, newOid, mode] = /^([0-9a-f]+)\.\.([0-9a-f]+)(?: (\d{6}))?$/.exec(text) ?? [];
  if (oldOid === undefined || newOid === undefined) lines.refuse('The "index" line cannot be read.');
  if (oldOid.length !== 40 || newOid.length !== 40) {
    lines.refuse(
      'The "index" line has shortened ids. Make the patch with "git diff --binary --full-index".',
      'patch.abbreviated',
    );
  }
  if (oldOid === newOid) lines.refuse('The "index" line names the same content twice.');
  return { oldOid, newOid, mode };
};

const modesOf = (lines: PatchLines, head: ReadonlyMap<string, string>, indexMode: string | undefined) => {
  const oldMode = head.get('old mode') ?? head.get('deleted file mode') ?? indexMode;
  const newMode = head.get('new mode') ?? head.get('new file mode') ?? indexMode;
  if (indexMode !== undefined && head.has('old mode')) lines.refuse('The header gives the mode twice.');
  for (const mode of [oldMode, newMode, indexMode]) {
    if (mode !== undefined && !modes.includes(mode))
      lines.refuse(`The mode ${JSON.stringify(mode)} is none that git stores.`);
  }
  if (head.has('old mode')) {
    if (oldMode === newMode) lines.refuse('The header changes a mode to itself.');
    // A file that becomes a link is a deletion and an addition; anything else would merge two kinds of content.
    if (oldMode?.slice(0, 3) !== newMode?.slice(0, 3))
      lines.refuse('The header turns one kind of file into another; delete and add it instead.');
  }
  return {
    oldMode: head.has('new file mode') ? undefined : oldMode,
    newMode: head.has('deleted file mode') ? undefined : newMode,
  };
};

const nothing: Body = { added: 0, removed: 0, declaredBytes: 0, inflatedBytes: 0 };

const readBody = (
  lines: PatchLines,
  change: PatchedFile['change'],
  before: string,
  after: string,
): { kind: PatchedFile['body']; body: Body; bodyAt: number } => {
  const next = lines.peek() ?? '';
  if (next === 'GIT binary patch') return { kind: 'binary', bodyAt: lines.at, body: readBinary(lines) };
  if (next.startsWith('Binary files '))
    lines.refuse(
      'The patch names a binary file without its content. Make it with "git diff --binary --full-index".',
    );
  if (!next.startsWith('--- ')) return { kind: 'none', bodyAt: lines.at, body: nothing };
  const side = (mark: string, path: string | undefined) => {
    const text = lines.peek() ?? '';
    // Git ends a name that holds a blank with a tab, so that it cannot be confused with a date.
    const name = readField(text.slice(4).replace(/\t$/, ''));
    if (!text.startsWith(mark) || name !== (path ?? '/dev/null'))
      lines.refuse(`The "${mark.trim()}" line contradicts the "diff --git" line.`);
    lines.skip();
  };
  side('--- ', change === 'add' ? undefined : `a/${before}`);
  side('+++ ', change === 'delete' ? undefined : `b/${after}`);
  if (lines.first() !== 0x40) lines.refuse('A file with names must have at least one hunk.');
  return { kind: 'text', bodyAt: lines.at, body: readHunks(lines) };
};

const emptyBlob = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
const isEmptyFile = (
  change: PatchedFile['change'],
  index: { oldOid: string; newOid: string } | undefined,
): boolean =>
  (change === 'add' && index?.newOid === emptyBlob) || (change === 'delete' && index?.oldOid === emptyBlob);

/** A path may come twice only where its kind changes: first deleted, then added. */
const refuseDuplicates = (lines: PatchLines, files: readonly PatchedFile[]): void => {
  const seen = new Map<string, PatchedFile>();
  const note = (file: PatchedFile, path: Buffer) => {
    const key = path.toString('latin1');
    const earlier = seen.get(key);
    const replaced =
      earlier?.change === 'delete' &&
      file.change === 'add' &&
      earlier.oldMode?.slice(0, 3) !== file.newMode?.slice(0, 3);
    if (earlier !== undefined && !replaced)
      lines.refuse(
        `The path ${JSON.stringify(path.toString('utf8'))} is changed twice.`,
        'patch.duplicate_path',
      );
    seen.set(key, file);
  };
  for (const file of files) {
    if (file.newPath !== undefined) note(file, file.newPath);
    if (file.oldPath !== undefined && (file.change === 'delete' || file.change === 'rename'))
      note(file, file.oldPath);
  }
};
