import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { noObject } from './git.environment.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { blobSizes } from './object.reader.js';
import type { PatchFault, PatchedFile } from './patch.format.js';
import { parsePatch } from './patch.parser.js';
import type { Quarantine } from './quarantine.js';
import { isObjectId } from './ref.name.js';
import { editTree, type LoadTree, type PathChange, type PathTwins } from './tree.editor.js';
import { findEntry, withTrees, writeTrees } from './tree.store.js';

/** What became of one path. An absent side has mode `000000` and an oid of forty zeros. */
export interface AppliedEntry {
  readonly path: Buffer;
  readonly oldMode: string;
  readonly oldOid: string;
  readonly newMode: string;
  readonly newOid: string;
}

/** Stable reasons for which a patch does not become a tree. */
export type ApplyFault =
  | PatchFault
  /** A file the patch changes or deletes is not in the base, or one it adds is. */
  | 'patch.does_not_apply'
  /** The base or the result has other content than the patch's `index` line names. */
  | 'patch.blob_mismatch'
  /** The base has another mode than the patch says. */
  | 'patch.mode_mismatch'
  /** A path would be a file and a directory, or lie below a file, link or submodule. */
  | 'patch.path_conflict'
  /** The patch leads back to the base. */
  | 'patch.no_change';

export type ApplyAnswer =
  | {
      readonly ok: true;
      readonly tree: string;
      readonly entries: readonly AppliedEntry[];
      /** New paths that some file systems take for a path that is already there; facts, not a refusal. */
      readonly twins: readonly PathTwins[];
      /** What the patch says about itself, file by file. */
      readonly files: readonly PatchedFile[];
    }
  | { readonly ok: false; readonly reason: ApplyFault; readonly detail: string; readonly path?: Buffer };

export interface ApplyLimits {
  /** Bytes of the patch; default 64 MiB. */
  readonly maxPatchBytes?: number;
  /** Bytes of any one file before or after; default 64 MiB. */
  readonly maxBlobBytes?: number;
  /** Bytes git has to inflate in all; default 256 MiB. */
  readonly maxTotalBytes?: number;
  /** Default 10 000. */
  readonly maxFiles?: number;
}

type Refusal = Extract<ApplyAnswer, { ok: false }>;
const no = (reason: ApplyFault, detail: string, path?: Buffer): Refusal => ({
  ok: false,
  reason,
  detail,
  ...(path === undefined ? {} : { path }),
});
const show = (path: Buffer | string): string =>
  JSON.stringify(Buffer.from(path as string, 'latin1').toString('utf8'));
/** Modes as git compares them: old trees may hold group-writable files. */
const canonical = (mode: string): string =>
  /^1006/.test(mode) || /^1004/.test(mode) ? '100644' : /^1007/.test(mode) ? '100755' : mode;

/**
 * The tree that a patch makes of a base, without a checkout and without reading what the patch does not touch.
 * Git applies the text; the result is then held against the ids the patch itself names, so neither an offset nor a
 * difference between two readers of the patch can lead to another tree. New objects stay in the quarantine.
 *
 * @param base the exact commit or tree the patch was made on
 * @throws GatehouseError where git or the machine fails; a patch that is not good is an answer
 */
