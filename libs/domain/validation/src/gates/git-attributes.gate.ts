import type { Finding } from '@gatehouse/contracts';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { readAttributes, type AttributeLine, type AttributeSetting } from '../git.attributes.js';
import { takenPath } from '../names.js';

const hides = 'so that reviewers do not see what changes there';
const other = 'so that a checkout holds other bytes than were judged';

/** What a setting does to somebody else; null where it does no harm. */
const harmOf = ({ name, value }: AttributeSetting): string | null => {
  const set = value !== false && value !== null;
  switch (name) {
    case 'diff':
      return value === false ? `leaves these files out of diffs, ${hides}` : null;
    case 'binary':
      return set ? `takes these files for binary, ${hides}` : null;
    case 'linguist-generated':
    case 'linguist-vendored':
    case 'gitlab-generated':
      return set && value !== 'false' ? `folds these files away on the forge, ${hides}` : null;
    case 'filter':
      return set ? `runs these files through a program, ${other}` : null;
    case 'working-tree-encoding':
      return set ? `writes these files in another encoding, ${other}` : null;
    case 'eol':
    case 'crlf':
      return set ? `changes the line ends of these files, ${other}` : null;
    case 'ident':
      return set ? `writes ids into these files, ${other}` : null;
    case 'merge':
      return value === null ? null : 'changes how these files are merged, so that a side may get lost';
    case 'export-ignore':
    case 'export-subst':
      return set ? 'makes archives of the repository differ from it' : null;
    default:
      return null;
  }
};

const harmless = new Set([
  ...['text', 'diff', 'binary', 'filter', 'working-tree-encoding', 'eol', 'crlf', 'ident', 'merge'],
  ...['export-ignore', 'export-subst', 'whitespace', 'conflict-marker-size', 'delta', 'encoding', 'lockable'],
  ...['linguist-generated', 'linguist-vendored', 'linguist-documentation', 'linguist-detectable'],
  ...['linguist-language', 'gitlab-generated', 'gitlab-language', 'text-auto'],
]);

const said = ({ name, value }: AttributeSetting): string =>
  value === true ? name : value === false ? `-${name}` : value === null ? `!${name}` : `${name}=${value}`;

type Macros = ReadonlyMap<string, readonly AttributeSetting[]>;

const macrosOf = (lines: readonly AttributeLine[]): Macros =>
  new Map(lines.filter(({ macro }) => macro).map(({ pattern, settings }) => [pattern, settings]));

/** A macro stands for its settings, in any depth; each is opened once, so that a ring of them ends. */
const expand = (settings: readonly AttributeSetting[], macros: Macros): AttributeSetting[] => {
  const opened = new Set<string>();
  const all: AttributeSetting[] = [];
  const todo = [...settings].reverse();
  for (let setting = todo.pop(); setting !== undefined; setting = todo.pop()) {
    all.push(setting);
    const inner = setting.value === true ? macros.get(setting.name) : undefined;
    if (inner === undefined || opened.has(setting.name)) continue;
    opened.add(setting.name);
    todo.push(...[...inner].reverse());
  }
  return all;
};

const keyOf = ({ macro, pattern }: AttributeLine, setting: AttributeSetting): string =>
  JSON.stringify([macro, pattern, setting.name, setting.value]);

const severity = 'require_approval';
/** Far more than are shown; all weigh the same. */
const maxOfFile = 1000;
const next = 'Leave the attribute out, or have a person look at why these files need it.';

const findingsOf = ({ path, old, new: made }: ChangedFile): Finding[] => {
  if (made === null) return [];
  if (made.text === null) {
    const message = 'This attribute file cannot be read as text; git may read it all the same.';
    return [finding({ code: 'attributes.unreadable', severity, message, next, path })];
  }
  const { lines } = readAttributes(made.text);
  const macros = macrosOf(lines);
  const before = readAttributes(old?.text ?? '').lines;
  const oldMacros = macrosOf(before);
  const known = new Set(
    before.flatMap((line) => expand(line.settings, oldMacros).map((setting) => keyOf(line, setting))),
  );
  const found = lines.flatMap((line) =>
    expand(line.settings, macros).flatMap((setting) => {
      const key = keyOf(line, setting);
      if (known.has(key)) return [];
      // The same again says nothing more.
      known.add(key);
      const harm = harmOf(setting);
      const strange = !harmless.has(setting.name) && !macros.has(setting.name) && setting.value === true;
      if (harm === null && !strange) return [];
      const what = harm ?? 'is no attribute of git: it may be a macro of another file';
      const message = `The attribute ${said(setting).slice(0, 200)} ${what}.`;
      const code = harm === null ? 'attributes.unknown' : `attributes.${setting.name.replaceAll('-', '_')}`;
      return [finding({ code, severity, message, next, path, line: line.line, evidence: line.pattern })];
    }),
  );
  return found.slice(0, maxOfFile);
};

export const gitAttributes: StaticGate = {
  id: 'git-attributes',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary:
    'No attribute hides a file from review, rewrites it on checkout or changes its merge without a yes',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const files = changedFiles(change).filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(takenPath(path)));
    return decide(files.flatMap(findingsOf));
  },
};
