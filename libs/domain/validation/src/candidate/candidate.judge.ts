import type { Command, EffectivePolicy, GateResult, Repair } from '@gatehouse/contracts';
import { applyPatch, Mirror, openQuarantine, type GitRunner, type Quarantine } from '@gatehouse/git';
import { sha256Hex } from '@gatehouse/proof';
import type { AnswerCache, Learnt } from '../answer.cache.js';
import { readCanary, type Bait } from '../canary/canary.search.js';
import type { SecretReader } from '../content.collector.js';
import { ownCode } from '../code.digest.js';
import { readBase, readChange, readEntries, regenerate } from '../collector.js';
import { noFacts, type ContextFacts, type HarvestFacts, type LeaseFacts, type TreeFacts } from '../facts.js';
import { ask, askStage, type Gate } from '../gate.js';
import { gates } from '../gates/index.js';
import type { AcceptedPatch } from '../patch/parsed.js';
import { parsePatch, type ParseOptions } from '../patch/patch.parser.js';
import { repairOf } from '../repair.js';
import { testPlan, type TestPlan } from '../tests/test.plan.js';
import { patchShapeOf, shapeOf, type PatchShape } from '../shape.js';
import type { ScanSecrets } from '../secrets/secret.scanner.js';
import { decides, gateSetDigest, isCacheable, repairKey, staticKey, weigh } from '../verdict/verdict.js';

/** What an attempt handed in, and what it is held against. */
export interface JudgeInput {
  readonly sessionId: string;
  readonly attemptId: string;
  readonly repositoryId: string;
  readonly mirrorDir: string;
  /** Folder for throwaway repositories. */
  readonly quarantineRoot: string;
  readonly base: { readonly commit: string };
  /** Branch or tag of the mirror; null where the base was given as a commit: then any branch or tag will do. */
  readonly reachableFrom: string | null;
  readonly policy: EffectivePolicy;
  readonly specDigest: string;
  readonly patch: Buffer;
  /** `sha256:…` of the stored patch. */
  readonly patchArtifact: string;
  readonly declaredSha256: string;
  readonly declaredTree: string | null;
  readonly lease: LeaseFacts;
  readonly harvest: HarvestFacts;
  /** What was laid out for the agents of the session, and what this one printed. */
  readonly bait: Bait;
}

/** What the gates that need no sandbox answered. */
export interface Judgement {
  /** Null where the patch leads to no tree: then there is no candidate. */
  readonly tree: string | null;
  readonly baseTree: string | null;
  readonly files: number;
  /** Of the artifact and tree stages. */
  readonly results: GateResult[];
  /** As the gates gave them, of those that the policy weighed otherwise. */
  readonly unweighed: GateResult[];
  /** What to leave out so that no gate would block; null where that does not help. */
  readonly repair: Repair | null;
  readonly patch: PatchShape | null;
  readonly passedSoFar: boolean;
  /** It passed and changes nothing. */
  readonly noop: boolean;
  /** The static answers were taken from an equal decision before. */
  readonly cached: boolean;
  readonly learnt: Learnt;
  /** Required and still to be run. */
  readonly commands: Command[];
  /** What is to be found out about the tests among them; null where there are none. */
  readonly tests: TestPlan | null;
}

export interface JudgeTools {
  readonly git: GitRunner;
  readonly answers: AnswerCache;
  readonly secrets: ScanSecrets;
  readonly onError: (gate: string, error: unknown) => void;
}

/** Names this build's gates. */
export const ownGateSet = gateSetDigest(gates, ownCode());

export const keyOf = (policy: EffectivePolicy, baseTree: string, tree: string): string =>
  staticKey({ baseTree, tree, policyDigest: policy.digest, gateSetDigest: ownGateSet });

const treeGates = gates.filter(({ stage }) => stage === 'tree');
const contextGates = treeGates.filter(({ part }) => part === 'context');
/** Those whose answers depend on content and policy alone. */
export const ownStaticGates = treeGates.filter(({ part }) => part === 'static');
const passes = (results: readonly GateResult[]): boolean =>
  results.every((result) => result.answer === 'pass' || !decides(result));

