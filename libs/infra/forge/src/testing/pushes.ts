import { userShape } from './account.shape.js';
import { ZERO } from './bare.repository.js';
import { setIssueState, tellOfIssue } from './issues.js';
import { fullName } from './naming.js';
import { markMerged } from './pulls.js';
import { pushedRepositoryShape } from './repository.shape.js';
import type { Account, PullIssue, Repository } from './world.types.js';
import type { World } from './world.js';

/** A ref that was moved; ZERO where it was not, or is no more. */
export interface Move {
  ref: string;
  before: string;
  after: string;
}

export function movesBetween(before: Map<string, string>, after: Map<string, string>): Move[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((ref) => before.get(ref) !== after.get(ref))
    .map((ref) => ({ ref, before: before.get(ref) ?? ZERO, after: after.get(ref) ?? ZERO }));
}

/** What follows from moved refs: the push, and what it means for pull requests. */
export async function tellOfMoves(
  world: World,
  repository: Repository,
  by: Account,
  moves: Move[],
): Promise<void> {
  for (const move of moves) {
    if (/^refs\/(heads|tags)\//.test(move.ref)) await tellOfPush(world, repository, by, move);
    const branch = /^refs\/heads\/(.*)$/.exec(move.ref)?.[1];
    if (branch === undefined) continue;
    for (const issue of world.openPulls()) await followBranch(world, issue, repository, branch, by, move);
  }
}

async function followBranch(
  world: World,
  issue: PullIssue,
  repository: Repository,
  branch: string,
  by: Account,
  { before, after }: Move,
): Promise<void> {
  const { pull } = issue;
  const { git } = issue.repository;
  const isHead = pull.head.repository === repository && pull.head.ref === branch;
  const isBase = pull.base.repository === repository && pull.base.ref === branch;
  if (!isHead && !isBase) return;
  if (after === ZERO) return setIssueState(world, issue, by, 'closed');
  if (isBase) {
    if (await git.isAncestor(pull.head.sha, after)) markMerged(world, issue, by, after);
    return;
  }
  if (pull.head.repository !== issue.repository)
    await git.git(['fetch', '--quiet', pull.head.repository.git.dir, after]);
  const base = await git.branch(pull.base.ref);
  if (base === null) return;
  pull.head.sha = after;
  pull.base.sha = base;
  pull.testMerge = null;
  pull.stat = await git.diffStat(base, after);
  issue.updatedAt = world.now();
  await git.git(['update-ref', `refs/pull/${issue.number}/head`, after]);
  tellOfIssue(world, issue, by, 'synchronize', { before, after });
  // A branch set back onto its base has nothing left to propose: GitHub closes it.
  if (pull.stat.commits === 0) setIssueState(world, issue, by, 'closed');
}

async function tellOfPush(world: World, repository: Repository, by: Account, move: Move): Promise<void> {
  const { git } = repository;
  const { ref, before, after } = move;
  const created = before === ZERO;
  const deleted = after === ZERO;
  repository.pushedAt = world.now();
  const forced = !created && !deleted && !(await git.isAncestor(before, after));
  const commits = deleted ? [] : await pushedCommits(world, repository, move);
  const web = `${world.urls.web}/${fullName(repository)}`;
  world.tell('push', repository, by, {
    ref,
    before,
    after,
    repository: pushedRepositoryShape(world, repository),
    pusher: { name: by.login, email: by.email },
    created,
    deleted,
    forced,
    base_ref: null,
    compare: `${web}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: deleted ? null : await pushedCommit(world, repository, after),
  });
}

/** What the branch has now and had not; of a new branch, what the default branch has not. */
async function pushedCommits(world: World, repository: Repository, { before, after }: Move) {
  const base = before === ZERO ? await repository.git.branch(repository.defaultBranch) : before;
  const shas = base === null ? [after] : await repository.git.commitsBetween(base, after);
  return Promise.all(shas.slice(0, 2048).map((sha) => pushedCommit(world, repository, sha)));
}

async function pushedCommit(world: World, repository: Repository, name: string) {
  const { git } = repository;
  const sha = (await git.resolve(name)) ?? name;
  const facts = await git.commitFacts(sha);
  const lines = await git.git(['diff-tree', '--no-commit-id', '--name-status', '--root', '-r', sha]);
  const changed = lines
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t') as [string, string]);
  const paths = (status: string) => changed.filter(([s]) => s === status).map(([, path]) => path);
  const person = ({ name: called, email, date }: (typeof facts)['author']) => {
    const known = [...world.accounts.values()].find((one) => one.email === email);
    return { name: called, email, date, ...(known && { username: userShape(world, known).login }) };
  };
  return {
    id: facts.sha,
    tree_id: facts.tree,
    distinct: true,
    message: facts.message,
    timestamp: facts.author.date,
    url: `${world.urls.web}/${fullName(repository)}/commit/${facts.sha}`,
    author: person(facts.author),
    committer: person(facts.committer),
    added: paths('A'),
    removed: paths('D'),
    modified: paths('M'),
  };
}
