import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { describeStderr, refuseOutage, type GitRunner } from '../git.runner.js';
import { formatIndex, parseIndex, type IndexEntries } from '../index.file.js';
import { blobSizes } from '../object.reader.js';
import { no, show, type ApplyAnswer, type ApplyLimits, type Refusal } from './patch.answer.js';
import { parsePatch } from './patch.parser.js';
import { findMisplaced } from './patch.place.js';
import { planChanges, type Content } from './patch.plan.js';
import type { Quarantine } from '../quarantine.js';
import { isObjectId } from '../ref.name.js';
import { editTree, type PathChange } from '../tree/tree.editor.js';
import { withTrees, writeTrees } from '../tree/tree.store.js';

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

  return withTrees(git, gitDir, base, async (load, tree) => {
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
    const misplaced = await findMisplaced(git, gitDir, parsed.diff, files, maxBlob);
    if (misplaced !== undefined)
      return no(
        'patch.offset',
        'The lines to be changed stand elsewhere in the base than the patch says. Make it again on the recorded base.',
        misplaced.oldPath,
      );
    await writeTrees(gitDir, edited.trees);
    return { ok: true, tree: edited.tree, entries, twins: edited.twins, files };
  });
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
    await writeFile(indexFile, formatIndex(index));
    const refused = await applyTo(indexFile, git, gitDir, diff);
    return refused ?? compare(parseIndex(await readFile(indexFile)), index, expected);
  } finally {
    await rm(indexFile, { force: true });
  }
};

const applyTo = async (
  indexFile: string,
  git: GitRunner,
  gitDir: string,
  diff: Buffer,
): Promise<Refusal | undefined> => {
  const applied = await git.run(
    [
      'apply',
      '--cached',
      '--binary',
      '--whitespace=nowarn',
      // Hunks without context are fine: ids and places are held against the base here.
      '--unidiff-zero',
      '-p1',
      '-',
    ],
    {
      gitDir,
      env: { GIT_INDEX_FILE: indexFile },
      input: diff,
      accept: [0, 1, 128],
      prefix: bounded,
    },
  );
  refuseOutage('applying the patch', applied);
  if (applied.code === 0) return undefined;
  const said = describeStderr(applied.stderr);
  return no(
    /invalid path/.test(said) ? 'patch.illegal_path' : 'patch.does_not_apply',
    `Git refuses the patch: ${said}`,
  );
};

/** What git made of the index, held against what the ids of the patch say. */
const compare = (
  actual: IndexEntries,
  before: ReadonlyMap<string, Content>,
  expected: ReadonlyMap<string, PathChange>,
): Refusal | undefined => {
  for (const [key, { path, entry }] of expected) {
    const found = actual.get(key);
    if (found?.mode === entry?.mode && found?.oid === entry?.oid) continue;
    const name = (one: Content | undefined, none: string): string =>
      one === undefined ? none : `${one.mode} ${one.oid}`;
    return no(
      'patch.blob_mismatch',
      `${show(path)} became ${name(found, 'absent')}, but the patch names ${name(entry, 'a deletion')}.`,
      path,
    );
  }
  const stray = [...actual.keys()].find((key) => !expected.has(key) && !before.has(key));
  return stray === undefined
    ? undefined
    : no('patch.malformed', `Git and Gatehouse read the patch differently at ${show(stray)}.`);
};