export const applyPatch = async (
  git: GitRunner,
  quarantine: Quarantine,
  base: string,
  patch: Buffer,
  limits: ApplyLimits = {},
): Promise<ApplyAnswer> => {
  if (!isObjectId(base))
    throw new GatehouseError('git.refused', `${JSON.stringify(base.slice(0, 60))} is not a full object id.`);
  const maxBlob = limits.maxBlobBytes ?? 64 << 20;
  if (patch.length > (limits.maxPatchBytes ?? 64 << 20))
    return no(
      'patch.too_large',
      `The patch has ${patch.length} bytes; ${limits.maxPatchBytes ?? 64 << 20} are allowed.`,
    );
  const parsed = parsePatch(patch);
  if (!parsed.ok) return no(parsed.reason, `Line ${parsed.line}: ${parsed.detail}`);
  const { files } = parsed;
  const { gitDir } = quarantine;
  if (files.length > (limits.maxFiles ?? 10_000))
    return no(
      'patch.too_large',
      `The patch touches ${files.length} files; ${limits.maxFiles ?? 10_000} are allowed.`,
    );
  const large = files.find(
    ({ declaredBytes, inflatedBytes }) => Math.max(declaredBytes, inflatedBytes / 4) > maxBlob,
  );
  if (large !== undefined)
    return no(
      'patch.too_large',
      `The patch declares a file of more than ${maxBlob} bytes.`,
      large.newPath ?? large.oldPath,
    );
  if (files.reduce((sum, file) => sum + file.inflatedBytes, 0) > (limits.maxTotalBytes ?? 256 << 20))
    return no('patch.too_large', 'The patch inflates to more bytes than are allowed.');

  const tree = await treeId(git, gitDir, base);
  return withTrees(git, gitDir, async (load) => {
    const plan = await planChanges(load, tree, files);
    if (!plan.ok) return plan;
    const { index, expected, entries } = plan;
    const edited = await editTree(load, tree, [...expected.values()]);
    if (!edited.ok) return no('patch.path_conflict', `${show(edited.path)}: ${edited.detail}.`, edited.path);
    if (edited.tree === tree)
      return no('patch.no_change', 'The patch leads back to the base; there is nothing to promote.');
    const sizes = await blobSizes(
      git,
      gitDir,
      [...index.values()].filter(({ mode }) => mode !== '160000').map(({ oid }) => oid),
    );
    const heavy = [...index].find(([, { oid }]) => (sizes.get(oid) ?? 0) > maxBlob);
    if (heavy !== undefined)
      return no(
        'patch.too_large',
        `${show(heavy[0])} has more than ${maxBlob} bytes in the base.`,
        Buffer.from(heavy[0], 'latin1'),
      );

    const refused = await applyText(git, gitDir, index, expected, parsed.diff);
    if (refused !== undefined) return refused;
    await writeTrees(git, gitDir, edited.trees);
    return { ok: true, tree: edited.tree, entries, twins: edited.twins, files };
  });
};

const treeId = async (git: GitRunner, gitDir: string, base: string): Promise<string> => {
  const { stdout } = await git.run(['rev-parse', '--verify', '--quiet', `${base}^{tree}`], {
    gitDir,
    accept: [0, 1, 128],
  });
  const tree = stdout.toString('latin1').trim();
  if (!isObjectId(tree))
    throw new GatehouseError('git.refused', `The base ${base} is not a commit that is present here.`, {
      details: { base },
    });
  return tree;
};

type Content = { readonly mode: string; readonly oid: string };
type Plan = {
  readonly ok: true;
  /** What git needs to see of the base, by path. */
  readonly index: ReadonlyMap<string, Content>;
  /** What each touched path must be afterwards. */
  readonly expected: ReadonlyMap<string, PathChange>;
  readonly entries: readonly AppliedEntry[];
};

/** Holds the patch against the base, and works out from ids alone what must come out. */
const planChanges = async (
  load: LoadTree,
  tree: string,
  files: readonly PatchedFile[],
): Promise<Plan | Refusal> => {
  const index = new Map<string, Content>();
  const expected = new Map<string, PathChange>();
  const baseOf = async (path: Buffer) => {
    const entry = await findEntry(load, tree, path);
    return entry === undefined || /^0?40000$/.test(entry.mode)
      ? undefined
      : { mode: canonical(entry.mode), oid: entry.oid };
  };
  const expect = (path: Buffer, entry: Content | undefined) =>
    expected.set(path.toString('latin1'), { path, entry });
  for (const file of files) {
    const { oldPath, newPath } = file;
    let old: Content | undefined;
    if (oldPath !== undefined) {
      old = await baseOf(oldPath);
      if (old === undefined)
        return no('patch.does_not_apply', `${show(oldPath)} is not a file in the base.`, oldPath);
      if (file.oldOid !== undefined && file.oldOid !== old.oid)
        return no(
          'patch.blob_mismatch',
          `${show(oldPath)} is ${old.oid} in the base, but the patch was made on ${file.oldOid}. Make it again on the recorded base.`,
          oldPath,
        );
      if (file.oldMode !== undefined && file.oldMode !== old.mode)
        return no(
          'patch.mode_mismatch',
          `${show(oldPath)} has mode ${old.mode} in the base, but the patch says ${file.oldMode}.`,
          oldPath,
        );
      index.set(oldPath.toString('latin1'), old);
      if (file.change === 'delete' || file.change === 'rename') expect(oldPath, undefined);
    }
    if (newPath === undefined) continue;
    const key = newPath.toString('latin1');
    if (
      file.change !== 'modify' &&
      expected.get(key)?.entry === undefined &&
      !expected.has(key) &&
      (await baseOf(newPath)) !== undefined
    ) {
      return no('patch.does_not_apply', `${show(newPath)} is to be added but exists in the base.`, newPath);
    }
    const mode = file.newMode ?? old?.mode;
    const oid = file.newOid ?? old?.oid;
    if (mode === undefined || oid === undefined)
      return no('patch.malformed', `The patch does not say what ${show(newPath)} becomes.`, newPath);
    expect(newPath, { mode, oid });
  }
  const entries = [...expected].map(([key, { path, entry }]) => ({
    path,
    oldMode: index.get(key)?.mode ?? '000000',
    oldOid: index.get(key)?.oid ?? noObject,
    newMode: entry?.mode ?? '000000',
    newOid: entry?.oid ?? noObject,
  }));
  return { ok: true, index, expected, entries };
};

