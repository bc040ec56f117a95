import { GatehouseError } from '@gatehouse/contracts';
import type { DraftPull, DraftPullAnswer, ForgePull, ForgeReader, ForgeRepo } from './forge.js';
import type { GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { another, unsure } from './github.fault.js';
import { Happening, Pull } from './github.schema.js';
import { checkRepo } from './repo.name.js';

const refused = (error: unknown, ...codes: readonly string[]): error is GatehouseError =>
  error instanceof GatehouseError && codes.includes(error.code);

/** Which "no" a refused creation is. */
const answerOf = (error: GatehouseError): DraftPullAnswer => {
  const errors = (error.details?.['errors'] ?? []) as readonly { field: string; code: string }[];
  const invalid = (field: string): boolean =>
    errors.some((entry) => entry.field === field && entry.code === 'invalid');
  const no = (reason: Extract<DraftPullAnswer, { ok: false }>['reason']): DraftPullAnswer => ({
    ok: false,
    reason,
    message: error.message,
  });
  if (/draft pull requests are not supported/i.test(error.message)) return no('drafts_unsupported');
  if (/no commits between/i.test(error.message)) return no('no_commits');
  if (invalid('head')) return no('head_not_found');
  if (invalid('base')) return no('base_not_found');
  return no('refused');
};

const withoutDrafts = ({ url }: ForgePull): DraftPullAnswer => ({
  ok: false,
  reason: 'drafts_unsupported',
  message: `GitHub opened ${url} ready for review although a draft was asked for, so it was closed at once. Drafts need a public repository or a plan that has them; publish to a branch instead.`,
});

/** Pull requests of branches of ours: looked for before they are made, made as drafts or not at all. */
export class GithubPulls {
  constructor(
    private readonly client: GithubClient,
    private readonly credentials: Credentials,
    private readonly reader: ForgeReader,
  ) {}

  async find(repo: ForgeRepo, branch: string): Promise<ForgePull | null> {
    // A branch is looked for below the owner's present name, and forks have branches of the same name.
    const { id, owner, name } = await this.reader.repository(repo);
    const rows = await this.client.pages(
      this.#access(repo),
      'GET /repos/{owner}/{repo}/pulls',
      { owner, repo: name, head: `${owner}:${branch}`, state: 'all', sort: 'created', direction: 'desc' },
      Pull,
    );
    const ours = rows
      .filter(({ pull, headRepoId }) => pull.head.ref === branch && headRepoId === id)
      .map(({ pull }) => pull);
    return ours.find(({ state }) => state === 'open') ?? ours[0] ?? null;
  }

  async createDraft(repo: ForgeRepo, wanted: DraftPull): Promise<DraftPullAnswer> {
    const before = await this.find(repo, wanted.head);
    if (before !== null) return this.#accept(repo, before);
    try {
      const { pull, headRepoId, baseRepoId } = await this.client.call(
        this.#access(repo),
        'POST /repos/{owner}/{repo}/pulls',
        { owner: repo.owner, repo: repo.name, ...wanted, draft: true, maintainer_can_modify: false },
        Pull,
      );
      // Whatever else it may be is neither noted nor closed by us: what was made is looked up.
      if (pull.head.ref !== wanted.head || pull.base.ref !== wanted.base || headRepoId !== baseRepoId)
        throw another(
          `GitHub answered with pull request #${pull.number}, which is not the one that was asked for.`,
        );
      return pull.draft ? { ok: true, pull, already: false } : this.#undo(repo, pull);
    } catch (error) {
      // The answer may have been lost after the effect, or somebody was faster.
      if (!refused(error, 'forge.unavailable', 'forge.invalid', 'forge.conflict')) throw error;
      const after = await this.find(repo, wanted.head);
      if (after !== null) return this.#accept(repo, after);
      // One that the list does not show yet: nobody knows its number, so it is looked for again later.
      if (error.code === 'forge.invalid' && !/pull request already exists/i.test(error.message))
        return answerOf(error);
      throw unsure(error);
    }
  }

  async update(
    repo: ForgeRepo,
    number: number,
    change: { title?: string; body?: string; state?: 'open' | 'closed' },
  ): Promise<ForgePull> {
    try {
      const { pull } = await this.client.call(
        this.#access(repo),
        'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
        { owner: repo.owner, repo: repo.name, pull_number: number, ...change },
        Pull,
      );
      if (pull.number !== number)
        throw another(`GitHub answered with pull request #${pull.number} to a change of #${number}.`);
      return pull;
    } catch (error) {
      if (!refused(error, 'forge.unavailable')) throw error;
      const pull = await this.reader.pull(repo, number);
      const isDone = Object.entries(change).every(
        ([field, value]) => pull[field as keyof typeof change] === value,
      );
      if (isDone) return pull;
      throw error;
    }
  }

  /** What people may have to do with: not what a forge without drafts opened for us, and we closed at once. */
  async findStanding(repo: ForgeRepo, branch: string): Promise<ForgePull | null> {
    const pull = await this.find(repo, branch);
    return pull?.state === 'closed' && (await this.#neverWasDraft(repo, pull)) ? null : pull;
  }

  /** What is there already. Never a draft: made so by a forge without drafts, and perhaps not yet undone. */
  async #accept(repo: ForgeRepo, pull: ForgePull): Promise<DraftPullAnswer> {
    if (!(await this.#neverWasDraft(repo, pull))) return { ok: true, pull, already: true };
    return pull.state === 'open' ? this.#undo(repo, pull) : withoutDrafts(pull);
  }

  async #neverWasDraft(repo: ForgeRepo, pull: ForgePull): Promise<boolean> {
    if (pull.draft || pull.state === 'merged') return false;
    const login = await this.credentials.login();
    if (pull.author.login.toLowerCase() !== login.toLowerCase()) return false;
    return !(await this.#wasMadeReady(repo, pull.number));
  }

  async #wasMadeReady(repo: ForgeRepo, number: number): Promise<boolean> {
    try {
      const happenings = await this.client.pages(
        this.#access(repo),
        'GET /repos/{owner}/{repo}/issues/{issue_number}/events',
        { owner: repo.owner, repo: repo.name, issue_number: number },
        Happening,
      );
      return happenings.some(({ event }) => event === 'ready_for_review');
    } catch (error) {
      // Where the forge does not tell, what a person may have opened stays open.
      if (refused(error, 'forge.not_found')) return true;
      throw error;
    }
  }

  async #undo(repo: ForgeRepo, pull: ForgePull): Promise<DraftPullAnswer> {
    await this.update(repo, pull.number, { state: 'closed' });
    return withoutDrafts(pull);
  }

  #access(repo: ForgeRepo) {
    checkRepo(repo);
    return (fresh: boolean) => this.credentials.write(repo, fresh);
  }
}
