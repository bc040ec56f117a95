import { custom, invalid, refused, type Answer } from './answer.js';
import { userShape } from './account.shape.js';
import { atLeast, roleOf } from './access.js';
import { setIssueState, tellOfIssue, type By } from './issues.js';
import { fullName } from './naming.js';
import { tellOfMoves } from './pushes.js';
import type { Account, PullIssue, PullSide, Repository } from './world.types.js';
import type { World } from './world.js';

export interface NewPull {
  head: string;
  base: string;
  title: string;
  body?: string | null;
  draft?: boolean;
  maintainerCanModify?: boolean;
}

/** `branch`, `acme:branch`, or `mallory:branch` of a fork. */
async function headOf(world: World, repository: Repository, head: string): Promise<PullSide | null> {
  const [owner, ref] = head.includes(':') ? head.split(':') : [repository.owner.login, head];
  const home =
    owner?.toLowerCase() === repository.owner.login.toLowerCase()
      ? repository
      : [...world.repositories.values()].find(
          (one) => one.parent === repository && one.owner.login.toLowerCase() === owner?.toLowerCase(),
        );
  const sha = home && ref ? await home.git.branch(ref) : null;
  return home && ref && sha !== null ? { ref, sha, repository: home } : null;
}

const sameHead = (a: PullSide, b: PullSide) => a.ref === b.ref && a.repository === b.repository;

/** The pull request, or GitHub's refusal. */
export function openPull(world: World, repository: Repository, by: By, wanted: NewPull) {
  return repository.git.exclusive(async (): Promise<PullIssue | Answer> => {
    const baseSha = await repository.git.branch(wanted.base);
    if (baseSha === null) return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    const head = await headOf(world, repository, wanted.head);
    if (!head) return invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
    const base: PullSide = { ref: wanted.base, sha: baseSha, repository };
    const twin = world.openPulls().find(({ pull }) => sameHead(pull.head, head) && sameHead(pull.base, base));
    if (twin)
      return custom(
        'PullRequest',
        `A pull request already exists for ${head.repository.owner.login}:${head.ref}.`,
      );
    if (head.repository !== repository)
      await repository.git.git(['fetch', '--quiet', head.repository.git.dir, head.sha]);
    if ((await repository.git.commitsBetween(baseSha, head.sha)).length === 0)
      return custom('PullRequest', `No commits between ${wanted.base} and ${wanted.head}`);
    if (wanted.draft && !repository.draftsSupported)
      return refused(422, 'Draft pull requests are not supported in this repository.');
    const stat = await repository.git.diffStat(baseSha, head.sha);
    const issue = world.newIssue(repository, by.account, by.viaApp, wanted.title, wanted.body ?? null);
    const pulled: PullIssue = Object.assign(issue, {
      pull: {
        id: world.nextId(),
        head,
        base,
        draft: wanted.draft ?? false,
        merged: null,
        requestedReviewers: [],
        stat,
        maintainerCanModify: wanted.maintainerCanModify ?? false,
        testMerge: null,
      },
    });
    await repository.git.git(['update-ref', `refs/pull/${issue.number}/head`, head.sha]);
    tellOfIssue(world, pulled, by.account, 'opened');
    return pulled;
  });
}

