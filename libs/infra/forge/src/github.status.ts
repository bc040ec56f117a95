import { GatehouseError } from '@gatehouse/contracts';
import { z } from 'zod';
import type { CheckRun, ForgeComment, ForgeRepo } from './forge.js';
import type { AccessSource, GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { unsure } from './github.fault.js';
import { CheckRunMade, CheckRuns, IssueComment } from './github.schema.js';
import { checkRepo } from './repo.name.js';

export interface Written {
  readonly id: number;
  readonly url: string;
}

/** GitHub takes so many annotations at once, and so many characters of a text. */
const maxAnnotations = 50;
const maxText = 60_000;
/** Nobody can say more than 2500 things under one issue of GitHub. */
const maxCommentPages = 25;

const isLost = (error: unknown): error is GatehouseError =>
  error instanceof GatehouseError && error.code === 'forge.unavailable';
const isGone = (error: unknown): boolean =>
  error instanceof GatehouseError && error.code === 'forge.not_found';

/** What we say of a change beside its pull request: one comment and one check run, each edited in place. */
export class GithubStatus {
  constructor(
    private readonly client: GithubClient,
    private readonly credentials: Credentials,
  ) {}

  async upsertComment(repo: ForgeRepo, number: number, marker: string, body: string): Promise<Written> {
    if (!/^[\w:-]{1,100}$/.test(marker) || /--/.test(marker))
      throw new GatehouseError(
        'internal.unexpected',
        `"${marker}" cannot mark a comment: letters, digits, single dashes, "_" and ":" can.`,
      );
    const mark = `<!-- gatehouse:${marker} -->`;
    const text = `${mark}\n${body}`;
    const found = await this.#findComment(repo, number, mark);
    if (found !== undefined) {
      if (found.body.replaceAll('\r\n', '\n') === text) return found;
      try {
        return await this.#editComment(repo, found.id, text);
      } catch (error) {
        // Somebody deleted it in between: it is said anew.
        if (!isGone(error)) throw error;
      }
    }
    try {
      const { owner, name } = repo;
      return await this.client.call(
        this.#access(repo),
        'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
        { owner, repo: name, issue_number: number, body: text },
        IssueComment,
      );
    } catch (error) {
      if (!isLost(error)) throw error;
      const made = await this.#findComment(repo, number, mark);
      if (made !== undefined) return made;
      throw unsure(error);
    }
  }

  async upsertCheckRun(repo: ForgeRepo, run: CheckRun): Promise<Written> {
    const { owner, name } = repo;
    const place = { owner, repo: name };
    const content = {
      status: run.status,
      ...(run.conclusion !== null && { conclusion: run.conclusion }),
      output: {
        title: run.title.slice(0, 250),
        summary: run.summary.slice(0, maxText),
        annotations: run.annotations.slice(0, maxAnnotations).map((annotation) => ({
          path: annotation.path,
          start_line: annotation.startLine,
          end_line: annotation.endLine,
          annotation_level: annotation.level,
          title: annotation.title.slice(0, 250),
          message: annotation.message.slice(0, maxText),
        })),
      },
    };
    const found = await this.#findCheckRun(repo, run);
    // Types of the route want `status` to say which of its two shapes this is; the values above are either.
    const made = (value: z.output<typeof CheckRunMade>): Written => ({
      id: value.id,
      url: value.html_url ?? '',
    });
    if (found !== undefined)
      return made(
        await this.client.call(
          this.#access(repo),
          'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
          { ...place, check_run_id: found.id, ...content } as never,
          CheckRunMade,
        ),
      );
    try {
      return made(
        await this.client.call(
          this.#access(repo),
          'POST /repos/{owner}/{repo}/check-runs',
          {
            ...place,
            name: run.name,
            head_sha: run.headSha,
            external_id: run.externalId,
            ...content,
          } as never,
          CheckRunMade,
        ),
      );
    } catch (error) {
      if (!isLost(error)) throw error;
      const after = await this.#findCheckRun(repo, run);
      if (after !== undefined) return after;
      throw unsure(error);
    }
  }

  async addLabels(repo: ForgeRepo, number: number, labels: readonly string[]): Promise<void> {
    if (labels.length === 0) return;
    const { owner, name } = repo;
    // Adding what is there already changes nothing, so that a lost answer is simply asked again.
    await this.client.call(
      this.#access(repo),
      'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
      { owner, repo: name, issue_number: number, labels: [...labels] },
      z.array(z.unknown()),
    );
  }

  async #findComment(repo: ForgeRepo, number: number, mark: string): Promise<ForgeComment | undefined> {
    const login = (await this.credentials.login()).toLowerCase();
    const isOurs = ({ body, author }: ForgeComment): boolean =>
      body.startsWith(mark) && author.login.toLowerCase() === login;
    const rows = await this.client.pages(
      this.#access(repo),
      'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      { owner: repo.owner, repo: repo.name, issue_number: number },
      IssueComment,
      { enough: (page) => page.some(isOurs), most: maxCommentPages },
    );
    return rows.find(isOurs);
  }

  async #editComment({ owner, name }: ForgeRepo, id: number, body: string): Promise<Written> {
    return this.client.call(
      this.#access({ owner, name }),
      'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      { owner, repo: name, comment_id: id, body },
      IssueComment,
    );
  }

  async #findCheckRun(repo: ForgeRepo, run: CheckRun): Promise<Written | undefined> {
    const { check_runs } = await this.client.call(
      this.#access(repo),
      'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
      {
        owner: repo.owner,
        repo: repo.name,
        ref: run.headSha,
        check_name: run.name,
        filter: 'all',
        per_page: 100,
      },
      CheckRuns,
    );
    const found = check_runs.find(({ external_id }) => external_id === run.externalId);
    return found && { id: found.id, url: found.html_url ?? '' };
  }

  #access(repo: ForgeRepo): AccessSource {
    checkRepo(repo);
    return (fresh) => this.credentials.write(repo, fresh);
  }
}
