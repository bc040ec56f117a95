import { GatehouseError } from '@gatehouse/contracts';
import { z } from 'zod';
import type { CheckRun, ForgeComment, ForgeRepo } from './forge.js';
import type { AccessSource, GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { unsure } from './github.fault.js';
import { CheckRunMade, CheckRuns, IssueComment, type CheckRunSeen } from './github.schema.js';
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

/** Each once, oldest first: a list that changes while it is paged shows one twice. */
const byId = <T extends { readonly id: number }>(rows: readonly T[]): T[] =>
  [...new Map(rows.map((row) => [row.id, row])).values()].sort((a, b) => a.id - b.id);

const writtenAs = ({ id, html_url }: z.output<typeof CheckRunMade>): Written => ({ id, url: html_url ?? '' });

const toldTwice = {
  status: 'completed',
  conclusion: 'neutral',
  output: { title: 'Told twice', summary: 'A newer check of the same name says what holds.' },
} as const;

/** What is sent of it. Annotations are added to those that `seen` has, so that they are sent once. */
const contentOf = (run: CheckRun, seen?: CheckRunSeen) => ({
  status: run.status,
  ...(run.conclusion !== null && { conclusion: run.conclusion }),
  output: {
    title: run.title.slice(0, 250),
    summary: run.summary.slice(0, maxText),
    ...((seen?.output?.annotations_count ?? 0) === 0 && {
      annotations: run.annotations.slice(0, maxAnnotations).map((annotation) => ({
        path: annotation.path,
        start_line: annotation.startLine,
        end_line: annotation.endLine,
        annotation_level: annotation.level,
        title: annotation.title.slice(0, 250),
        message: annotation.message.slice(0, maxText),
      })),
    }),
  },
});

/** It says all this already. */
const isSaid = (seen: CheckRunSeen, run: CheckRun): boolean => {
  const { output } = contentOf(run);
  return (
    seen.status === run.status &&
    (seen.conclusion ?? null) === run.conclusion &&
    seen.output?.title === output.title &&
    seen.output.summary === output.summary &&
    (output.annotations?.length === 0 || (seen.output.annotations_count ?? 0) > 0)
  );
};

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
    const found = await this.#oneComment(repo, number, mark);
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
      const made = await this.#oneComment(repo, number, mark);
      if (made !== undefined) return made;
      throw unsure(error);
    }
  }

  async upsertCheckRun(repo: ForgeRepo, run: CheckRun): Promise<Written> {
    const { owner, name } = repo;
    const found = await this.#oneCheckRun(repo, run);
    if (found !== undefined)
      return isSaid(found, run) ? writtenAs(found) : this.#editCheckRun(repo, found, contentOf(run, found));
    try {
      return writtenAs(
        await this.client.call(
          this.#access(repo),
          'POST /repos/{owner}/{repo}/check-runs',
          {
            ...{ owner, repo: name, name: run.name, head_sha: run.headSha, external_id: run.externalId },
            ...contentOf(run),
          } as never,
          CheckRunMade,
        ),
      );
    } catch (error) {
      if (!isLost(error)) throw error;
      const after = await this.#oneCheckRun(repo, run);
      if (after !== undefined) return writtenAs(after);
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

  /**
   * Ours with this mark. An answer that came so late that it was said again leaves two: the first stays, as people may
   * have seen it, and the others are taken away.
   */
  async #oneComment(repo: ForgeRepo, number: number, mark: string): Promise<ForgeComment | undefined> {
    const login = (await this.credentials.login()).toLowerCase();
    const rows = await this.client.pages(
      this.#access(repo),
      'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      { owner: repo.owner, repo: repo.name, issue_number: number },
      IssueComment,
      { most: maxCommentPages },
    );
    const [first, ...others] = byId(
      rows.filter(({ body, author }) => body.startsWith(mark) && author.login.toLowerCase() === login),
    );
    for (const { id } of others) await this.#deleteComment(repo, id);
    return first;
  }

  async #deleteComment({ owner, name }: ForgeRepo, id: number): Promise<void> {
    const route = 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}';
    await this.client
      .call(this.#access({ owner, name }), route, { owner, repo: name, comment_id: id }, z.unknown())
      .catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
  }

  async #editComment({ owner, name }: ForgeRepo, id: number, body: string): Promise<Written> {
    return this.client.call(
      this.#access({ owner, name }),
      'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      { owner, repo: name, comment_id: id, body },
      IssueComment,
    );
  }

  /**
   * Ours with this id. Where there are two the newest stays, which is the one that a forge counts; none can be deleted,
   * so the others say that they are nothing.
   */
  async #oneCheckRun(repo: ForgeRepo, run: CheckRun): Promise<CheckRunSeen | undefined> {
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
    const ours = byId(check_runs.filter(({ external_id }) => external_id === run.externalId));
    const newest = ours.pop();
    for (const older of ours)
      if (older.output?.title !== toldTwice.output.title) await this.#editCheckRun(repo, older, toldTwice);
    return newest;
  }

  async #editCheckRun({ owner, name }: ForgeRepo, { id }: { id: number }, content: object): Promise<Written> {
    return writtenAs(
      await this.client.call(
        this.#access({ owner, name }),
        'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
        // Types of the route want `status` to say which of its two shapes this is; the content is either.
        { owner, repo: name, check_run_id: id, ...content } as never,
        CheckRunMade,
      ),
    );
  }

  #access(repo: ForgeRepo): AccessSource {
    checkRepo(repo);
    return (fresh) => this.credentials.write(repo, fresh);
  }
}
