import type { Finding, Severity } from '@gatehouse/contracts';
import { textOfPath, type RawPath } from '@gatehouse/policy';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { kindOfContent, type ContentKind } from '../content.kind.js';
import type { ChangeEntry, TreeFacts } from '../facts.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { unseenIn, type Unseen, type UnseenClass } from '../unseen.text.js';

const words: Readonly<Record<UnseenClass, string>> = {
  tag: 'hidden text: tag characters, or variation selectors in a row',
  bidi: 'characters that show the text in another order than it has',
  line_separator: 'line separators that most editors do not show as such',
  control: 'control characters',
  invisible: 'characters that do not show',
  private_use: 'characters without a meaning of their own (private use)',
  soft: 'a soft hyphen, a form feed or a carriage return within the line',
  joiner: 'joiners between letters',
};

/** Drawn by a font that comes along. */
const drawn = /\.(?:css|scss|sass|less|svg)$/i;

const severityIn = (kind: ContentKind, path: RawPath, found: UnseenClass): Severity | null => {
  const strict = kind === 'code' || kind === 'agent';
  if (found === 'soft' || found === 'joiner') return strict ? 'warn' : null;
  if (found === 'private_use' && drawn.test(path)) return 'warn';
  // There is no honest use of them, and prose is read by agents too.
  if (found === 'tag' && kind === 'prose') return 'block';
  return strict ? 'block' : 'warn';
};

/** Bytes that are not UTF-8 as a whole may still hold such characters, which a reader that forgives will see. */
const asRead = ({ new: content }: ChangedFile, line: string): string =>
  content?.utf8 === false ? Buffer.from(line, 'latin1').toString('utf8') : line;

const maxLines = 20;

const findingsOf = (file: ChangedFile): Finding[] => {
  const { path } = file;
  const kind = kindOfContent(path);
  const places = new Map<UnseenClass, { lines: number[]; points: Set<string> }>();
  for (const { number, text } of file.added)
    for (const { kind: found, points } of unseenIn(asRead(file, text), number === 1)) {
      const place = places.get(found) ?? { lines: [], points: new Set() };
      places.set(found, place);
      place.lines.push(number);
      points.forEach((point) => place.points.add(point));
    }
  return [...places].flatMap(([found, { lines, points }]) => {
    const severity = severityIn(kind, path, found);
    if (severity === null) return [];
    const where = `${lines.slice(0, maxLines).join(', ')}${lines.length > maxLines ? ', …' : ''}`;
    return finding({
      code: `unicode.${found}`,
      severity,
      message: `${lines.length === 1 ? 'An added line holds' : `${lines.length} added lines hold`} ${words[found]}.`,
      next:
        severity === 'warn'
          ? 'Make sure that they are meant.'
          : 'Take them out, or write them as escapes such as \\u202e where the text needs them.',
      path,
      line: lines[0]!,
      evidence: `${[...points].slice(0, maxLines).join(' ')} in line ${where}`,
    });
  });
};

/** Segments of the path that the base has not. */
const newNames = ({ path }: ChangeEntry, { folders }: TreeFacts): string[] => {
  const parts = path.split('/');
  return parts.filter((part, depth) => {
    const names = folders.get(parts.slice(0, depth).join('/') as RawPath);
    return names?.find(({ name }) => name === part)?.inBase !== true;
  });
};

const ofName = (entry: ChangeEntry, change: TreeFacts): Finding[] => {
  if (entry.status !== 'A') return [];
  const found: Unseen[] = newNames(entry, change).flatMap((name) => unseenIn(textOfPath(name) ?? ''));
  const worst = found.filter(({ kind }) => kind !== 'joiner');
  if (worst.length === 0) return [];
  return [
    finding({
      code: 'unicode.name',
      severity: 'block',
      message: `The name holds ${words[worst[0]!.kind]}.`,
      next: 'Give it a name of characters that one can see.',
      path: entry.path,
      evidence: [...new Set(worst.flatMap(({ points }) => points))].slice(0, maxLines).join(' '),
    }),
  ];
};

export const invisibleCharacters: StaticGate = {
  id: 'invisible-characters',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Added lines and new names hold no characters that hide or disguise text',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    return decide([
      ...change.entries.flatMap((entry) => ofName(entry, change)),
      ...changedFiles(change).flatMap(findingsOf),
    ]);
  },
};
