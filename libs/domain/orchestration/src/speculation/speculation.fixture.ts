import { PolicyDocument, type LedgerEvent, type PolicyRules } from '@gatehouse/contracts';
import { ArtifactStore, LedgerService } from '@gatehouse/ledger';
import { PolicySetService } from '@gatehouse/policy';
import { LaneView, PromotionPreflight, PromotionService } from '@gatehouse/promotion';
import { RepositoryService } from '@gatehouse/session';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GrantService } from '../grant.service.js';
import { OrchestrationFixture } from '../orchestration.fixture.js';

const commands = [{ name: 'together', run: 'sh together.sh' }];
export const untilVerdict = ['session.intake', 'candidate.assess', 'candidate.conclude'];

/** A change: the file it makes, and of what. */
export type Change = readonly [path: string, content: string];
export interface Job {
  readonly id: string;
  readonly sessionId: string;
}

/** What the command of every job looks at: files that begin with `x` of one content must not meet. */
const passes = (files: ReadonlyMap<string, string>): boolean => {
  const sides = [...files].flatMap(([path, content]) => (path.startsWith('x') ? [content] : []));
  return new Set(sides).size === sides.length;
};

const outcomeOf = (ok: boolean) => {
  const [outcome, exitCode] = ok ? ['passed', 0] : ['failed', 1];
  return { name: 'together', outcome, exitCode, durationMs: 1, tail: 'x' };
};

/** The lane of main in a plane of its own, with whoever validates. */
export class LaneFixture {
  /** Stacks that were judged by a worker since the jobs passed, by the names of the files in them. */
  probed: string[][] = [];
  /** What the validator hands in instead of what the tree says. */
  answer: Record<string, unknown> | undefined;

  private constructor(
    readonly plane: OrchestrationFixture,
    readonly repositoryId: string,
  ) {}

  static async start(): Promise<LaneFixture> {
    const plane = await OrchestrationFixture.start();
    const [row] = await plane.query<{ id: string }>('SELECT id FROM repositories');
    return new LaneFixture(plane, row!.id);
  }

  /** Another head, on which nothing stands beside it. */
  async move(): Promise<void> {
    this.plane.git('commit', '-q', '--allow-empty', '-m', 'a new day');
    await this.plane.app.get(RepositoryService).refresh(this.repositoryId);
  }

  policy(promotion: NonNullable<PolicyRules['promotion']>): Promise<unknown> {
    return this.plane.changes.run((change) =>
      this.plane.app.get(PolicySetService).publish(
        change,
        PolicyDocument.parse({
          apiVersion: 'gatehouse.dev/v1',
          kind: 'Policy',
          metadata: { name: 'test', layer: 'repository', repository: 'widgets' },
          spec: { promotion },
        }),
        this.plane.requester,
      ),
    );
  }

  /** Jobs whose changes passed by themselves, and wait for the promoter. */
  async passed(...changes: Change[]): Promise<Job[]> {
    const jobs = [];
    for (const [path, content] of changes) {
      const job = await this.plane.submit({ validation: { commands }, limits: { appRetries: 0 } });
      await this.plane.completePatch(await this.plane.begin(), `${content}\n`, path);
      await this.plane.drain(untilVerdict);
      const result = { kind: 'commands', commands: [outcomeOf(true)] };
      await this.plane.complete(await this.plane.begin('validator'), { outcome: 'succeeded', result });
      await this.plane.drain(untilVerdict);
      jobs.push(job);
    }
    this.probed = [];
    return jobs;
  }

  /**
   * Whoever validates takes what waits, and hands in later; undefined where nothing does. Throws where it was given
   * another tree than is named.
   */
  async take(): Promise<(() => Promise<void>) | undefined> {
    const { app, leases, workers } = this.plane;
    await this.plane.query(`UPDATE attempts SET not_before = now() WHERE state = 'queued'`);
    const seeker = { workerId: workers.validator, tokenId: null };
    const [granted] = (await app.get(GrantService).claim([seeker])).granted;
    if (granted === undefined) return undefined;
    const { lease, base, validate: wanted } = await granted.grant;
    const held = await leases.authenticate(lease.id, lease.token);
    const { generation } = lease;
    await leases.start(held, generation, 'validator');
    if (!(await app.get(GrantService).mayRead(held, generation, wanted!.patch)))
      throw new Error('The validator may not read what it is to validate.');
    const files = await this.filesOf(base!.commit, wanted!.patch, wanted!.tree);
    const names = [...files.keys()].filter((name) => name !== 'README.md');
    if (names.length > 1) this.probed.push(names);
    const result = { kind: 'commands', commands: [outcomeOf(passes(files))] };
    const body = this.answer ?? { outcome: 'succeeded', result };
    return () => leases.complete(held, { generation, ...body } as never, 'validator');
  }