/** The second line of defence against bombs; sizes that a patch declares were refused before. */
const bounded =
  process.platform === 'linux'
    ? ['prlimit', `--data=${2 ** 30}`, `--fsize=${2 ** 29}`, '--cpu=60', '--core=0', '--']
    : [];

const applyText = async (
  git: GitRunner,
  gitDir: string,
  index: ReadonlyMap<string, Content>,
  expected: ReadonlyMap<string, PathChange>,
  diff: Buffer,
): Promise<Refusal | undefined> => {
  const indexFile = join(gitDir, `index-${randomBytes(6).toString('hex')}`);
  try {
    return await applyWith({ GIT_INDEX_FILE: indexFile }, git, gitDir, index, expected, diff);
  } finally {
    await rm(indexFile, { force: true });
  }
};

const applyWith = async (
  env: Readonly<Record<string, string>>,
  git: GitRunner,
  gitDir: string,
  index: ReadonlyMap<string, Content>,
  expected: ReadonlyMap<string, PathChange>,
  diff: Buffer,
): Promise<Refusal | undefined> => {
  const record = ([path, { mode, oid }]: [string, Content]) =>
    Buffer.from(`${mode} ${oid}\t${path}\0`, 'latin1');
  const filled = await git.run(['update-index', '-z', '--index-info'], {
    gitDir,
    env,
    input: Buffer.concat([...index].map(record)),
    accept: [0, 128],
  });
  if (filled.code !== 0)
    return no('patch.illegal_path', `Git refuses a path of the patch: ${describeStderr(filled.stderr)}`);
  const applied = await git.run(['apply', '--cached', '--binary', '--whitespace=nowarn', '-p1', '-'], {
    gitDir,
    env,
    input: diff,
    accept: [0, 1, 128],
    prefix: bounded,
  });
  if (applied.code !== 0) {
    const said = describeStderr(applied.stderr);
    return no(
      /invalid path/.test(said) ? 'patch.illegal_path' : 'patch.does_not_apply',
      `Git refuses the patch: ${said}`,
    );
  }
  const { stdout } = await git.run(['ls-files', '--stage', '-z'], { gitDir, env });
  const actual = new Map(
    stdout
      .toString('latin1')
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]),
  );
  for (const [key, { path, entry }] of expected) {
    const found = actual.get(key);
    if (found === (entry === undefined ? undefined : `${entry.mode} ${entry.oid} 0`)) continue;
    return no(
      'patch.blob_mismatch',
      `${show(path)} became ${found ?? 'absent'}, but the patch names ${entry === undefined ? 'a deletion' : `${entry.mode} ${entry.oid}`}.`,
      path,
    );
  }
  const stray = [...actual.keys()].find((key) => !expected.has(key) && !index.has(key));
  return stray === undefined
    ? undefined
    : no('patch.malformed', `Git and Gatehouse read the patch differently at ${show(stray)}.`);
};
