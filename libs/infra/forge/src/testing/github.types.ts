import type { Endpoints } from '@octokit/types';

/** What GitHub answers, as its own OpenAPI description has it: our shapes are checked against these. */
type Data<R extends keyof Endpoints> = Endpoints[R]['response']['data'];

export type UserShape = Data<'GET /repos/{owner}/{repo}'>['owner'];
export type FullRepositoryShape = Data<'GET /repos/{owner}/{repo}'>;
export type PullShape = Data<'GET /repos/{owner}/{repo}/pulls/{pull_number}'>;
export type PullSimpleShape = Data<'GET /repos/{owner}/{repo}/pulls'>[number];
export type RepositoryShape = PullShape['head']['repo'];
export type IssueShape = Data<'GET /repos/{owner}/{repo}/issues/{issue_number}'>;
export type LabelShape = Data<'GET /repos/{owner}/{repo}/labels/{name}'>;
export type IssueEventShape = Data<'GET /repos/{owner}/{repo}/issues/{issue_number}/events'>[number];
export type CommentShape = Data<'GET /repos/{owner}/{repo}/issues/comments/{comment_id}'>;
export type ReviewShape = Data<'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}'>;
export type ReviewCommentShape = Data<'GET /repos/{owner}/{repo}/pulls/comments/{comment_id}'>;
export type CheckRunShape = Data<'GET /repos/{owner}/{repo}/check-runs/{check_run_id}'>;
export type CheckRunsShape = Data<'GET /repos/{owner}/{repo}/commits/{ref}/check-runs'>;
export type AnnotationShape = Data<'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations'>[number];
export type AppShape = NonNullable<Data<'GET /app'>>;
export type ManifestShape = Data<'POST /app-manifests/{code}/conversions'>;
export type InstallationShape = Data<'GET /repos/{owner}/{repo}/installation'>;
export type InstallationTokenShape = Data<'POST /app/installations/{installation_id}/access_tokens'>;
export type PermissionShape = Data<'GET /repos/{owner}/{repo}/collaborators/{username}/permission'>;
export type RefShape = Data<'GET /repos/{owner}/{repo}/git/ref/{ref}'>;
export type CommitShape = Data<'GET /repos/{owner}/{repo}/commits/{ref}'>;
export type GitCommitShape = Data<'GET /repos/{owner}/{repo}/git/commits/{commit_sha}'>;
export type BranchShape = Data<'GET /repos/{owner}/{repo}/branches/{branch}'>;
export type ProtectionShape = Data<'GET /repos/{owner}/{repo}/branches/{branch}/protection'>;
export type RuleShape = Data<'GET /repos/{owner}/{repo}/rules/branches/{branch}'>[number];
export type RateLimitShape = Data<'GET /rate_limit'>;
export type MetaShape = Data<'GET /meta'>;
export type MergeShape = Data<'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'>;
export type DeliveryShape = Data<'GET /app/hook/deliveries'>[number];
