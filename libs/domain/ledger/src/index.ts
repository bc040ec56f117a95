export { Changes, type Change } from './change.js';
export { ArtifactStore, chunkBytes, type ByteRange, type PutArtifact } from './artifact.store.js';
export { AttemptLogs, maxLogBytes, type LogChunk, type LogPage } from './attempt-log.js';
export type { LogState, LogStream } from './attempt-log.repository.js';
export { GroupCommit, type GroupCommitOptions } from './group-commit.js';
export { maxPayloadBytes, type AppendedEvent, type NewEvent } from './ledger.js';
export { LedgerModule } from './ledger.module.js';
export type { LedgerOptions } from './ledger.options.js';
export { LedgerService } from './ledger.service.js';
export {
  hintOf,
  ledgerChannel,
  LedgerTail,
  type FollowOptions,
  type Frame,
  type LedgerTailOptions,
} from './ledger-tail.js';
export { openSigningKey } from './signing-key.file.js';
