import {
  contentActions,
  type PolicyAction,
  type PolicyEffect,
  type PolicyRule,
  type PrincipalKind,
  type PromotionLevel,
  type Role,
} from '@gatehouse/contracts';
import { compileGlob, matchSegments, type Glob, type Steps } from './glob/glob.js';
import { foldPath, foldText } from './glob/path.fold.js';
import type { RawPath } from './glob/path.js';

/** Who asks; null where content alone is decided on. */
export interface AskSubject {
  readonly name: string;
  readonly kind: PrincipalKind;
  readonly roles: readonly Role[];
}

/** One question to the rules. Plain data: it can be stored and asked again under another policy. */
export interface Ask {
  readonly subject: AskSubject | null;
  readonly action: PolicyAction;
  /** Bytes as in a `RawPath`; what stands here for which action says `policyActions` of the contracts. */
  readonly resource: RawPath;
  readonly context: {
    /** The session took untrusted input. */
    readonly tainted: boolean;
    /** At which the job asks to be published; null where that is not known. */
    readonly level: PromotionLevel | null;
  };
}

/** An ask with its resource cut at the slashes. */
export class Question {
  readonly segments: readonly string[];
  #folded: readonly string[] | undefined;

  /** Comparisons that globs cost so far. */
  readonly steps = { count: 0 };

  constructor(readonly ask: Ask) {
    this.segments = ask.resource.split('/');
  }

  /** As file systems see it that fold case; made only where a rule needs it. */
  get folded(): readonly string[] {
    return (this.#folded ??= foldPath(this.ask.resource).split('/'));
  }
}

interface RuleSubjects {
  readonly kinds: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

export interface CompiledRule {
  readonly id: string;
  /** Place in the document: of several that match, the first is named. */
  readonly order: number;
  readonly effect: PolicyEffect;
  readonly actions: ReadonlySet<PolicyAction>;
  /** Null for everyone. */
  readonly subjects: RuleSubjects | null;
  readonly globs: readonly Glob[];
  /** Of a rule that refuses paths: a forbid that errs should err on the side of no (see `forbidSet`). */
  readonly folded: readonly Glob[];
  readonly when: NonNullable<PolicyRule['when']>;
  readonly reason: string | null;
  /** As casbin takes it; null for what only asks for an approval. */
  readonly line: readonly [rule: CompiledRule, eft: 'allow' | 'deny'] | null;
}

const subjectsOf = (texts: readonly string[]): RuleSubjects => {
  const named = (what: string) =>
    texts.filter((text) => text.startsWith(what)).map((text) => text.slice(what.length));
  return {
    kinds: new Set(named('kind:')),
    roles: new Set(named('role:')),
    names: new Set(named('principal:')),
  };
};

export const compileRule = (rule: PolicyRule, order: number): CompiledRule => {
  const globs = [...new Set(rule.resources ?? ['**'])];
  const folds = rule.effect !== 'permit' && rule.actions.some((action) => contentActions.includes(action));
  const compiled: Omit<CompiledRule, 'line'> & { line: CompiledRule['line'] } = {
    id: rule.id,
    order,
    effect: rule.effect,
    actions: new Set(rule.actions),
    subjects: rule.subjects === undefined || rule.subjects.includes('*') ? null : subjectsOf(rule.subjects),
    globs: globs.map(compileGlob),
    folded: folds ? globs.map((glob) => compileGlob(foldText(glob))) : [],
    when: rule.when ?? {},
    reason: rule.reason ?? null,
    line: null,
  };
  if (rule.effect !== 'require_approval')
    compiled.line = [compiled, rule.effect === 'permit' ? 'allow' : 'deny'];
  return compiled;
};

const holds = ({ kinds, roles, names }: RuleSubjects, { name, kind, roles: held }: AskSubject): boolean =>
  kinds.has(kind) || names.has(name) || held.some((role) => roles.has(role));

/** Twice what 10,000 rules need of which each begins with a wildcard, on a path of four folders. */
export const maxSteps = 2_000_000;

const matchesAny = (globs: readonly Glob[], segments: readonly string[], steps: Steps): boolean =>
  globs.some((glob) => {
    if (steps.count > maxSteps)
      throw new RangeError(
        `its globs need more than ${maxSteps} comparisons. Name folders instead of wildcards.`,
      );
    return matchSegments(glob, segments, steps);
  });

/** Whether a rule is about this; what is not known counts against the one who asks. */
export const ruleMatches = (rule: CompiledRule, question: Question): boolean => {
  const { ask, segments } = question;
  if (!rule.actions.has(ask.action)) return false;
  const unknown = rule.effect !== 'permit';
  const { tainted, levels } = rule.when;
  if (tainted !== undefined && tainted !== ask.context.tainted) return false;
  if (levels !== undefined) {
    const { level } = ask.context;
    if (level === null ? !unknown : !levels.includes(level)) return false;
  }
  if (rule.subjects !== null) {
    if (ask.subject === null ? !unknown : !holds(rule.subjects, ask.subject)) return false;
  }
  return (
    matchesAny(rule.globs, segments, question.steps) ||
    (contentActions.includes(ask.action) && matchesAny(rule.folded, question.folded, question.steps))
  );
};
