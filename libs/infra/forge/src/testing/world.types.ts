import type { BareRepository } from './bare.repository.js';

export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type Level = 'read' | 'write' | 'admin';
export type Permissions = Record<string, Level>;

export interface Account {
  id: number;
  login: string;
  type: 'User' | 'Organization' | 'Bot';
  email: string;
}

export interface App {
  id: number;
  slug: string;
  name: string;
  privateKeyPem: string;
  publicKeyPem: string;
  permissions: Permissions;
  events: string[];
  bot: Account;
  createdAt: Date;
}

export interface Installation {
  id: number;
  account: Account;
  permissions: Permissions;
  selection: 'all' | 'selected';
  repositories: Set<number>;
  suspended: { at: Date; by: Account } | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface Token {
  value: string;
  account: Account;
  installation: Installation | null;
  /** Null: a classic token, which may do whatever its owner may. */
  permissions: Permissions | null;
  /** Null: every repository its owner (or installation) reaches. */
  repositories: Set<number> | null;
  expiresAt: Date | null;
}

/** Who calls: nobody known, the App itself (JWT), or the bearer of a token. */
export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'app' }
  | { kind: 'installation'; token: Token; installation: Installation }
  | { kind: 'user'; token: Token };

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Comment {
  id: number;
  issue: Issue;
  author: Account;
  body: string;
  viaApp: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** One line of an issue's history. */
export interface IssueEvent {
  id: number;
  issue: Issue;
  actor: Account;
  event: string;
  commit: string | null;
  label: Label | null;
  createdAt: Date;
}

export interface Issue {
  id: number;
  number: number;
  repository: Repository;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | null;
  author: Account;
  viaApp: boolean;
  labels: Label[];
  assignees: Account[];
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  closedBy: Account | null;
  pull: Pull | null;
}

export interface PullSide {
  ref: string;
  sha: string;
  repository: Repository;
}

export interface Pull {
  id: number;
  head: PullSide;
  base: PullSide;
  draft: boolean;
  merged: { at: Date; by: Account; sha: string } | null;
  requestedReviewers: Account[];
  stat: { commits: number; additions: number; deletions: number; changedFiles: number };
  maintainerCanModify: boolean;
  /** What GitHub found when it last tried to merge these two; the commit is null where they conflict. */
  testMerge: { base: string; head: string; commit: string | null } | null;
}

/** An issue which is a pull request. */
export type PullIssue = Issue & { pull: Pull };

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';

export interface Review {
  id: number;
  issue: PullIssue;
  author: Account;
  state: ReviewState;
  body: string;
  commitId: string;
  submittedAt: Date;
}

export interface ReviewComment {
  id: number;
  issue: PullIssue;
  review: Review;
  author: Account;
  body: string;
  path: string;
  line: number | null;
  startLine: number | null;
  side: 'LEFT' | 'RIGHT';
  commitId: string;
  diffHunk: string;
  inReplyTo: number | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column?: number;
  end_column?: number;
  annotation_level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
  raw_details?: string;
}

export interface CheckRun {
  id: number;
  suiteId: number;
  name: string;
  headSha: string;
  externalId: string;
  detailsUrl: string | null;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion:
    'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'timed_out' | 'action_required' | null;
  startedAt: Date;
  completedAt: Date | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: Annotation[];
}

/** What a branch refuses, asked by `GET …/branches/{b}/protection`. */
export interface Protection {
  /** Only these accounts push (an App by its slug); empty: nobody does. Undefined: whoever may write. */
  pushers?: string[];
  requiredApprovals?: number;
  requiredSignatures?: boolean;
  requiredChecks?: string[];
  allowForcePushes?: boolean;
  allowDeletions?: boolean;
}

/** A rule of a ruleset, asked by `GET …/rules/branches/{b}`. */
export interface Rule {
  type:
    | 'creation'
    | 'update'
    | 'deletion'
    | 'required_signatures'
    | 'pull_request'
    | 'non_fast_forward'
    | 'required_linear_history';
  /** Branches it holds for: exact, or a prefix ending in `*`. */
  branches: string;
  parameters?: Record<string, unknown>;
  /** Accounts it does not hold for (an App by its bot's login). */
  bypass?: string[];
}

export interface Repository {
  id: number;
  owner: Account;
  name: string;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  draftsSupported: boolean;
  parent: Repository | null;
  git: BareRepository;
  roles: Map<string, Role>;
  protections: Map<string, Protection>;
  rules: Rule[];
  labels: Map<string, Label>;
  issues: Map<number, Issue>;
  comments: Map<number, Comment>;
  events: IssueEvent[];
  reviews: Map<number, Review>;
  reviewComments: Map<number, ReviewComment>;
  checkRuns: Map<number, CheckRun>;
  createdAt: Date;
  updatedAt: Date;
  pushedAt: Date;
}
