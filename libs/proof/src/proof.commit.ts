import type { ProofCheck } from './proof.js';
import type { Predicate } from './statement.js';

/** What a repository says of the commit that a proof is about. */
export interface CommitFacts {
  /** Undefined where the repository does not have it. */
  readonly commit: CommitFact | undefined;
  readonly base: CommitFact | undefined;
  /** The base is the commit's parent, or lies before it. */
  readonly isOnBase: boolean;
  /** What is wrong with the objects of the change; undefined where each has the content that its id names. */
  readonly damage: string | undefined;
}

export interface CommitFact {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
}

/** Holds a statement against the repository: the commit, what it holds, and where it stands. */
export const checkCommit = ({ commit, base }: Predicate, facts: CommitFacts): ProofCheck[] => {
  const check = (name: string, fault: string | false | undefined, holds: string): ProofCheck => ({
    check: name,
    ok: !fault,
    message: fault || holds,
  });
  const { commit: found, base: under } = facts;
  if (found === undefined)
    return [check('commit', `The repository does not have commit ${commit.id}. Fetch its branch.`, '')];
  return [
    check(
      'commit',
      found.id !== commit.id && `The repository has ${found.id} in the place of ${commit.id}.`,
      `The repository has commit ${commit.id}.`,
    ),
    check(
      'tree',
      found.tree !== commit.tree &&
        `The commit has tree ${found.tree}, not ${commit.tree}, which was judged.`,
      'The commit has the tree that was judged.',
    ),
    check(
      'parent',
      found.parents.join() !== commit.parents.join() &&
        `The commit has the parents ${found.parents.join(', ') || 'none'}, not ${commit.parents.join(', ')} alone.`,
      `It follows on ${commit.parents.join(' and ')}.`,
    ),
    check(
      'base_commit',
      under === undefined
        ? `The repository does not have the base ${base.commit}. Fetch it.`
        : under.tree !== base.tree
          ? `The base has tree ${under.tree}, not ${base.tree}, on which was judged.`
          : !facts.isOnBase && `The commit does not stand on the base ${base.commit}.`,
      'It stands on the base, which has the tree that was judged on.',
    ),
    check('objects', facts.damage, 'Every object of the change has the content that its id names.'),
  ];
};
