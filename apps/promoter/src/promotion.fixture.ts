import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  GatehouseError,
  JobSpec,
  type EffectivePolicy,
  type PolicyRules,
  type PromotionLevel,
} from '@gatehouse/contracts';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { ArtifactStore, Changes, LedgerService } from '@gatehouse/ledger';
import { PlaneModule } from '@gatehouse/orchestration';
import { defaultInstallationPolicy, PolicyService } from '@gatehouse/policy';
import {
  PromotionRunner,
  PromotionService,
  type PromotionEntity,
  type RunContext,
} from '@gatehouse/promotion';
import { candidateId, digestOf } from '@gatehouse/proof';
import { newId, RepositoriesRepository, SessionsRepository } from '@gatehouse/session';
import { CandidateEntity, VerdictEntity } from '@gatehouse/validation';
import { Module, type FactoryProvider, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { gates, gateSetDigest, prelude, recordPrelude } from './prelude.fixture.js';

const clock = '1700000000 +0000';

export interface Wanted {
  readonly level?: PromotionLevel;
  readonly mode?: 'staged' | 'live';
  readonly quorum?: number;
  /** More of what policy says of promotions. */
  readonly budget?: PolicyRules['promotion'];
  readonly target?: string;
  readonly requester?: string;
  /** What README.md becomes. */
  readonly content?: string;
  readonly title?: string;
  /** Tree id noted in the candidate instead of the true one. */
  readonly tree?: string;
  /** Login of the database that asks for the promotion; else the owner of the schema does. */
  readonly login?: string;
}

const jobSpec = (title = 'Fix typo'): JobSpec =>
  JobSpec.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'fix-typo' },
    spec: {
      goal: 'Fix the typo',
      agent: { adapter: 'command', command: ['true'] },
      promotion: { title },
    },
  });

/** A plane's promoter on a database of its own, and a repository of somebody else, made with plain git. */
export class PromotionFixture {
  private constructor(
    readonly dir: string,
    readonly database: TestDatabase,
    readonly app: INestApplicationContext,
    readonly base: string,
    /** Address of the repository where that is not the folder. */
    readonly origin: string | undefined,
  ) {}

  /** `origin`: a repository of a forge, of which the folder is a clone then; `forge`: what may write there. */
  static async start({
    origin,
    forge = [],
  }: { origin?: string; forge?: FactoryProvider[] } = {}): Promise<PromotionFixture> {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-promoter-')));
    const database = await createTestDatabase();
    Object.assign(process.env, {
      DATABASE_URL: database.url,
      GATEHOUSE_DATA_DIR: join(dir, 'data'),
      GATEHOUSE_REPOSITORY_ROOTS: dir,
    });
    class TestModule {}
    const failed = (error: unknown) => void process.stderr.write(`${String(error)}\n`);
    Module({ imports: [PlaneModule.for('promoter', failed, forge)] })(TestModule);
    const app = await NestFactory.createApplicationContext(TestModule, {
      logger: false,
      abortOnError: false,
    });
    const source = join(dir, 'widgets');
    const made = new PromotionFixture(dir, database, app, '', origin);
    if (origin === undefined) {
      execFileSync('git', ['init', '-q', '-b', 'main', source]);
      writeFileSync(join(source, 'README.md'), 'teh first line\n');
      made.git('add', '.');
      made.git('commit', '-qm', 'base');
    } else await promisify(execFile)('git', ['clone', '-q', origin, source]);
    return new PromotionFixture(dir, database, app, made.git('rev-parse', 'HEAD'), origin);
  }

  get source(): string {
    return join(this.dir, 'widgets');
  }

  get promotions(): PromotionService {
    return this.app.get(PromotionService);
  }

