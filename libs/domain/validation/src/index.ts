import { CandidateEntity } from './candidate/candidate.entity.js';
import { CandidatesRepository } from './candidate/candidate.repository.js';
import { CandidateRebaser } from './candidate/candidate.rebaser.js';
import { CandidateService } from './candidate/candidate.service.js';
import { CandidateVerifier } from './candidate/candidate.verifier.js';
import { SecretScanner } from './secrets/secret.scanner.js';
import { StackBuilder } from './stack.builder.js';
import { SimulationRepository } from './simulation/simulation.repository.js';
import { SimulationService } from './simulation/simulation.service.js';
import { TestBaselinesRepository } from './tests/test.baseline.repository.js';
import { TestWorkService } from './tests/test.work.service.js';
import { VerdictEntity } from './verdict/verdict.entity.js';
import { VerdictsRepository } from './verdict/verdict.repository.js';

export { CandidateEntity } from './candidate/candidate.entity.js';
export type { JudgeInput, Judgement } from './candidate/candidate.judge.js';
export { CandidateVerifier } from './candidate/candidate.verifier.js';
export { CandidateRebaser, type Onto, type Rebased } from './candidate/candidate.rebaser.js';
export { CandidatesRepository } from './candidate/candidate.repository.js';
export * from './candidate/candidate.sarif.js';
export { CandidateService, type Decision, type NewCandidate } from './candidate/candidate.service.js';
export * from './content.js';
export * from './facts.js';
export {
  ask,
  askStage,
  stages,
  type CommandGate,
  type ContextGate,
  type Gate,
  type GateDecision,
  type Stage,
  type StaticGate,
} from './gate.js';
export * from './gates/index.js';
export * from './link.js';
export * from './names.js';
export * from './patch/parsed.js';
export * from './patch/patch.parser.js';
export * from './quote.js';
export { scanBlob } from './secrets/secret.scan.js';
export { SecretScanner, type ScanSecrets } from './secrets/secret.scanner.js';
export { SimulationService } from './simulation/simulation.service.js';
export {
  StackBuilder,
  type BuiltStack,
  type StackAnswer,
  type StackMember,
  type StackRefusal,
} from './stack.builder.js';
export * from './tests/test.plan.js';
export { TestWorkService } from './tests/test.work.service.js';
export * from './verdict/verdict.js';
export { VerdictEntity } from './verdict/verdict.entity.js';
export { VerdictsRepository } from './verdict/verdict.repository.js';

export const validationEntities = [CandidateEntity, VerdictEntity];
export const validationProviders = [
  CandidatesRepository,
  VerdictsRepository,
  SecretScanner,
  CandidateService,
  CandidateVerifier,
  CandidateRebaser,
  StackBuilder,
  SimulationRepository,
  SimulationService,
  TestBaselinesRepository,
  TestWorkService,
];
