import { GatehouseError } from '@gatehouse/contracts';
import {
  forgePermissions,
  type ForgeComment,
  type ForgeIssue,
  type ForgePermission,
  type ForgePull,
  type ForgeReader,
  type ForgeRepo,
  type ForgeRepository,
  type ForgeReview,
} from './forge.js';
import type { AccessSource, GithubClient } from './github.client.js';
import { another, replaced } from './github.fault.js';
import { Issue, IssueComment, Permission, Pull, Repository, Review, ReviewComment } from './github.schema.js';
import { checkLogin, checkRepo } from './repo.name.js';

/** Which access a repository is read with. */
export type AccessOf = (repo: ForgeRepo) => AccessSource;

/** What an answer about something else says would be believed of this one. */
const expect = <T>(found: T, has: number, wanted: number): T => {
  if (has === wanted) return found;
  throw another(`GitHub was asked about ${wanted} and answered with ${has}.`);
};

export class GithubReader implements ForgeReader {
  constructor(
    private readonly client: GithubClient,
    private readonly accessOf: AccessOf,
  ) {}

  async repository(repo: ForgeRepo): Promise<ForgeRepository> {
    return this.client.call(...this.#at(repo, 'GET /repos/{owner}/{repo}'), Repository);
  }

  async repositoryOfNumber(repo: Required<ForgeRepo>): Promise<ForgeRepository> {
    checkRepo(repo);
    // Where GitHub itself sends who asks for a former name; its types do not tell of it.
    const route = `GET /repositories/${repo.id}` as 'GET /repos/{owner}/{repo}';
    const found = await this.client.call(this.accessOf(repo), route, {} as never, Repository);
    return expect(found, found.id, repo.id);
  }

  async permissionOf(repo: ForgeRepo, login: string): Promise<ForgePermission> {
    checkLogin(login);
    const [access, route, place] = this.#at(
      repo,
      'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
    );
    try {
      const answer = await this.client.call(access, route, { ...place, username: login }, Permission);
      const named = forgePermissions.find((permission) => permission === answer.role_name);
      // A role that the owner made up has one of the plain ones under it.
      return named ?? forgePermissions.find((permission) => permission === answer.permission) ?? 'none';
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'forge.not_found') throw error;
      // Either there is no such person, or we cannot see the repository: then this throws.
      await this.repository(repo);
      return 'none';
    }
  }

  async issue(repo: ForgeRepo, number: number): Promise<ForgeIssue> {
    const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/issues/{issue_number}');
    // One that was transferred answers under its new number; whoever asks looks at it.
    return this.client.call(access, route, { ...place, issue_number: number }, Issue);
  }

  async pull(repo: ForgeRepo, number: number): Promise<ForgePull> {
    const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/pulls/{pull_number}');
    const answer = await this.client.call(access, route, { ...place, pull_number: number }, Pull);
    const { pull } = answer;
    if (repo.id !== undefined && answer.baseRepoId !== repo.id) throw replaced(repo, answer.baseRepoId);
    return expect(pull, pull.number, number);
  }

  async pullsUpdatedSince(repo: ForgeRepo, instant: Date): Promise<readonly ForgePull[]> {
    const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/pulls');
    const isOld = ({ pull }: { readonly pull: ForgePull }): boolean => pull.updatedAt < instant;
    const rows = await this.client.pages(
      access,
      route,
      { ...place, state: 'all', sort: 'updated', direction: 'desc' },
      Pull,
      { enough: (page) => page.some(isOld) },
    );
    return rows.filter((row) => !isOld(row)).map(({ pull }) => pull);
  }

  async reviews(repo: ForgeRepo, number: number): Promise<readonly ForgeReview[]> {
    const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews');
    return this.client.pages(access, route, { ...place, pull_number: number }, Review);
  }

  async commentsSince(repo: ForgeRepo, instant: Date): Promise<readonly ForgeComment[]> {
    const since = { since: instant.toISOString(), sort: 'updated', direction: 'asc' } as const;
    const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/issues/comments');
    const said = await this.client.pages(access, route, { ...place, ...since }, IssueComment);
    const [, reviewed] = this.#at(repo, 'GET /repos/{owner}/{repo}/pulls/comments');
    const atLines = await this.client.pages(access, reviewed, { ...place, ...since }, ReviewComment);
    return [...said, ...atLines].sort((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime());
  }

  async comment(repo: ForgeRepo, kind: ForgeComment['kind'], id: number): Promise<ForgeComment> {
    if (kind === 'review') {
      const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/pulls/comments/{comment_id}');
      const found = await this.client.call(access, route, { ...place, comment_id: id }, ReviewComment);
      return expect(found, found.id, id);
    }
    const [access, route, place] = this.#at(repo, 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}');
    const found = await this.client.call(access, route, { ...place, comment_id: id }, IssueComment);
    return expect(found, found.id, id);
  }

  async review(repo: ForgeRepo, number: number, id: number): Promise<ForgeReview> {
    const [access, route, place] = this.#at(
      repo,
      'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}',
    );
    const parameters = { ...place, pull_number: number, review_id: id };
    const found = await this.client.call(access, route, parameters, Review);
    return expect(found, found.id, id);
  }

  #at<R extends string>(
    repo: ForgeRepo,
    route: R,
  ): [access: AccessSource, route: R, place: { owner: string; repo: string }] {
    checkRepo(repo);
    return [this.accessOf(repo), route, { owner: repo.owner, repo: repo.name }];
  }
}
