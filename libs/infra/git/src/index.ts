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
export { SourceBroker, type BrokerClient, type BrokerOptions } from './source.broker.js';
export type { FarService } from './source.transport.js';
export {
  isLogRef,
  isObjectId,
  isOurRef,
  isProofRef,
  isRefName,
  logRefOf,
  logRefs,
  proofRefs,
} from './ref.name.js';
export { Mirror, type Branch, type FetchAnswer } from './mirror.js';
export type { ObjectFault } from './fsck.severity.js';
export { blobSizes, diffTrees, listTree, objectInfo, readBlobs, readObjects } from './object.reader.js';
export type { ObjectInfo, ObjectType } from './object.batch.js';
export type { Blob, TreeChange, TreeEntry } from './object.reader.js';
export { packTree, unpackInto, type TreePack } from './object.transfer.js';
export { diffPatch } from './patch/patch.writer.js';
export { parsePatch } from './patch/patch.parser.js';
export type { ParsedPatch, PatchedFile, PatchFault } from './patch/patch.format.js';
export { applyPatch } from './patch/patch.applier.js';
export type { AppliedEntry, ApplyAnswer, ApplyFault, ApplyLimits } from './patch/patch.answer.js';
export { foldName, type LoadTree, type PathChange, type PathTwins } from './tree/tree.editor.js';
export { openQuarantine, sweepQuarantines, type Quarantine } from './quarantine.js';
export { fsckObjects } from './candidate.fsck.js';
export { mergeTrees, type MergeAnswer, type TreesToMerge } from './tree/tree.merger.js';
export { commitTree, formatCommit, type CommitIdentity, type CommitRequest } from './commit.writer.js';
export { removeBranch } from './branch.remover.js';
export {
  publishBranch,
  readRemoteRef,
  readRemoteRefs,
  type PublishAnswer,
  type RemoteRef,
  type RemoteRefs,
} from './branch.publisher.js';
export { unreachable } from './source.credential.js';
export { buildTree, type BuildAnswer, type HarvestedPath } from './tree/tree.builder.js';
export { checkIgnored, type IgnoredPath, type IgnoreFile } from './ignore.checker.js';
export { canonicalMode, hashObject, isDirectoryMode, type RawEntry } from './tree/tree.format.js';
export { findEntry, withTrees } from './tree/tree.store.js';
export { publishProof, type ProofCommit } from './proof.publisher.js';
export { openProofs, type OpenAnswer, type ProofHead, type ProofPlace } from './proof.place.js';
export { commitFacts, readCommit, readProofs, type CommitRead } from './proof.reader.js';
export { logObjects, type LogCommit } from './log.format.js';
export { publishLog, type LogExport } from './log.publisher.js';
export { readLog, type LogAnswer, type LogFiles } from './log.reader.js';
