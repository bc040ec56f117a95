import type { Finding } from '@gatehouse/contracts';
import { globSet } from '@gatehouse/policy';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { kindOfContent } from '../content.kind.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { takenPath } from '../names.js';
import { returnsEarly } from '../tampering/early.return.js';
import { asserts, markOf, thresholdOf, type Mark } from '../tampering/test.mark.js';
import { countTests, declares, testsFrom } from '../tampering/test.part.js';
import { isSnapshot, isTestFile } from '../tests/test-files.js';

const severity = 'require_approval';
const next = 'Keep what the tests prove, or have a person agree that it need not be proven any more.';

const messages: Record<Mark, string> = {
  skip: 'A test is no longer run.',
  only: 'Only this test of the file is run.',
  expected_failure: 'A test passes now where it fails.',
  silenced: 'What the type checker says here is not heard.',
  empty_allowed: 'Where no test is found, that passes.',
  masked: 'The command passes even where it fails.',
  retried: 'A test that fails is run again until it passes.',
};

const commands = globSet([
  ...['**/package.json', '**/makefile', '**/*.mk', '**/justfile', '**/taskfile.y*ml', '**/*.sh', '**/*.bash'],
  ...['**/dockerfile*', '**/.gitlab-ci.yml', '.github/**', '.circleci/**', '**/tox.ini', '**/noxfile.py'],
  ...['**/jest.config.*', '**/vitest.config.*', '**/vite.config.*', '**/azure-pipelines.y*ml', '**/rakefile'],
  ...['**/jenkinsfile', '**/.travis.yml', '**/.husky/**', '**/project.json', '**/nx.json', '**/turbo.json'],
]);
const thresholds = globSet([
  ...[
    '**/package.json',
    '**/jest.config.*',
    '**/vitest.config.*',
    '**/vite.config.*',
    '**/.nycrc*',
    '**/.c8rc*',
  ],
  ...[
    '**/setup.cfg',
    '**/pyproject.toml',
    '**/.coveragerc',
    '**/tox.ini',
    '**/codecov.y*ml',
    '**/.codecov.y*ml',
  ],
  ...['**/karma.conf.*', '**/pytest.ini', '**/.simplecov', '**/stryker.conf*', '**/makefile'],
]);

type Said = Pick<Parameters<typeof finding>[0], 'code' | 'message' | 'line' | 'evidence'>;

const marksOf = (file: ChangedFile): Said[] => {
  const taken = takenPath(file.path);
  const lines = (file.new?.text ?? '').split('\n');
  const from = testsFrom(file.path, lines) ?? Infinity;
  const command = commands.match(taken) !== null;
  const prose = kindOfContent(file.path) === 'prose';
  return file.added.flatMap((added) => {
    const { number, text } = added;
    const test = number >= from;
    const early = test && returnsEarly(added, lines);
    const mark = early ? 'skip' : markOf(text, { test, command });
    // No type checker reads what people are told about it.
    if (mark === null || (mark === 'silenced' && prose)) return [];
    const message = early ? 'What follows in this test is no longer run.' : messages[mark];
    return [{ code: `test.${mark}`, message, line: number, evidence: text.trim().slice(0, 200) }];
  });
};

/** A number that stood under the same name and is smaller now. */
const loweredOf = (file: ChangedFile): Said[] => {
  if (thresholds.match(takenPath(file.path)) === null) return [];
  const before = new Map<string, number>();
  for (const { text } of file.removed) {
    const was = thresholdOf(text);
    if (was !== null) before.set(was.name, Math.max(was.value, before.get(was.name) ?? -Infinity));
  }
  const kept = new Set<string>();
  const lowered = file.added.flatMap(({ number, text }): Said[] => {
    const is = thresholdOf(text);
    if (is !== null) kept.add(is.name);
    const was = is === null ? undefined : before.get(is.name);
    if (is === null || was === undefined || is.value >= was) return [];
    const message = `The bar ${is.name} is lowered from ${was} to ${is.value}.`;
    return [{ code: 'test.threshold_lowered', message, line: number, evidence: text.trim() }];
  });
  const gone = file.new === null ? [] : [...before.keys()].filter((name) => !kept.has(name));
  return [
    ...lowered,
    ...gone.map((name) => ({ code: 'test.threshold_removed', message: `The bar ${name} is taken away.` })),
  ];
};

