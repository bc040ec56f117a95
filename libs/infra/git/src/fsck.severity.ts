/**
 * Every fault `git fsck` names that may be softened. A transfer is checked strictly first; where old history has
 * such faults it is taken with warnings, since nobody can repair history that others already build on.
 * nulInHeader and unterminatedHeader are missing on purpose: git does not let them be softened.
 */
const softened = `badDate badDateOverflow badEmail badFilemode badGpgsig badHeaderContinuation badName
badObjectSha1 badPackedRefEntry badParentSha1 badReferentName badRefContent badRefFiletype badRefName badTagName
badTimezone badTree badTreeSha1 badType duplicateEntries emptyName emptyPackedRefsFile extraHeaderEntry fullPathname
gitattributesBlob gitattributesLarge gitattributesLineLength gitattributesMissing gitattributesSymlink gitignoreSymlink
gitmodulesBlob gitmodulesLarge gitmodulesMissing gitmodulesName gitmodulesParse gitmodulesPath gitmodulesSymlink
gitmodulesUpdate gitmodulesUrl hasDot hasDotdot hasDotgit largePathname mailmapSymlink missingAuthor missingCommitter
missingEmail missingNameBeforeEmail missingObject missingSpaceBeforeDate missingSpaceBeforeEmail missingTag
missingTagEntry missingTagObject missingTree missingType missingTypeEntry multipleAuthors nullSha1 treeNotSorted
unknownType zeroPaddedDate zeroPaddedFilemode`.split(/\s+/);

export const strictTransfer: readonly (readonly [string, string])[] = [
  ['transfer.fsckObjects', 'true'],
  // One pack per transfer and nothing loose: `fsck` of a candidate tells new objects from old by that.
  ['fetch.unpackLimit', '1'],
];

export const lenientTransfer: readonly (readonly [string, string])[] = [
  ...strictTransfer,
  ...softened.map((id) => [`fetch.fsck.${id}`, 'warn'] as const),
];

/** One fault of one object, as `git fsck` names it. */
export interface ObjectFault {
  readonly oid: string;
  /** Git's own stable name, e.g. `hasDotgit`. */
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** Reads faults out of the messages of `index-pack` and `fsck`. */
export const readFaults = (stderr: string): ObjectFault[] => {
  const faults: ObjectFault[] = [];
  const seen = new Set<string>();
  const line = /^(?:remote: )?(error|warning)(?:: object| in \w+) ([0-9a-f]{40}): (\w+): (.*)$/gm;
  for (const [, severity, oid = '', code = '', message = ''] of stderr.matchAll(line)) {
    if (seen.has(`${oid} ${code}`)) continue;
    seen.add(`${oid} ${code}`);
    faults.push({ oid, code, message, severity: severity as ObjectFault['severity'] });
  }
  return faults;
};
