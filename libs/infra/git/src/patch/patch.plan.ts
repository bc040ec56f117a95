import { noObject } from '../git.environment.js';
import { no, show, type AppliedEntry, type Refusal } from './patch.answer.js';
import type { PatchedFile } from './patch.format.js';
import type { LoadTree, PathChange } from '../tree/tree.editor.js';
import { findEntry } from '../tree/tree.store.js';

/** Modes as git compares them: old trees may hold group-writable files. */
const canonical = (mode: string): string =>
  /^1006/.test(mode) || /^1004/.test(mode) ? '100644' : /^1007/.test(mode) ? '100755' : mode;

export type Content = { readonly mode: string; readonly oid: string };
export type Plan = {
  readonly ok: true;
  /** What git needs to see of the base, by path. */
  readonly index: ReadonlyMap<string, Content>;
  /** What each touched path must be afterwards. */
  readonly expected: ReadonlyMap<string, PathChange>;
  readonly entries: readonly AppliedEntry[];
};

/** Holds the patch against the base, and works out from ids alone what must come out. */
export const planChanges = async (
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
