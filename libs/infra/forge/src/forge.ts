/** A repository as a forge names it. A rename or transfer changes this, never `ForgeRepository.id`. */
export interface ForgeRepo {
  readonly owner: string;
  readonly name: string;
  /** Its number at the forge where that is known: another repository that has the name by now is none of ours. */
  readonly id?: number;
}

/** What a person may do in a repository, weakest first. */
export const forgePermissions = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type ForgePermission = (typeof forgePermissions)[number];

/** True where `has` is at least `needed`. */
export const permits = (has: ForgePermission, needed: ForgePermission): boolean =>
  forgePermissions.indexOf(has) >= forgePermissions.indexOf(needed);

/** Who wrote something. An account that was deleted is `{ id: 0, login: 'ghost', type: 'other' }`. */
export interface ForgeUser {
  /** Numeric id of the forge: stays when the login changes. */
  readonly id: number;
  readonly login: string;
  readonly type: 'user' | 'bot' | 'organization' | 'other';
}

export interface ForgeRepository {
  /** Numeric id of the forge: renames and transfers keep it. */
  readonly id: number;
  /** Its owner and name as they are now; a renamed repository answers under its old name too. */
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  readonly private: boolean;
  /** Read-only at the forge: nothing can be published to it. */
  readonly archived: boolean;
}

export interface ForgeIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly author: ForgeUser;
  readonly labels: readonly string[];
  /** True where the number is a pull request's: a forge lists those as issues too. */
  readonly isPull: boolean;
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ForgePull {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly draft: boolean;
  /** `repo` is null where the fork it came from is gone. */
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: ForgeRepo | null };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly title: string;
  readonly body: string;
  readonly author: ForgeUser;
  /** Commit on the base branch that holds the merge; null before. */
  readonly mergedCommit: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ForgeReview {
  readonly id: number;
  readonly author: ForgeUser;
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed' | 'pending';
  readonly body: string;
  /** Commit that was looked at; null where the forge no longer knows. */
  readonly commit: string | null;
  /** Null while it is being written. */
  readonly submittedAt: Date | null;
}

