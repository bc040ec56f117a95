import { atLeast, installationOf, roleOf } from './access.js';
import type { Answer } from './answer.js';
import { ZERO, type Files } from './bare.repository.js';
import * as issues from './issues.js';
import * as ownership from './ownership.js';
import { mergePull, openPull, requestReview, setDraft, type MergeMethod, type NewPull } from './pulls.js';
import { refusedMove } from './push.rules.js';
import { tellOfMoves } from './pushes.js';
import { addReviewComment, dismissReview, submitReview, type NewReviewComment } from './reviews.js';
import type { Account, Comment, Issue, PullIssue, Repository, Review, ReviewComment } from './world.types.js';
import type { Role } from './world.types.js';
import type { World } from './world.js';

export interface PushWanted {
  message?: string;
  /** Where a new branch starts; the default branch unless said. */
  from?: string;
  /** The new commit takes the place of the branch's last one instead of following it. */
  force?: boolean;
}

/** What GitHub took; its refusal is the test's mistake here. */
function accepted<T extends { id: number }>(answer: T | Answer): T {
  if ('id' in answer) return answer;
  throw new Error(`GitHub would refuse this: ${JSON.stringify(answer.body)}`);
}

/** A person at work on the stand-in's pages: each act changes state and sends its webhook. */
export class Person {
  constructor(
    private readonly world: World,
    readonly account: Account,
  ) {}

  openIssue(repo: string, wanted: { title: string; body?: string; labels?: string[] }): Issue {
    const repository = this.in(repo, 'read');
    return issues.openIssue(this.world, repository, this.by, wanted);
  }

  editIssue(issue: Issue, wanted: { title?: string; body?: string }): void {
    if (issue.author !== this.account) this.may(issue.repository, 'triage');
    issues.editIssue(this.world, issue, this.account, wanted);
  }

  closeIssue(issue: Issue, reason?: 'completed' | 'not_planned'): void {
    if (issue.author !== this.account) this.may(issue.repository, 'triage');
    issues.setIssueState(this.world, issue, this.account, 'closed', reason);
  }

  reopenIssue(issue: Issue): void {
    if (issue.author !== this.account) this.may(issue.repository, 'triage');
    issues.setIssueState(this.world, issue, this.account, 'open');
  }

  label(issue: Issue, ...names: string[]): void {
    this.may(issue.repository, 'triage');
    issues.addLabels(this.world, issue, this.account, names);
  }

  unlabel(issue: Issue, name: string): void {
    this.may(issue.repository, 'triage');
    issues.removeLabel(this.world, issue, this.account, name);
  }

  comment(issue: Issue, body: string): Comment {
    this.may(issue.repository, 'read');
    return issues.addComment(this.world, issue, this.by, body);
  }

  editComment(comment: Comment, body: string): void {
    if (comment.author !== this.account) this.may(comment.issue.repository, 'write');
    issues.editComment(this.world, comment, this.account, body);
  }

  deleteComment(comment: Comment): void {
    if (comment.author !== this.account) this.may(comment.issue.repository, 'write');
    issues.deleteComment(this.world, comment, this.account);
  }

  async openPull(repo: string, wanted: NewPull): Promise<PullIssue> {
    return accepted(await openPull(this.world, this.in(repo, 'read'), this.by, wanted));
  }

  closePull(pull: PullIssue): void {
    this.closeIssue(pull);
  }

  readyForReview(pull: PullIssue): void {
    setDraft(this.world, pull, this.account, false);
  }

  convertToDraft(pull: PullIssue): void {
    setDraft(this.world, pull, this.account, true);
  }

  requestReview(pull: PullIssue, reviewer: string): void {
    this.may(pull.repository, 'triage');
    requestReview(this.world, pull, this.account, this.world.account(reviewer));
  }

  async reviewPull(
    pull: PullIssue,
    wanted: {
      state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
      body?: string;
      commitId?: string;
      comments?: NewReviewComment[];
    },
  ): Promise<Review> {
    this.may(pull.repository, 'read');
    return accepted(await submitReview(this.world, pull, this.account, wanted));
  }

