import type { Finding, Severity } from '@gatehouse/contracts';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { newMavenPlugin, newPythonHooks, setsPythonHook } from '../execution/build.hooks.js';
import { runsFetchedCode, startsProcess } from '../execution/fetched-code.line.js';
import { isDataConfig, newToolCode } from '../execution/data.config.js';
import { runsDownloaded } from '../execution/downloaded.file.js';
import { newPackageHooks } from '../execution/package.hooks.js';
import { runsWhen } from '../execution/self-running.file.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { takenPath } from '../names.js';

const next = 'Leave it out of the change, or have a person read what would run, and where.';

type Found = Omit<Parameters<typeof finding>[0], 'next' | 'severity' | 'path'> & { severity?: Severity };

const unreadable = (what: string): Found => ({
  code: 'execution.unreadable',
  message: `What would run by itself cannot be told: this is no ${what} that every program reads alike.`,
});

const inPackage = ({ old, new: made }: ChangedFile): Found[] => {
  const hooks = made?.text == null ? null : newPackageHooks(old?.text ?? null, made.text);
  if (hooks === null) return [unreadable('JSON')];
  return hooks.map(({ kind, name, line, value }) => ({
    code: kind === 'script' ? 'execution.lifecycle_script' : 'execution.package_field',
    message:
      kind === 'script'
        ? `The script ${name.slice(0, 100)} runs by itself, without anybody who calls it.`
        : `By the field ${name} a tool or package runs code.`,
    line,
    evidence: value,
  }));
};

const inPyproject = ({ old, new: made }: ChangedFile): Found[] => {
  const hooks = made?.text == null ? null : newPythonHooks(old?.text ?? null, made.text);
  if (hooks === null) return [unreadable('TOML')];
  const message = 'Building or testing the package runs the code that this names.';
  return hooks.map((evidence) => ({ code: 'execution.build_backend', message, evidence }));
};

const inSetupCfg = ({ added }: ChangedFile): Found[] =>
  added
    .filter(({ text }) => setsPythonHook(text))
    .map(({ number: line, text }) => ({
      code: 'execution.build_backend',
      message: 'Building or testing the package runs the code that this names.',
      line,
      evidence: text.trim().slice(0, 200),
    }));

const inPom = ({ old, new: made }: ChangedFile): Found[] => {
  if (made?.text == null) return [unreadable('text')];
  const line = newMavenPlugin(old?.text ?? null, made.text);
  const message = 'A plugin of Maven is added or changed; it runs in every build.';
  return line === null ? [] : [{ code: 'execution.maven_plugin', message, line }];
};

/** Of tools that are configured by data: which code they run. */
const inToolConfig = (file: ChangedFile): Found[] => {
  const { path, old, new: made, entry } = file;
  if (entry.oldOid === entry.newOid) return [];
  const changes = newToolCode(takenPath(path), old?.text ?? null, made?.text ?? null);
  if (changes === 'unreadable')
    return [
      {
        code: 'execution.tool_config',
        message: 'It says which code a tool runs, and cannot be compared: it is no plain JSON.',
      },
    ];
  return changes.map(({ key, line, value }) => ({
    code: 'execution.tool_config',
    message: `By ${key} it says which code a tool runs, and that changes.`,
    line,
    evidence: value,
  }));
};

/** Comments that tell a toolchain to run or pass something. */
const directive = /^\/\/go:generate\b|^\s*(?:\/\/|\*)?\s*#cgo\b/;

const inGo = ({ added }: ChangedFile): Found[] =>
  added
    .filter(({ text }) => directive.test(text))
    .map(({ number: line, text }) => ({
      code: 'execution.directive',
      message: 'The comment tells the toolchain what to run or how to compile.',
      line,
      evidence: text.trim().slice(0, 200),
    }));

const manifests: readonly (readonly [RegExp, (file: ChangedFile) => Found[]])[] = [
  [/(?:^|\/)package\.json$/, inPackage],
  [/(?:^|\/)pyproject\.toml$/, inPyproject],
  [/(?:^|\/)setup\.cfg$/, inSetupCfg],
  [/(?:^|\/)pom\.xml$/, inPom],
  [/\.go$/, inGo],
];