  /** False where nothing waits to be validated. */
  async validate(): Promise<boolean> {
    const handIn = await this.take();
    await handIn?.();
    return handIn !== undefined;
  }

  /** All there is to do, by everyone. */
  async work(): Promise<void> {
    do await this.plane.drain();
    while (await this.validate());
  }

  /** Which of these were published, in that order. */
  async published(jobs: readonly Job[]): Promise<number[]> {
    const rows = await this.plane.query<{ session_id: string }>(
      `SELECT session_id FROM promotions WHERE state = 'succeeded' AND branch IS NOT NULL ORDER BY lane_generation`,
    );
    const order = rows.map(({ session_id: id }) => jobs.findIndex(({ sessionId }) => sessionId === id));
    return order.filter((at) => at >= 0);
  }

  endings(jobs: readonly Job[]): Promise<string[]> {
    return Promise.all(jobs.map(({ sessionId }) => this.plane.ending(sessionId)));
  }

  async reason({ sessionId }: Job): Promise<string | null> {
    return (await this.plane.session(sessionId)).reasonMessage;
  }

  /** As people see it. */
  async seen() {
    const [lane] = await this.plane.app.get(LaneView).list({ target: 'main' });
    return lane!.speculation!;
  }

  /** What people are told of those that wait. */
  async waits(): Promise<[position: number | null, why: string][]> {
    const [lane] = await this.plane.app.get(LaneView).list({ target: 'main' });
    return lane!.waiting.map(({ position, why }) => [position, why]);
  }

  async stackStates(): Promise<string[]> {
    return (await this.seen()).stack.map(({ state }) => state);
  }

  /** The rounds of this head, oldest first. */
  async windows(): Promise<string[]> {
    const head = this.plane.git('rev-parse', 'main');
    const rounds = (await this.seen()).rounds.filter((round) => round.head === head).reverse();
    return rounds.map(({ windowBefore, windowAfter, state }) => `${windowBefore}→${windowAfter} ${state}`);
  }

  /** What is said of its stack before it is published. */
  async mayGo({ sessionId }: Job): Promise<boolean | null | undefined> {
    const row = await this.plane.app.get(PromotionService).latestFor(sessionId);
    const { checks } = await this.plane.app.get(PromotionPreflight).check(row!.id);
    return checks.find(({ check }) => check === 'stack')?.ok;
  }

  /** Of its stream. */
  async events(): Promise<LedgerEvent[]> {
    const ledger = this.plane.app.get(LedgerService);
    return (await ledger.readPage(`lane:${this.repositoryId}:main`, { after: 0, limit: 1000 })).items;
  }

  falsify({ sessionId }: Job, column: string): Promise<unknown> {
    return this.plane.query(
      `UPDATE lane_checks SET ${column} = 'x' FROM promotions m WHERE m.id = promotion_id AND m.session_id = $1`,
      [sessionId],
    );
  }

  /** Makes the tree as a worker does, and answers the contents of its files, by their ids. */
  private async filesOf(base: string, patch: string, tree: string): Promise<Map<string, string>> {
    const { dir, source, app } = this.plane;
    const env = { ...process.env, GIT_INDEX_FILE: join(dir, 'probe.index') };
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', source, ...args], { env })
        .toString()
        .trim();
    const parts: Buffer[] = [];
    for await (const part of app.get(ArtifactStore).read(patch)) parts.push(Buffer.from(part));
    writeFileSync(join(dir, 'probe.patch'), Buffer.concat(parts));
    git('read-tree', base);
    git('apply', '--cached', join(dir, 'probe.patch'));
    const made = git('write-tree');
    if (made !== tree) throw new Error(`The patch leads to ${made}, and the lease names ${tree}.`);
    rmSync(env.GIT_INDEX_FILE);
    const lines = git('ls-tree', '-r', tree).split('\n');
    return new Map(lines.map((line) => line.split(/[ \t]/).slice(2).reverse() as [string, string]));
  }
}
