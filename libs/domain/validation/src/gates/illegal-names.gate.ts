import type { Finding, Severity } from '@gatehouse/contracts';
import { foldPath, textOfPath, type RawPath } from '@gatehouse/policy';
import type { FolderName, TreeFacts } from '../facts.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import {
  hasBidi,
  hasControl,
  isDevice,
  looksLikeDotGit,
  looksLikeGitFile,
  maxNameBytes,
  maxPathBytes,
} from '../names.js';

type Rule = readonly [
  code: string,
  severity: Severity,
  message: string,
  applies: (segment: string) => boolean,
];

/** Looked for in every path that is added or changed, however old the name is. */
const always: readonly Rule[] = [
  ['name.dots', 'block', 'A name is empty, . or ...', (name) => name === '' || name === '.' || name === '..'],
  ['name.dot_git', 'block', 'Git or another file system takes this name for .git.', looksLikeDotGit],
  ['name.git_file', 'block', 'Another file system takes this for a file that steers git.', looksLikeGitFile],
];

/** Looked for in new names only: a repository that has such names already must be able to go on. */
const whenNew: readonly Rule[] = [
  ['name.control', 'block', 'The name holds control characters.', hasControl],
  ['name.bidi', 'block', 'The name holds characters that turn the order of text around.', hasBidi],
  [
    'name.backslash',
    'block',
    'The name holds a backslash, which is a separator on Windows.',
    (name) => name.includes('\\'),
  ],
  [
    'name.colon',
    'block',
    'The name holds a colon, which names a stream on Windows.',
    (name) => name.includes(':'),
  ],
  [
    'name.trailing',
    'block',
    'The name ends in a dot or space, which Windows leaves off.',
    (name) => /[. ]$/.test(name),
  ],
  ['name.device', 'block', 'The name is a device on Windows.', isDevice],
  [
    'name.too_long',
    'block',
    `The name is longer than ${maxNameBytes} bytes.`,
    (name) => name.length > maxNameBytes,
  ],
  ['name.not_utf8', 'warn', 'The name is not UTF-8.', (name) => textOfPath(name) === null],
  [
    'name.not_portable',
    'warn',
    'Windows cannot write a name with one of < > " | ? *.',
    (name) => /[<>"|?*]/.test(name),
  ],
  [
    'name.leading_dash',
    'warn',
    'The name begins with a dash, as options do.',
    (name) => name.startsWith('-'),
  ],
];

const rename = 'Give it another name.';

/** Names of one folder by their folded form. */
const foldFolder = (names: readonly FolderName[]): Map<string, string[]> => {
  const folded = new Map<string, string[]>();
  for (const { name } of names) {
    const key = foldPath(name);
    folded.set(key, [...(folded.get(key) ?? []), name]);
  }
  return folded;
};

const nfc = (name: string): string => (textOfPath(name) ?? name).normalize('NFC');

const twinOf = (segment: string, others: readonly string[]): Omit<Finding, 'path'> | null => {
  const twin = others.find((name) => name !== segment);
  if (twin === undefined) return null;
  const unicode = others.some((name) => name !== segment && nfc(name) === nfc(segment));
  return finding({
    code: unicode ? 'name.unicode_twin' : 'name.case_twin',
    severity: 'block',
    message: `Its folder has another name that ${unicode ? 'looks the same' : 'differs only in case or invisible characters'}: on some machines both are one file.`,
    next: rename,
  });
};

/** Walks the segments of one path; `seen` keeps a bad folder from being reported once for each file in it. */
const checkPath = (change: TreeFacts, path: RawPath, added: boolean, context: Context): Finding[] | null => {
  const findings: Finding[] = [];
  const report = (found: Omit<Finding, 'path'>, at: RawPath): void => {
    const key = `${found.code}\0${at}`;
    if (context.seen.has(key)) return;
    context.seen.add(key);
    findings.push(finding({ ...found, path: at }));
  };
  let start = 0;
  while (start <= path.length) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    const segment = path.slice(start, end);
    const at = path.slice(0, end) as RawPath;
    const parent = path.slice(0, Math.max(start - 1, 0)) as RawPath;
    for (const [code, severity, message, applies] of always) {
      if (applies(segment)) report({ code, severity, message, next: rename }, at);
    }
    if (added) {
      const names = change.folders.get(parent);
      if (names === undefined) return null;
      const isNew = !context.inBase(parent, names).has(segment);
      for (const [code, severity, message, applies] of isNew ? whenNew : []) {
        if (applies(segment)) report({ code, severity, message, next: rename }, at);
      }
      const twin = isNew ? twinOf(segment, context.folded(parent, names).get(foldPath(segment)) ?? []) : null;
      if (twin !== null) report(twin, at);
    }
    start = end + 1;
  }
  return findings;
};

interface Context {
  readonly seen: Set<string>;
  readonly inBase: (folder: RawPath, names: readonly FolderName[]) => ReadonlySet<string>;
  readonly folded: (folder: RawPath, names: readonly FolderName[]) => ReadonlyMap<string, string[]>;
}

/** Computed once for a folder, however many files of it change. */
const onceForFolder = <T>(make: (names: readonly FolderName[]) => T) => {
  const made = new Map<RawPath, T>();
  return (folder: RawPath, names: readonly FolderName[]): T => {
    const known = made.get(folder) ?? make(names);
    made.set(folder, known);
    return known;
  };
};

export const illegalNames: StaticGate = {
  id: 'illegal-names',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 2,
  summary: 'New names mean the same on every file system, and no name passes for .git',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const context: Context = {
      seen: new Set(),
      inBase: onceForFolder((names) => new Set(names.filter(({ inBase }) => inBase).map(({ name }) => name))),
      folded: onceForFolder(foldFolder),
    };
    const findings: Finding[] = [];
    for (const { path, status, newMode } of change.entries) {
      if (newMode === '000000') continue;
      const found = checkPath(change, path, status === 'A', context);
      if (found === null) return missing('the names in a folder');
      findings.push(...found);
      if (status !== 'A') continue;
      if (path.startsWith('-')) {
        const message = 'The path begins with a dash: a command could take it for an option.';
        findings.push(finding({ code: 'name.option', severity: 'block', message, next: rename, path }));
      }
      if (path.length > maxPathBytes) {
        const message = `The path is longer than ${maxPathBytes} bytes.`;
        findings.push(
          finding({ code: 'name.path_too_long', severity: 'block', message, next: rename, path }),
        );
      }
    }
    return decide(findings);
  },
};