/** A change of which only the paths are known: enough for gates that are not static. */
export const bareChange = (
  baseTree: string,
  tree: string,
  entries: TreeFacts['entries'] = [],
): TreeFacts => ({
  baseTree,
  tree,
  entries,
  blobs: new Map(),
  secrets: null,
  folders: new Map(),
  links: new Map(),
  fsck: null,
});

/**
 * Beyond what policy takes there is nothing to be found out by reading on. A path whose type changes is in a patch
 * twice, and none more often.
 */
export const readAtMost = ({ patchBytes, files }: EffectivePolicy['limits']): ParseOptions => ({
  maxBytes: patchBytes,
  maxFiles: 2 * Math.max(files, 1),
});

type Applied =
  | { readonly ok: true; readonly tree: string }
  | { readonly ok: false; readonly code: string; readonly refused: string };

/** Applies exactly the bytes that were parsed; the tree's objects stay in the quarantine. */
export const applySpan = async (
  git: GitRunner,
  quarantine: Quarantine,
  baseTree: string,
  patch: Buffer,
  { span, files }: AcceptedPatch,
): Promise<Applied> => {
  if (files.length === 0) return { ok: true, tree: baseTree };
  const answer = await applyPatch(git, quarantine, baseTree, patch.subarray(span.start, span.end));
  if (answer.ok) return { ok: true, tree: answer.tree };
  if (answer.reason === 'patch.no_change') return { ok: true, tree: baseTree };
  return { ok: false, code: answer.reason, refused: answer.detail };
};

export const readerOf = (secrets: ScanSecrets, onError: JudgeTools['onError']): SecretReader => ({
  scan: (content) => secrets.scan(content),
  onError: (error) => onError('secrets', error),
});

interface StaticAnswers {
  readonly results: readonly GateResult[];
  /** What they were asked about; null where they were kept from before. */
  readonly change: TreeFacts | null;
  readonly learnt: Learnt['content'];
}

/** Static answers, from the cache or from all the facts there are. */
export const askStatic = async (
  { git, answers, secrets, onError }: JudgeTools,
  quarantine: Quarantine,
  facts: ContextFacts,
  known: TreeFacts,
): Promise<StaticAnswers> => {
  const key = keyOf(facts.policy, known.baseTree, known.tree);
  const before = await answers.cached(key);
  if (before !== undefined && ownStaticGates.every(({ id }) => before.some(({ gate }) => gate === id)))
    return { results: before, change: null, learnt: null };
  const change = await readChange(git, quarantine, known, facts.policy.limits, readerOf(secrets, onError));
  const results = ownStaticGates.map((gate) => ask(gate, { ...facts, change }, onError));
  const { baseTree, tree } = known;
  const kept = results.every(isCacheable) ? { key, results } : null;
  return { results, change, learnt: { baseTree, tree, shape: shapeOf(change), answers: kept } };
};

interface Refused {
  /** As policy weighs them, of both stages. */
  readonly results: readonly GateResult[];
  readonly known: TreeFacts;
  readonly facts: ContextFacts;
  readonly content: StaticAnswers;
}

/** The smallest repair. The same answers on the same trees have the same one, so it is looked for once. */
const mend = async (
  { git, answers, secrets, onError }: JudgeTools,
  quarantine: Quarantine,
  { results, known, facts, content }: Refused,
): Promise<{ repair: Repair | null; learnt: Learnt['repair'] }> => {
  const { policy } = facts;
  const key = repairKey(keyOf(policy, known.baseTree, known.tree), results);
  const before = await answers.repair(key);
  if (before !== undefined) return { repair: before, learnt: null };
  const again = (change: TreeFacts): GateResult[] =>
    weigh(
      ownStaticGates.map((gate) => ask(gate, { ...facts, change }, onError)),
      gates,
      policy.gates,
    );
  const change =
    content.change ?? (await readChange(git, quarantine, known, policy.limits, readerOf(secrets, onError)));
  const repair = repairOf(results, change, policy.limits, again);
  return { repair, learnt: content.results.every(isCacheable) ? { key, repair } : null };
};

