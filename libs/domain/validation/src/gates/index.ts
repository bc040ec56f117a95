import type { Gate } from '../gate.js';
import { allowedPaths } from './allowed-paths.gate.js';
import { artifactIntegrity } from './artifact-integrity.gate.js';
import { binaryContent } from './binary-content.gate.js';
import { baseTests } from './base-tests.gate.js';
import { canary } from './canary.gate.js';
import { cleanBase } from './clean-base.gate.js';
import { commands } from './commands.gate.js';
import { dependencies } from './dependencies.gate.js';
import { embeddedRepository } from './embedded-repository.gate.js';
import { executableBit } from './executable-bit.gate.js';
import { executionSurface } from './execution-surface.gate.js';
import { forbiddenPaths } from './forbidden-paths.gate.js';
import { formatStrict } from './format-strict.gate.js';
import { fsck } from './fsck.gate.js';
import { gitAttributes } from './git-attributes.gate.js';
import { gitlink } from './gitlink.gate.js';
import { harvestRefused } from './harvest-refused.gate.js';
import { hunkRevert } from './hunk-revert.gate.js';
import { illegalNames } from './illegal-names.gate.js';
import { instructionPayloads } from './instruction-payloads.gate.js';
import { invisibleCharacters } from './invisible-characters.gate.js';
import { licenceHeader } from './licence-header.gate.js';
import { mixedScripts } from './mixed-scripts.gate.js';
import { noOp } from './no-op.gate.js';
import { patchSize } from './patch-size.gate.js';
import { policyRules } from './policy-rules.gate.js';
import { protectedPaths } from './protected-paths.gate.js';
import { roundTrip } from './round-trip.gate.js';
import { runtimeArtifacts } from './runtime-artifacts.gate.js';
import { secrets } from './secrets.gate.js';
import { symlink } from './symlink.gate.js';
import { testTampering } from './test-tampering.gate.js';
import { testsRan } from './tests-ran.gate.js';
import { treeSize } from './tree-size.gate.js';
import { workflowSemantics } from './workflow-semantics.gate.js';

/** Every gate, in the order in which they are asked and shown: cheap and structural ones first. */
export const gates: readonly Gate[] = [
  artifactIntegrity,
  patchSize,
  formatStrict,
  cleanBase,
  harvestRefused,
  canary,
  roundTrip,
  noOp,
  treeSize,
  fsck,
  allowedPaths,
  forbiddenPaths,
  policyRules,
  protectedPaths,
  gitAttributes,
  illegalNames,
  symlink,
  gitlink,
  executableBit,
  embeddedRepository,
  runtimeArtifacts,
  invisibleCharacters,
  mixedScripts,
  secrets,
  binaryContent,
  instructionPayloads,
  licenceHeader,
  executionSurface,
  dependencies,
  workflowSemantics,
  testTampering,
  commands,
  testsRan,
  baseTests,
  hunkRevert,
];