/** `issue`: said under an issue or pull request. `review`: said at a line of a pull request. */
export interface ForgeComment {
  readonly kind: 'issue' | 'review';
  readonly id: number;
  /** Number of the issue or pull request. */
  readonly number: number;
  readonly author: ForgeUser;
  readonly body: string;
  /** File and line, of a review comment only; the line is null where it is outdated. */
  readonly path: string | null;
  readonly line: number | null;
  /** Commit a review comment was made at; null of others. */
  readonly commit: string | null;
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * What is read at a forge, by engine and api. Every method throws GatehouseError `forge.unauthorized`,
 * `forge.forbidden`, `forge.not_found`, `forge.rate_limited` (details.retryAfterMs) or `forge.unavailable`.
 */
export interface ForgeReader {
  repository(repo: ForgeRepo): Promise<ForgeRepository>;
  /** The one with this number, whatever it is called by now; `owner` and `name` are what it was called once. */
  repositoryOfNumber(repo: Required<ForgeRepo>): Promise<ForgeRepository>;
  /** What this login may do there now. Nobody and strangers: `none`, or `read` where the repository is public. */
  permissionOf(repo: ForgeRepo, login: string): Promise<ForgePermission>;
  issue(repo: ForgeRepo, number: number): Promise<ForgeIssue>;
  pull(repo: ForgeRepo, number: number): Promise<ForgePull>;
  /** Pull requests of any state changed at or after `instant`, newest first; at most the newest 1000. */
  pullsUpdatedSince(repo: ForgeRepo, instant: Date): Promise<readonly ForgePull[]>;
  /** Every review of a pull request, oldest first; at most 1000. */
  reviews(repo: ForgeRepo, number: number): Promise<readonly ForgeReview[]>;
  /** Comments of both kinds changed at or after `instant`, oldest change first; at most 1000 of each kind. */
  commentsSince(repo: ForgeRepo, instant: Date): Promise<readonly ForgeComment[]>;
  /** One comment as it stands now. */
  comment(repo: ForgeRepo, kind: ForgeComment['kind'], id: number): Promise<ForgeComment>;
  /** One review of a pull request as it stands now. */
  review(repo: ForgeRepo, number: number, id: number): Promise<ForgeReview>;
}

/** What git needs to speak to the forge over https. Never in arguments, environment, a URL, a log or an error. */
export interface GitCredential {
  readonly username: string;
  readonly password: string;
}

/** A token that reads one repository and cannot write; short-lived with an App. */
export interface ReadToken {
  readonly token: string;
  /** Null where it does not expire by itself (a fine-grained token from a file). */
  readonly expiresAt: Date | null;
}

/** Hands out read tokens: in the promoter by minting them, in engine and api over its socket. */
export interface ForgeTokens {
  /** `fresh`: the last one was refused. */
  readToken(repo: ForgeRepo, options?: { readonly fresh?: boolean }): Promise<ReadToken>;
}

export interface PreflightLine {
  /** e.g. `forge.installation`, `forge.permissions`, `forge.archived`, `forge.rules`. */
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; empty where it is ok. */
  readonly fix: string;
}

export interface DraftPull {
  /** Branch of the same repository, without `refs/heads/`. */
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

/**
 * `drafts_unsupported`: the forge cannot make drafts there, and none is left open. `no_commits`: the head adds
 * nothing to the base. `head_not_found`, `base_not_found`: the branch is not there. `refused`: anything else.
 */
export type DraftPullAnswer =
  | {
      readonly ok: true;
      readonly pull: ForgePull;
      /** An earlier try, whose answer was lost, had made it. Look at `pull.state`. */
      readonly already: boolean;
    }
  | {
      readonly ok: false;
      readonly reason: 'drafts_unsupported' | 'no_commits' | 'head_not_found' | 'base_not_found' | 'refused';
      readonly message: string;
    };

export interface CheckAnnotation {
  readonly path: string;
  /** From 1. */
  readonly startLine: number;
  readonly endLine: number;
  readonly level: 'notice' | 'warning' | 'failure';
  readonly title: string;
  readonly message: string;
}

export interface CheckRun {
  readonly name: string;
  readonly headSha: string;
  /** Ours, e.g. the id of the candidate: finds the run again after a lost answer. */
  readonly externalId: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  /** Given exactly where `status` is `completed`. */
  readonly conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required' | null;
  readonly title: string;
  readonly summary: string;
  /** The first 50 are shown. */
  readonly annotations: readonly CheckAnnotation[];
}

/**
 * What is written at a forge, by the promoter alone (I3). Throws as ForgeReader does, and `forge.conflict`,
 * `forge.invalid` and, where another repository has the name by now, `forge.replaced`. A write whose answer was lost
 * is looked up before it is repeated, so that calling again is safe.
 */
export interface ForgeWriter extends ForgeTokens {
  /** The same repository read with the same right. */
  readonly reader: ForgeReader;
  /** A credential that can push to this repository; `fresh`: the last one was refused. */
  gitCredential(repo: ForgeRepo, options?: { readonly fresh?: boolean }): Promise<GitCredential>;
  /** Everything that has to hold before `branch` can be written and a draft opened against `target`. */
  preflight(repo: ForgeRepo, plan: { branch: string; target: string }): Promise<readonly PreflightLine[]>;
  /**
   * The pull request of a branch of the repository itself: an open one, else the newest of any state. One that was
   * closed at once because it was no draft is none.
   */
  findPull(repo: ForgeRepo, branch: string): Promise<ForgePull | null>;
  /** Looks by head first. Never returns a pull request as new that is not a draft. */
  createDraftPull(repo: ForgeRepo, pull: DraftPull): Promise<DraftPullAnswer>;
  updatePull(
    repo: ForgeRepo,
    number: number,
    change: { title?: string; body?: string; state?: 'open' | 'closed' },
  ): Promise<ForgePull>;
  /** One comment of ours, found by a hidden marker, edited in place. `marker`: letters, digits, `_`, `:`, `-`. */
  upsertComment(
    repo: ForgeRepo,
    number: number,
    marker: string,
    body: string,
  ): Promise<{ readonly id: number; readonly url: string }>;
  upsertCheckRun(repo: ForgeRepo, run: CheckRun): Promise<{ readonly id: number; readonly url: string }>;
  addLabels(repo: ForgeRepo, number: number, labels: readonly string[]): Promise<void>;
}