/** Tries the merge as GitHub does behind the page; the answer is kept until either side moves. */
export async function tryMerge(world: World, issue: PullIssue): Promise<boolean | null> {
  const { pull, repository } = issue;
  if (issue.state === 'closed') return null;
  const base = await repository.git.branch(pull.base.ref);
  if (base === null) return null;
  const known = pull.testMerge;
  if (known?.base === base && known.head === pull.head.sha) return known.commit !== null;
  const tree = await repository.git.mergeTree(base, pull.head.sha);
  const by = { name: 'GitHub', email: 'noreply@github.com', date: world.now() };
  const message = `Merge ${pull.head.sha} into ${base}`;
  const commit = tree && (await repository.git.commit({ parents: [base, pull.head.sha], tree, message, by }));
  if (commit) await repository.git.git(['update-ref', `refs/pull/${issue.number}/merge`, commit]);
  pull.testMerge = { base, head: pull.head.sha, commit };
  return commit !== null;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** Why a protected branch would not take it yet, or null. */
function unmet(issue: PullIssue): string | null {
  const { repository, pull } = issue;
  const protection = repository.protections.get(pull.base.ref);
  const wanted = protection?.requiredApprovals ?? 0;
  const approvers = new Set(
    [...repository.reviews.values()]
      .filter((one) => one.issue === issue && one.state === 'APPROVED')
      .filter((one) => atLeast(roleOf(repository, one.author), 'write'))
      .map((one) => one.author.id),
  );
  if (approvers.size < wanted)
    return `At least ${wanted} approving review${wanted === 1 ? ' is' : 's are'} required by reviewers with write access.`;
  const runs = [...repository.checkRuns.values()].filter((run) => run.headSha === pull.head.sha);
  const missing = (protection?.requiredChecks ?? []).find(
    (name) => !runs.some((run) => run.name === name && run.conclusion === 'success'),
  );
  return missing === undefined ? null : `Required status check "${missing}" is expected.`;
}

/** The new commit on the base, or GitHub's refusal. */
export function mergePull(
  world: World,
  issue: PullIssue,
  by: Account,
  wanted: { method?: MergeMethod; sha?: string | null; title?: string | null; message?: string | null } = {},
) {
  const { repository, pull } = issue;
  return repository.git.exclusive(async (): Promise<string | Answer> => {
    if (issue.state === 'closed') return refused(405, 'Pull Request is not mergeable');
    if (pull.draft) return refused(405, 'Pull Request is still a draft');
    if (wanted.sha && wanted.sha !== pull.head.sha)
      return refused(409, 'Head branch was modified. Review and try the merge again.');
    const reason = unmet(issue);
    if (reason !== null) return refused(405, reason);
    if (!(await tryMerge(world, issue))) return refused(405, 'Pull Request is not mergeable');
    const before = (await repository.git.branch(pull.base.ref)) ?? '';
    const commit = await mergeCommit(world, issue, by, before, wanted);
    if (commit === null) return refused(405, "This branch can't be rebased");
    await repository.git.git(['update-ref', `refs/heads/${pull.base.ref}`, commit, before]);
    markMerged(world, issue, by, commit);
    const ref = `refs/heads/${pull.base.ref}`;
    await tellOfMoves(world, repository, by, [{ ref, before, after: commit }]);
    return commit;
  });
}

async function mergeCommit(
  world: World,
  issue: PullIssue,
  account: Account,
  base: string,
  wanted: { method?: MergeMethod; title?: string | null; message?: string | null },
): Promise<string | null> {
  const { pull, repository } = issue;
  const { git } = repository;
  const by = { name: account.login, email: account.email, date: world.now() };
  if (wanted.method === 'rebase') {
    if (!(await git.isAncestor(base, pull.head.sha))) return null;
    let tip = base;
    for (const sha of await git.commitsBetween(base, pull.head.sha)) {
      const { tree, message } = await git.commitFacts(sha);
      tip = await git.commit({ parents: [tip], tree, message, by });
    }
    return tip;
  }
  const squash = wanted.method === 'squash';
  const tree = (await git.mergeTree(base, pull.head.sha)) ?? undefined;
  const from = `${fullName(pull.head.repository).split('/')[0]}/${pull.head.ref}`;
  const title =
    wanted.title ??
    (squash ? `${issue.title} (#${issue.number})` : `Merge pull request #${issue.number} from ${from}`);
  const message = `${title}\n\n${wanted.message ?? (squash ? '' : issue.title)}`.trimEnd();
  return git.commit({ parents: squash ? [base] : [base, pull.head.sha], tree, message, by });
}

export function markMerged(world: World, issue: PullIssue, by: Account, sha: string): void {
  issue.pull.merged = { at: world.now(), by, sha };
  setIssueState(world, issue, by, 'closed');
}

export function requestReview(world: World, issue: PullIssue, by: Account, reviewer: Account): void {
  if (issue.pull.requestedReviewers.includes(reviewer)) return;
  issue.pull.requestedReviewers.push(reviewer);
  issue.updatedAt = world.now();
  tellOfIssue(world, issue, by, 'review_requested', { requested_reviewer: userShape(world, reviewer) });
}

export function unrequestReview(world: World, issue: PullIssue, by: Account, reviewer: Account): void {
  if (!issue.pull.requestedReviewers.includes(reviewer)) return;
  issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter((one) => one !== reviewer);
  issue.updatedAt = world.now();
  tellOfIssue(world, issue, by, 'review_request_removed', { requested_reviewer: userShape(world, reviewer) });
}

export function setDraft(world: World, issue: PullIssue, by: Account, draft: boolean): void {
  if (issue.pull.draft === draft) return;
  issue.pull.draft = draft;
  issue.updatedAt = world.now();
  tellOfIssue(world, issue, by, draft ? 'converted_to_draft' : 'ready_for_review');
}