/** Lines that test files of the change have and had not: what is taken out of one may be in another now. */
const addedToTests = (files: readonly ChangedFile[]): ReadonlySet<string> =>
  new Set(
    files.filter(({ path }) => isTestFile(path)).flatMap(({ added }) => added.map(({ text }) => text.trim())),
  );

/** What the tests of a file come to less than before; what other test files have instead is not lost. */
const lost = ({ path, old, new: made, removed }: ChangedFile, elsewhere: ReadonlySet<string>): Said[] => {
  if (old?.text == null || made?.text == null) return [];
  const [before, after] = [countTests(path, old.text), countTests(path, made.text)];
  const movedOf = (is: (line: string) => boolean): number =>
    removed.filter(({ text }) => is(text) && elsewhere.has(text.trim())).length;
  const said: Said[] = [];
  if (after.assertions + movedOf(asserts) < before.assertions)
    said.push({
      code: 'test.assertions_fewer',
      message: `The file asserts less: ${before.assertions} lines did before, ${after.assertions} do now.`,
    });
  if (after.tests + movedOf(declares(path)) < before.tests)
    said.push({
      code: 'test.fewer',
      message: `The file has fewer tests: ${before.tests} lines declared one before, ${after.tests} do now.`,
    });
  return said;
};

/** Test files that went; those whose content is elsewhere now were only renamed. */
const deletions = (files: readonly ChangedFile[], elsewhere: ReadonlySet<string>): Finding[] => {
  const added = files.filter(({ entry }) => entry.status === 'A');
  const oids = new Set(added.filter(({ path }) => isTestFile(path)).map(({ entry }) => entry.newOid));
  return files
    .filter(({ path, entry }) => entry.status === 'D' && isTestFile(path))
    .flatMap(({ path, entry, old, removed }) => {
      if (oids.has(entry.oldOid)) return [];
      const total = old?.text == null ? 0 : countTests(path, old.text).assertions;
      // Split or moved with changes: all that it asserted is asserted in a new test file.
      const left = removed.filter(({ text }) => asserts(text) && !elsewhere.has(text.trim()));
      if (old?.text != null && total > 0 && left.length === 0) return [];
      const message =
        total === 0
          ? 'A test file is removed.'
          : `A test file is removed, and with it ${left.length} of its ${total} assertions.`;
      return [finding({ code: 'test.removed', severity, message, next, path })];
    });
};

const maxSnapshots = 10;

const snapshots = (files: readonly ChangedFile[]): Finding[] => {
  const changed = files.filter(({ path, entry }) => isSnapshot(path) && entry.status !== 'A');
  const sum = changed.reduce((lines, { removed }) => lines + removed.length, 0);
  if (changed.length <= maxSnapshots && sum <= 200) return [];
  const message = `${changed.length} snapshots with ${sum} lines are replaced at once: whatever comes out counts as right.`;
  return [finding({ code: 'test.snapshots', severity, message, next, path: changed[0]!.path })];
};

export const testTampering: StaticGate = {
  id: 'test-tampering',
  group: 'tests',
  part: 'static',
  stage: 'tree',
  version: 3,
  summary: 'Tests are not removed, skipped or weakened, and no failure is masked, without a yes',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const files = changedFiles(change);
    const elsewhere = addedToTests(files);
    const findings = files.flatMap((file): Finding[] => {
      const { path } = file;
      const said = [...marksOf(file), ...loweredOf(file), ...lost(file, elsewhere)];
      // Far more than are shown; all weigh the same.
      return said.slice(0, 1000).map((one) => finding({ ...one, severity, next, path }));
    });
    return decide([...findings, ...deletions(files, elsewhere), ...snapshots(files)]);
  },
};