  dismissReview(review: Review): void {
    this.may(review.issue.repository, 'write');
    dismissReview(this.world, review, this.account);
  }

  async reviewComment(pull: PullIssue, wanted: NewReviewComment): Promise<ReviewComment> {
    this.may(pull.repository, 'read');
    return accepted(await addReviewComment(this.world, pull, this.account, wanted));
  }

  reply(comment: ReviewComment, body: string): Promise<ReviewComment> {
    return this.reviewComment(comment.issue, { path: comment.path, body, inReplyTo: comment.id });
  }

  /** The commit on the base branch. */
  async mergePull(pull: PullIssue, method: MergeMethod = 'merge'): Promise<string> {
    this.may(pull.repository, 'write');
    const merged = await mergePull(this.world, pull, this.account, { method });
    if (typeof merged !== 'string')
      throw new Error(`GitHub would refuse this: ${JSON.stringify(merged.body)}`);
    return merged;
  }

  /** Commits the files on the branch; the new commit. */
  push(repo: string, branch: string, files: Files, wanted: PushWanted = {}): Promise<string> {
    const repository = this.in(repo, 'write');
    const { git } = repository;
    return git.exclusive(async () => {
      const tip = await git.branch(branch);
      const start = tip ?? (await git.resolve(wanted.from ?? repository.defaultBranch));
      const under = wanted.force && tip !== null ? (await git.commitFacts(tip)).parents : [start];
      const by = { name: this.account.login, email: this.account.email, date: this.world.now() };
      const message = wanted.message ?? `Change ${Object.keys(files).join(', ')}`;
      const parents = under.filter((sha) => sha !== null);
      const after = await git.commit({ parents, files, message, by });
      await this.move(repository, branch, tip ?? ZERO, after, wanted.force ?? false);
      return after;
    });
  }

  /** Sets a branch to a commit the repository has, whatever it was; a new branch is made. */
  setBranch(repo: string, branch: string, commit: string): Promise<void> {
    const repository = this.in(repo, 'write');
    return repository.git.exclusive(async () => {
      const before = (await repository.git.branch(branch)) ?? ZERO;
      await this.move(repository, branch, before, commit, true);
    });
  }

  deleteBranch(repo: string, branch: string): Promise<void> {
    const repository = this.in(repo, 'write');
    return repository.git.exclusive(async () => {
      const before = await repository.git.branch(branch);
      if (before === null) throw new Error(`${repo} has no branch ${branch}.`);
      await this.move(repository, branch, before, ZERO, false);
    });
  }

  renameRepository(repo: string, name: string): void {
    ownership.renameRepository(this.world, this.in(repo, 'admin'), this.account, name);
  }

  suspendInstallation(repo: string): void {
    const installation = installationOf(this.world, this.in(repo, 'admin'));
    if (!installation) throw new Error(`The App is not installed on ${repo}.`);
    ownership.suspendInstallation(this.world, installation, this.account);
  }

  private async move(repository: Repository, branch: string, before: string, after: string, forced: boolean) {
    const ref = `refs/heads/${branch}`;
    const move = { ref, before, after };
    const reason = refusedMove(this.world, repository, this.account, move, forced);
    if (reason !== null) throw new Error(`GitHub would refuse this: ${reason}`);
    const { git } = repository;
    await git.git(after === ZERO ? ['update-ref', '-d', ref, before] : ['update-ref', ref, after, before]);
    await tellOfMoves(this.world, repository, this.account, [move]);
  }

  private get by(): issues.By {
    return { account: this.account, viaApp: false };
  }

  private in(name: string, role: Role): Repository {
    const repository = this.world.repository(name);
    this.may(repository, role);
    return repository;
  }

  private may(repository: Repository, role: Role): void {
    const own = roleOf(repository, this.account);
    if (atLeast(own, role)) return;
    throw new Error(
      `${this.account.login} has the role ${own} here and needs ${role}; give it with addUser or people.`,
    );
  }
}
