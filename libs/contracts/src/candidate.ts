import { z } from 'zod';
import { ArtifactId, CandidateId, idOf, Instant, ObjectId, Sha256 } from './id.js';
import { PageQuery } from './page.js';
import { PolicyLayer } from './policy.js';

export const Severity = z.enum(['block', 'require_approval', 'warn']).meta({ id: 'Severity' });
export type Severity = z.infer<typeof Severity>;

/** One thing a gate found. `code` is stable API; message and evidence are for people and hold no secret. */
export const Finding = z
  .object({
    code: z.string().describe('Stable reason code, e.g. path.forbidden'),
    severity: Severity,
    message: z.string().describe('What was found'),
    next: z.string().describe('What to do about it'),
    path: z.string().optional().describe('Repository path; C-quoted as git does where it is not plain UTF-8'),
    startLine: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('First line of the place in the new file, from 1; in the old one where the path is deleted'),
    endLine: z.number().int().positive().optional().describe('Last line of the place'),
    rule: z
      .object({ id: z.string().nullable(), layer: PolicyLayer, name: z.string() })
      .optional()
      .describe('The policy rule that was applied, and whose it is; id null where none permits'),
    evidence: z.string().max(2000).optional().describe('What was seen; never a secret itself'),
  })
  .meta({ id: 'Finding' });
export type Finding = z.infer<typeof Finding>;

export const GateAnswer = z.enum(['pass', 'fail', 'error', 'inconclusive']).meta({ id: 'GateAnswer' });
export type GateAnswer = z.infer<typeof GateAnswer>;

/**
 * `static` depends on trees and policy alone, `command` also on commands, image and limits; both are cached by
 * content. `context` depends on who sent it and where the base is now, and is never cached (I8).
 */
export const GatePart = z.enum(['static', 'command', 'context']).meta({ id: 'GatePart' });
export type GatePart = z.infer<typeof GatePart>;

export const GateResult = z
  .object({
    gate: z.string().describe('Id of the gate, e.g. symlink'),
    part: GatePart,
    summary: z.string().describe('What the gate looks at'),
    answer: GateAnswer,
    required: z
      .boolean()
      .optional()
      .describe('False: policy does not require this gate, so it only warns. Absent: required'),
    staged: z
      .boolean()
      .optional()
      .describe('True: policy tries this gate out; what it finds refuses nothing, and nothing is published'),
    findings: z.array(Finding),
  })
  .meta({ id: 'GateResult' });
export type GateResult = z.infer<typeof GateResult>;

/** What to leave out of a refused change, so that no static gate blocks the rest. */
export const Repair = z
  .object({
    drop: z.array(z.string()).describe('Paths to leave out, as findings name them'),
    others: z.number().int().min(0).describe('Of the other paths, any so many as well'),
    approvals: z
      .array(z.object({ gate: z.string(), code: z.string(), path: z.string().optional() }))
      .describe('Findings that a person must accept even then'),
    sentence: z.string(),
  })
  .meta({ id: 'Repair' });
export type Repair = z.infer<typeof Repair>;

export const VerdictOutcome = z.enum(['pass', 'fail', 'error', 'inconclusive', 'noop']);

export const Verdict = z
  .object({
    id: idOf('verdict'),
    candidateId: CandidateId,
    sessionId: idOf('session'),
    outcome: VerdictOutcome,
    approvalsNeeded: z.boolean().describe('A pass that carries findings a person must accept'),
    policyDigest: Sha256,
    gateSetDigest: Sha256,
    staticDigest: Sha256.describe('Digest of what the static part was decided on and what it answered'),
    cached: z.boolean().describe('The static part was taken from an equal decision before'),
    gates: z.array(GateResult),
    repair: Repair.nullable()
      .optional()
      .describe('The smallest part to leave out of a refused change; null where that does not help'),
    decidedAt: Instant,
  })
  .meta({ id: 'Verdict' });
export type Verdict = z.infer<typeof Verdict>;

export const Candidate = z
  .object({
    id: CandidateId,
    alias: z.string().describe('Readable name made from the id'),
    sessionId: idOf('session'),
    jobId: idOf('job'),
    repository: z.string(),
    base: ObjectId,
    baseTree: ObjectId,
    tree: ObjectId,
    patch: ArtifactId,
    patchBytes: z.number().int(),
    files: z.number().int(),
    specDigest: Sha256,
    state: z
      .enum(['judging', 'pass', 'fail', 'error', 'inconclusive', 'noop'])
      .describe('Of its latest verdict'),
    verdict: Verdict.nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Candidate' });
export type Candidate = z.infer<typeof Candidate>;

export const CandidateVerification = z
  .object({
    candidateId: CandidateId,
    verdictId: idOf('verdict'),
    agrees: z.boolean().describe('Tree and every static answer are byte for byte what the verdict says'),
    tree: ObjectId.nullable().describe('What the stored patch makes of the base now'),
    gateSet: z
      .enum(['same', 'other'])
      .describe('other: the verdict was decided by other gates than this installation has now'),
    staticDigest: Sha256,
    recomputedDigest: Sha256.nullable().describe('Null where the tree is another one'),
    answers: z.number().int().describe('Static answers that were asked anew'),
    differences: z.array(
      z.object({ gate: z.string(), was: GateResult.nullable(), now: GateResult.nullable() }),
    ),
    withdrawn: z.boolean().describe('The verdict no longer counts: the candidate is being judged again'),
  })
  .meta({ id: 'CandidateVerification' });
export type CandidateVerification = z.infer<typeof CandidateVerification>;

export const CandidateQuery = PageQuery.extend({
  sessionId: idOf('session').optional(),
  jobId: idOf('job').optional(),
});
export type CandidateQuery = z.infer<typeof CandidateQuery>;

export const FileChange = z
  .object({
    path: z.string(),
    status: z.enum(['added', 'modified', 'deleted', 'type_changed']),
    oldMode: z.string().describe('Six octal digits; 000000 where there is none'),
    newMode: z.string(),
    oldOid: z.string(),
    newOid: z.string(),
    binary: z.boolean(),
    oldSize: z.number().int().nullable(),
    newSize: z.number().int().nullable(),
    hunks: z
      .string()
      .nullable()
      .describe('Unified diff of this file without credentials; null where binary or too large to show'),
    truncated: z.boolean(),
    masked: z
      .number()
      .int()
      .min(0)
      .nullable()
      .describe(
        'Lines in which something that looks like a credential is not shown; null where it is not known which do, and so no line is shown',
      ),
  })
  .meta({ id: 'FileChange' });
export type FileChange = z.infer<typeof FileChange>;

export const CandidateDiff = z
  .object({
    candidateId: CandidateId,
    files: z.array(FileChange),
    truncated: z.boolean().describe('More files changed than are listed'),
  })
  .meta({ id: 'CandidateDiff' });
export type CandidateDiff = z.infer<typeof CandidateDiff>;