const prose = /\.(?:md|mdx|markdown|rst|adoc|txt)$/;

const backslash = 0x5c;
const pipe = 0x7c;

/** Told by its last character, which settles it for nearly every line. */
const goesOn = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1);
  const settled = last > 0x20 && last < 0x7f && last !== backslash && last !== pipe;
  return !settled && /[\\|]\s*$/.test(text.slice(-20));
};

/** Lines of a shell go on behind a backslash or a pipe: they are looked at as one. */
const joined = (all: ChangedFile['added']): { number: number; text: string }[] => {
  const lines: { number: number; text: string; last: number }[] = [];
  for (const { number, text } of all) {
    const before = lines.at(-1);
    const isNext = before?.last === number - 1 && goesOn(before.text);
    if (!isNext || before.text.length > 4000) lines.push({ number, text, last: number });
    else {
      before.text = `${before.text.replace(/\\\s*$/, ' ')}${text}`;
      before.last = number;
    }
  }
  return lines;
};

/** A line that may fetch a file or run one: of most files no line does. */
const tellsOfFile =
  /\b(?:curl|wget|aria2c|iwr|irm|invoke-webrequest|start-bitstransfer|sh|bash|zsh|chmod|source|python[\d.]*|node|perl|ruby|sudo)\b|^\s*\.{0,2}\//i;

const inLines = (file: ChangedFile): Found[] => {
  const taken = takenPath(file.path);
  // People write down how to install a thing; nothing runs that by itself.
  const severity = prose.test(taken) ? 'warn' : 'require_approval';
  const configures = runsWhen(file.path) !== null;
  const found = joined(file.added).flatMap(({ number: line, text }): Found[] => {
    const fetched = runsFetchedCode(text);
    if (fetched === null && !(configures && startsProcess(text))) return [];
    const evidence = text.trim().slice(0, 200);
    if (fetched !== null) {
      const message =
        fetched === 'piped'
          ? 'The line runs what it fetches or decodes, which nobody can review.'
          : 'The line unpacks code and runs it, which nobody can review.';
      return [{ code: `execution.${fetched}`, message, line, evidence, severity }];
    }
    const message = 'This configuration starts other programs.';
    return [{ code: 'execution.process_in_config', message, line, evidence }];
  });
  return [...found, ...downloads(file, severity)];
};

/** Either half may be new, so the whole text is looked at. */
const downloads = (file: ChangedFile, severity: Severity): Found[] => {
  if (!file.added.some(({ text }) => tellsOfFile.test(text))) return [];
  const lines = (file.new?.text ?? '').split('\n').map((text, i) => ({ number: i + 1, text }));
  const fresh = new Set(file.added.map(({ number }) => number));
  const isNew = ({ number, from }: { number: number; from: number }): boolean =>
    fresh.has(number) || fresh.has(from);
  return runsDownloaded(joined(lines))
    .filter(isNew)
    .map(({ number: line, from, text }) => ({
      code: 'execution.downloaded',
      message: `The line runs what line ${from} downloads, which nobody can review.`,
      line,
      evidence: text.trim().slice(0, 200),
      severity,
    }));
};

const findingsOf = (file: ChangedFile): Finding[] => {
  const { path, entry } = file;
  if (file.entry.newMode === '000000' || !entry.newMode.startsWith('100')) return [];
  const taken = takenPath(path);
  const when = runsWhen(path);
  const found: Found[] = manifests.filter(([name]) => name.test(taken)).flatMap(([, look]) => look(file));
  if (isDataConfig(taken)) found.push(...inToolConfig(file));
  if (when !== null && entry.oldOid !== entry.newOid)
    found.push({
      code: entry.status === 'A' ? 'execution.new_file' : 'execution.changed_file',
      message: `The code of this file runs ${when}, without anybody who calls it.`,
    });
  found.push(...inLines(file));
  // Far more than are shown; what is only a warning of prose comes last.
  return found.slice(0, 1000).map((one) => finding({ severity: 'require_approval', ...one, next, path }));
};

export const executionSurface: StaticGate = {
  id: 'execution-surface',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 3,
  summary: 'Code that would run by itself, on installing, building or testing, or fetched, needs a yes',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    return decide(changedFiles(change).flatMap(findingsOf));
  },
};
