import { z } from 'zod';
import type {
  ForgeComment,
  ForgeIssue,
  ForgePull,
  ForgeRepository,
  ForgeReview,
  ForgeUser,
} from './forge.js';

// Only what we need of each answer, strictly; what else GitHub sends is left out.
const Moment = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)))
  .transform((text) => new Date(text));
const Address = z.string().regex(/^https?:\/\//);
const Sha = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
const Id = z.int().positive();
const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? '');
const kinds: Readonly<Record<string, ForgeUser['type']>> = {
  User: 'user',
  Bot: 'bot',
  Organization: 'organization',
};
const ghost: ForgeUser = { id: 0, login: 'ghost', type: 'other' };

const User = z
  .object({ id: Id, login: z.string().min(1), type: z.string() })
  .nullish()
  .transform((user): ForgeUser =>
    user ? { id: user.id, login: user.login, type: kinds[user.type] ?? 'other' } : ghost,
  );

export const Repository = z
  .object({
    id: Id,
    name: z.string(),
    owner: z.object({ login: z.string() }),
    default_branch: z.string(),
    private: z.boolean(),
    archived: z.boolean(),
  })
  .transform(({ owner, default_branch, ...rest }): ForgeRepository => ({
    ...rest,
    owner: owner.login,
    defaultBranch: default_branch,
  }));

export const Issue = z
  .object({
    number: Id,
    title: z.string(),
    body: Text,
    state: z.enum(['open', 'closed']),
    user: User,
    labels: z.array(z.union([z.string(), z.object({ name: Text }).transform(({ name }) => name)])),
    pull_request: z.unknown().optional(),
    html_url: Address,
    created_at: Moment,
    updated_at: Moment,
  })
  .transform(({ user, html_url, created_at, updated_at, pull_request, ...rest }): ForgeIssue => ({
    ...rest,
    author: user,
    isPull: pull_request !== undefined && pull_request !== null,
    url: html_url,
    createdAt: created_at,
    updatedAt: updated_at,
  }));

/** A pull request, and the numeric ids of the repositories its branch lies in and it was made in. */
export const Pull = z
  .object({
    number: Id,
    html_url: Address,
    state: z.enum(['open', 'closed']),
    // Where it is not said, it is none: a forge that knows no drafts must not be taken for one that made it.
    draft: z.boolean().nullish(),
    head: z.object({
      ref: z.string(),
      sha: Sha,
      repo: z.object({ id: Id, name: z.string(), owner: z.object({ login: z.string() }) }).nullish(),
    }),
    base: z.object({ ref: z.string(), sha: Sha, repo: z.object({ id: Id }) }),
    title: z.string(),
    body: Text,
    user: User,
    merged_at: z.string().nullish(),
    merge_commit_sha: Sha.nullish(),
    created_at: Moment,
    updated_at: Moment,
  })
  .transform(
    (pull): { readonly pull: ForgePull; readonly headRepoId: number | null; readonly baseRepoId: number } => {
      const { head, base, merged_at } = pull;
      const isMerged = typeof merged_at === 'string';
      return {
        headRepoId: head.repo?.id ?? null,
        baseRepoId: base.repo.id,
        pull: {
          number: pull.number,
          url: pull.html_url,
          state: isMerged ? 'merged' : pull.state,
          draft: pull.draft === true,
          head: {
            ref: head.ref,
            sha: head.sha,
            repo: head.repo ? { owner: head.repo.owner.login, name: head.repo.name } : null,
          },
          base: { ref: base.ref, sha: base.sha },
          title: pull.title,
          body: pull.body,
          author: pull.user,
          mergedCommit: isMerged ? (pull.merge_commit_sha ?? null) : null,
          createdAt: pull.created_at,
          updatedAt: pull.updated_at,
        },
      };
    },
  );

const reviewStates: Readonly<Record<string, ForgeReview['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
  PENDING: 'pending',
};

export const Review = z
  .object({
    id: Id,
    user: User,
    // A state that is not known yet, or is none, asks for nothing and permits nothing, and hides no other review.
    state: z
      .string()
      .nullish()
      .transform((state) => reviewStates[state?.toUpperCase() ?? ''] ?? 'commented'),
    body: Text,
    commit_id: Sha.nullish(),
    submitted_at: Moment.nullish(),
  })
  .transform(({ id, user, state, body, commit_id, submitted_at }): ForgeReview => ({
    id,
    author: user,
    state,
    body,
    commit: commit_id ?? null,
    submittedAt: submitted_at ?? null,
  }));

const numberAtEnd = z.string().transform((url, context) => {
  const number = Number(/\/(\d{1,10})$/.exec(url)?.[1]);
  if (number > 0) return number;
  context.addIssue({ code: 'custom', message: 'names no number' });
  return z.NEVER;
});
const said = { id: Id, user: User, body: Text, html_url: Address, created_at: Moment, updated_at: Moment };

export const IssueComment = z
  .object({ ...said, issue_url: numberAtEnd })
  .transform((comment): ForgeComment => ({
    kind: 'issue',
    id: comment.id,
    number: comment.issue_url,
    author: comment.user,
    body: comment.body,
    path: null,
    line: null,
    commit: null,
    url: comment.html_url,
    createdAt: comment.created_at,
    updatedAt: comment.updated_at,
  }));

export const ReviewComment = z
  .object({
    ...said,
    pull_request_url: numberAtEnd,
    path: z.string(),
    line: z.int().nullish(),
    commit_id: Sha.nullish(),
  })
  .transform((comment): ForgeComment => ({
    kind: 'review',
    id: comment.id,
    number: comment.pull_request_url,
    author: comment.user,
    body: comment.body,
    path: comment.path,
    line: comment.line ?? null,
    commit: comment.commit_id ?? null,
    url: comment.html_url,
    createdAt: comment.created_at,
    updatedAt: comment.updated_at,
  }));

export const Permission = z.object({ permission: z.string(), role_name: z.string().nullish() });

export const Installation = z.object({
  id: Id,
  suspended_at: z.string().nullish(),
  permissions: z.record(z.string(), z.string()),
});
export type Installation = z.output<typeof Installation>;

export const OwnedInstallation = Installation.extend({
  account: z.object({ login: z.string() }).nullish().catch(null),
});

export const MintedToken = z.object({ token: z.string().min(1), expires_at: Moment });

export const App = z.object({ id: Id, slug: z.string().min(1), name: z.string() });

export const Account = z.object({ login: z.string().min(1) });

const CheckRunSeen = z.object({
  id: Id,
  html_url: z.string().nullish(),
  external_id: z.string().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  output: z
    .object({
      title: z.string().nullish(),
      summary: z.string().nullish(),
      annotations_count: z.int().nullish(),
    })
    .nullish(),
});
export type CheckRunSeen = z.output<typeof CheckRunSeen>;

export const CheckRuns = z.object({ check_runs: z.array(CheckRunSeen) });

export const CheckRunMade = z.object({ id: Id, html_url: z.string().nullish() });

export const BranchRule = z.object({ type: z.string() });

export const Branch = z.object({ name: z.string() });

export const Happening = z.object({ event: z.string().nullish() });