const inOrder = (asked: readonly Gate[], results: readonly GateResult[]): GateResult[] =>
  asked.flatMap(({ id }) => results.filter(({ gate }) => gate === id));

/**
 * Asks every gate that needs no sandbox. Safe to repeat. A "no" is among the results; thrown is only what may go
 * away by itself, e.g. `git.failed`, `git.timeout` and `storage.full`.
 */
export const judge = async (tools: JudgeTools, input: JudgeInput): Promise<Judgement> => {
  const { git, onError } = tools;
  const { policy, lease, harvest, declaredSha256, declaredTree, patch: bytes } = input;
  const patch = parsePatch(bytes, readAtMost(policy.limits));
  const mirror = new Mirror(git, input.mirrorDir);
  const base = await readBase(git, mirror, input.base.commit, input.reachableFrom);
  const facts: ContextFacts = {
    ...noFacts,
    policy,
    artifact: { bytes: bytes.length, sha256: sha256Hex(bytes), declaredSha256 },
    patch,
    lease,
    base,
    harvest,
  };
  const unweighed: GateResult[] = [];
  const weighed = (results: readonly GateResult[]): GateResult[] => {
    const counted = weigh(results, gates, policy.gates);
    unweighed.push(...results.filter((result, i) => counted[i] !== result));
    return counted;
  };
  const first = weighed(askStage(gates, 'artifact', facts, onError));
  const ended = (results: GateResult[]): Judgement => ({
    tree: null,
    baseTree: base.tree,
    files: patch.ok ? patch.files.length : 0,
    results,
    unweighed,
    repair: null,
    patch: null,
    passedSoFar: false,
    noop: false,
    cached: false,
    learnt: { content: null, repair: null },
    commands: [],
    tests: null,
  });
  if (!passes(first) || !patch.ok || base.tree === null) return ended(first);
  const quarantine = await openQuarantine(input.quarantineRoot, input.mirrorDir);
  try {
    const applied = await applySpan(git, quarantine, base.tree, bytes, patch);
    if (!applied.ok) {
      // Only these: static gates look at trees, and there is none.
      const canary = await readCanary(git, null, input.bait, bytes, policy.limits.blobBytes);
      const refused = { ...facts, canary, roundTrip: { code: applied.code, refused: applied.refused } };
      return ended([...first, ...weighed(contextGates.map((gate) => ask(gate, refused, onError)))]);
    }
    const { tree } = applied;
    const noChange = tree === base.tree;
    const regeneratedTree = noChange
      ? tree
      : await regenerate(
          git,
          input.quarantineRoot,
          quarantine,
          base.tree,
          tree,
          bytes.subarray(patch.span.start, patch.span.end),
        );
    const entries = await readEntries(git, quarantine.gitDir, base.tree, tree);
    const known = bareChange(base.tree, tree, entries);
    const made = { gitDir: quarantine.gitDir, entries };
    const context = {
      ...facts,
      canary: await readCanary(git, made, input.bait, bytes, policy.limits.blobBytes),
      change: known,
      roundTrip: { declaredTree, appliedTree: tree, regeneratedTree },
    };
    const content = await askStatic(tools, quarantine, context, known);
    const second = [...contextGates.map((gate) => ask(gate, context, onError)), ...content.results];
    const results = [...first, ...weighed(inOrder(treeGates, second))];
    const passedSoFar = passes(results);
    const noop = passedSoFar && noChange;
    const mended = passedSoFar ? null : await mend(tools, quarantine, { results, known, facts, content });
    return {
      tree,
      baseTree: base.tree,
      files: entries.length,
      results,
      unweighed,
      repair: mended?.repair ?? null,
      patch: patchShapeOf(patch, bytes.length),
      passedSoFar,
      noop,
      cached: content.change === null,
      learnt: { content: content.learnt, repair: mended?.learnt ?? null },
      commands: passedSoFar && !noop ? [...policy.commands] : [],
      tests: testPlan(policy, entries),
    };
  } finally {
    await quarantine.remove();
  }
};