  /** Plain git in the repository, as its owner would run it. */
  git(...args: string[]): string {
    const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
    const env = { ...process.env, GIT_AUTHOR_DATE: clock, GIT_COMMITTER_DATE: clock };
    return execFileSync('git', [...who, '-C', this.source, ...args], { env })
      .toString()
      .trim();
  }

  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query(sql, parameters);
  }

  async principal(kind = 'user'): Promise<string> {
    const id = newId('principal');
    await this.query(`INSERT INTO principals (id, name, kind, roles) VALUES ($1, $2, $3, '{approver}')`, [
      id,
      id.toLowerCase(),
      kind,
    ]);
    return id;
  }

  async repository(mode: 'staged' | 'live' = 'live'): Promise<string> {
    const id = newId('repository');
    await this.query(
      `INSERT INTO repositories (id, name, source, source_kind, forge, mode, default_branch)
       VALUES ($1, $1, $2, $3, $4, $5, 'main')`,
      this.origin === undefined
        ? [id, this.source, 'path', null, mode]
        : [id, this.origin, 'http', 'github', mode],
    );
    return id;
  }

  /** Makes this the repository's layer, and answers what a job, or the latest one there, runs under. */
  async policy(repositoryId: string, rules: PolicyRules, specDigest?: string): Promise<EffectivePolicy> {
    const document = {
      ...defaultInstallationPolicy,
      metadata: { name: 'test', layer: 'repository', repository: repositoryId },
      spec: rules,
    };
    await this.query(
      `INSERT INTO policies (id, layer, repository_id, name, version, digest, document, active)
       VALUES ($1, 'repository', $2, 'test', 1, '', $3, true)
       ON CONFLICT (layer, coalesce(repository_id, ''), coalesce(scope, '')) WHERE active
         DO UPDATE SET document = EXCLUDED.document`,
      [newId('policy'), repositoryId, JSON.stringify(document)],
    );
    const [latest] = await this.query<{ digest: string }>(
      `SELECT spec_digest AS digest FROM jobs WHERE repository_id = $1 ORDER BY id DESC LIMIT 1`,
      [repositoryId],
    );
    const digest = specDigest ?? latest?.digest ?? '';
    const effective = await this.app.get(PolicyService).effectiveFor(repositoryId, digest, jobSpec());
    if (!effective.ok) throw new GatehouseError('policy.invalid', effective.message);
    return effective.policy;
  }

  /** A session whose candidate has passed and asks to be promoted; answers the promotion. */
  async requested(wanted: Wanted = {}, repositoryId?: string): Promise<PromotionEntity> {
    const repository = repositoryId ?? (await this.repository(wanted.mode));
    const requester = wanted.requester ?? (await this.principal());
    const [job, session] = [newId('job'), newId('session')];
    const specDigest = digestOf(job);
    const { id: made, ...candidate } = await this.candidate(specDigest, wanted);
    const policy = await this.policy(
      repository,
      {
        promotion: { ...wanted.budget, approvals: { quorum: wanted.quorum ?? 0 } },
      },
      specDigest,
    );
    const spec = jobSpec(wanted.title);
    await this.query(
      `INSERT INTO jobs (id, name, labels, spec, spec_digest, repository_id, requested_by, created_at)
       VALUES ($1, 'fix-typo', '{}', $2, $5, $3, $4, '2026-01-02T03:04:05Z')`,
      [job, JSON.stringify(spec), repository, requester, specDigest],
    );
    await this.query(
      `INSERT INTO sessions (id, job_id, root_id, path, state) VALUES ($1, $2, $1, '/fix-typo', 'idle')`,
      [session, job],
    );
    await this.query(
      `INSERT INTO candidates (id, alias, repository_id, base, base_tree, tree, patch, patch_bytes, files, spec_digest)
       VALUES ($1, 'brave-otter', $2, $3, $4, $5, $6, $7, 1, $8)`,
      [
        made,
        repository,
        this.base,
        candidate.baseTree,
        candidate.tree,
        candidate.patch,
        candidate.bytes,
        specDigest,
      ],
    );
    const verdict = newId('verdict');
    await this.query(
      `INSERT INTO verdicts (id, candidate_id, session_id, outcome, approvals_needed, policy_digest, gate_set_digest, static_digest, cached, gates)
       VALUES ($1, $2, $3, 'pass', false, $4, $5, 's', false, $6)`,
      [verdict, made, session, policy.digest, gateSetDigest, JSON.stringify(gates)],
    );
    await this.app.get(Changes).run(async (change) => {
      const ids = { job, session, requester, repository, candidate: made, verdict, specDigest };
      recordPrelude(change, { ...ids, base: this.base, ...candidate, policyDigest: policy.digest });
    });
    return this.app.get(Changes).run(async (change) => {
      if (wanted.login !== undefined) await change.manager.query(`SET LOCAL ROLE ${wanted.login}`);
      return this.promotions.request(change, {
        candidate: await change.manager.findOneByOrFail(CandidateEntity, { id: made }),
        session: await this.app.get(SessionsRepository).lock(change.manager, session),
        verdict: await change.manager.findOneByOrFail(VerdictEntity, { id: verdict }),
        repository: await this.app.get(RepositoriesRepository).find(repository, change.manager),
        target: wanted.target ?? 'main',
        requestedLevel: wanted.level ?? 'branch',
        policy,
        forbids: null,
        asks: [],
        actor: 'engine',
      });
    });
  }

  /** `complete`: what marks the task done, in the transaction that ends the run. */
  run(id: string, complete: RunContext['complete'] = () => Promise.resolve()): Promise<void> {
    return this.app.get(PromotionRunner).run(id, { signal: new AbortController().signal, complete });
  }

  /** The kinds of tasks that wait, with what they are about. */
  async waiting(): Promise<string[]> {
    const rows = await this.query<{ key: string }>(
      `SELECT dedupe_key AS key FROM tasks WHERE state = 'pending' ORDER BY id`,
    );
    return rows.map(({ key }) => key);
  }

  async events(streamId: string): Promise<string[]> {
    const { items } = await this.app.get(LedgerService).readPage(streamId, { after: 0, limit: 1000 });
    return items
      .filter(({ type }) => !prelude.includes(type))
      .map(({ type, payload }) => {
        const { from, to } = payload as { from?: string; to?: string };
        return from === undefined ? type : `${from} → ${to}`;
      });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async candidate(jobSpecDigest: string, { content = 'the first line\n', tree }: Wanted) {
    const before = readFileSync(join(this.source, 'README.md'), 'utf8');
    writeFileSync(join(this.source, 'README.md'), content);
    const diff = execFileSync('git', [
      '-C',
      this.source,
      'diff',
      '--binary',
      '--full-index',
      '--no-renames',
      this.base,
    ]);
    this.git('add', '.');
    const made = this.git('write-tree');
    writeFileSync(join(this.source, 'README.md'), before);
    this.git('add', '.');
    const artifact = await this.app
      .get(ArtifactStore)
      .put(diff, { kind: 'patch', mediaType: 'text/x-patch' });
    const noted = tree ?? made;
    const patchSha256 = artifact.id.replace('sha256:', '');
    return {
      id: candidateId({ base: this.base, tree: noted, patchSha256, jobSpecDigest }),
      baseTree: this.git('rev-parse', `${this.base}^{tree}`),
      tree: noted,
      patch: artifact.id,
      bytes: diff.length,
    };
  }
}
