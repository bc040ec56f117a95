export { Spawner } from './spawner.js';
export type { Command, CommandEnd, CommandInput, Finished, RunningCommand } from './spawner.command.js';
export { GitRunner, type GitOptions, type GitResult, type GitStream } from './git.runner.js';
export { emptyTree, noObject, type Transport } from './git.environment.js';
export {
  formatSource,
  isUnder,
  parseSource,
  type RepositorySource,
  type SourceAnswer,
  type SourcePolicy,
} from './source.policy.js';
export { locateSource, type LocateAnswer, type LocatedSource } from './source.locator.js';
export { isObjectId, isOurRef, isRefName } from './ref.name.js';
export { Mirror, type Branch, type FetchAnswer } from './mirror.js';
export type { ObjectFault } from './fsck.severity.js';
export { blobSizes, diffTrees, listTree, objectInfo, readBlobs, readObjects } from './object.reader.js';
export type { Blob, ObjectInfo, ObjectType, TreeChange, TreeEntry } from './object.reader.js';
export { packTree, unpackInto, type TreePack } from './object.transfer.js';
export { diffPatch } from './patch.writer.js';
export { parsePatch } from './patch.parser.js';
export type { ParsedPatch, PatchedFile, PatchFault } from './patch.format.js';
export {
  applyPatch,
  type AppliedEntry,
  type ApplyAnswer,
  type ApplyFault,
  type ApplyLimits,
} from './patch.applier.js';
export { foldName, type PathChange, type PathTwins } from './tree.editor.js';
export { openQuarantine, sweepQuarantines, type Quarantine } from './quarantine.js';
