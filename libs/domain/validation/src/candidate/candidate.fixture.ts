import type { HarvestReport, PolicyRules } from '@gatehouse/contracts';
import { NotifyHub } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { GitRunner, locateSource, Mirror, Spawner } from '@gatehouse/git';
import { ArtifactStore, Changes, LedgerModule, LedgerService } from '@gatehouse/ledger';
import { mergeLayers, policyEntities, policyProviders } from '@gatehouse/policy';
import { newId, PlaneSettings } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CandidateEntity } from './candidate.entity.js';
import type { JudgeInput, Judgement } from './candidate.judge.js';
import { CandidateService } from './candidate.service.js';
import { CandidateVerifier } from './candidate.verifier.js';
import { validationEntities, validationProviders } from '../index.js';

@Module({})
class Empty {}

/** A plane's candidate service, on a database, a ledger and a repository of its own. */
export class CandidateFixture {
  readonly repositoryId = newId('repository');
  readonly principalId = newId('principal');
  #attempts = 0;
  /** Commit of the files that it starts with. */
  base = '';

  private constructor(
    readonly dir: string,
    readonly database: TestDatabase,
    readonly plane: PlaneSettings,
    readonly git: GitRunner,
    readonly app: INestApplicationContext,
    private readonly release: () => Promise<unknown>,
  ) {}

  static async start(): Promise<CandidateFixture> {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-candidate-')));
    const database = await createTestDatabase({
      entities: [...validationEntities, ...policyEntities],
    });
    const { dataSource } = database;
    const hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    const spawner = new Spawner();
    const git = new GitRunner(spawner);
    const plane = new PlaneSettings({} as PlaneSettings['settings'], dir);
    const provided = [
      { provide: dataSource.constructor, useValue: dataSource },
      { provide: NotifyHub, useValue: hub },
      { provide: GitRunner, useValue: git },
      { provide: PlaneSettings, useValue: plane },
      { provide: Tasks, useValue: new Tasks(dataSource, hub) },
      ...policyProviders,
    ];
    const given = {
      global: true,
      module: Empty,
      providers: provided,
      exports: provided.map((p) => ('provide' in p ? p.provide : p)),
    };
    const app = await NestFactory.createApplicationContext(
      {
        module: class {},
        imports: [given, LedgerModule.forRoot({ directory: dir })],
        providers: validationProviders,
      },
      { logger: false },
    );
    const release = async (): Promise<void> => {
      await hub.close();
      await spawner.close();
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    };
    const fixture = new CandidateFixture(dir, database, plane, git, app, release);
    mkdirSync(fixture.work);
    fixture.run('init', '-q', '-b', 'main');
    await fixture.register();
    fixture.write('README.md', 'one\ntwo\nthree\n');
    fixture.write('src/old.txt', 'old\n');
    fixture.write('src/data.bin', Buffer.from([0, 1, 2, 3]));
    symlinkSync('src/old.txt', join(fixture.work, 'shortcut'));
    fixture.base = await fixture.commit();
    return fixture;
  }

  get service(): CandidateService {
    return this.app.get(CandidateService);
  }

  get verifier(): CandidateVerifier {
    return this.app.get(CandidateVerifier);
  }

  /** Any other part of the plane. */
  part<T>(type: new (...given: never[]) => T): T {
    return this.app.get(type, { strict: false });
  }

  get artifacts(): ArtifactStore {
    return this.app.get(ArtifactStore, { strict: false });
  }

  get changes(): Changes {
    return this.app.get(Changes, { strict: false });
  }

  get ledger(): LedgerService {
    return this.app.get(LedgerService, { strict: false });
  }

  get work(): string {
    return join(this.dir, 'work');
  }

  write(path: string, content: string | Buffer): void {
    mkdirSync(dirname(join(this.work, path)), { recursive: true });
    writeFileSync(join(this.work, path), content);
  }

  /** Plain git in the repository of somebody else. */
  run(...args: string[]): Buffer {
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
    return execFileSync('git', [...identity, ...args], {
      cwd: this.work,
      env: { PATH: process.env.PATH, HOME: this.dir, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Commits the work tree and brings the mirror up to it. Answers the commit. */
  async commit(): Promise<string> {
    this.run('add', '-A');
    this.run('commit', '-q', '-m', 'm');
    await this.fetch();
    return this.run('rev-parse', 'HEAD').toString().trim();
  }

  async fetch(): Promise<void> {
    const found = await locateSource({ kind: 'path', path: this.work }, { roots: [this.dir] });
    if (!found.ok) throw new TypeError(found.reason);
    const mirror = new Mirror(this.git, this.plane.mirrorDir(this.repositoryId));
    await mirror.ensure();
    const fetched = await mirror.fetch(found.located);
    if (!fetched.ok) throw new TypeError(fetched.message);
  }

  /** A tree as only old versions of git wrote it. */
  oldTree(): string {
    const oid = this.run('rev-parse', 'HEAD:README.md').toString().trim();
    const entry = Buffer.concat([Buffer.from('100664 old.txt\0'), Buffer.from(oid, 'hex')]);
    writeFileSync(join(this.dir, 'tree'), entry);
    const made = this.run('hash-object', '-t', 'tree', '-w', '--literally', join(this.dir, 'tree'));
    return made.toString().trim();
  }

  /** The patch of what `edit` does to the work tree, which is as before afterwards. */
  patch(edit: () => void): Buffer {
    edit();
    this.run('add', '-A');
    const patch = this.run('diff', '--cached', '--binary', '--full-index', '--no-renames');
    this.run('reset', '-q', '--hard');
    return patch;
  }

  async input(commit: string, patch: Buffer, rules: PolicyRules = {}): Promise<JudgeInput> {
    const merge = mergeLayers([{ layer: 'installation', name: 'test', rules }]);
    if (!merge.ok) throw new TypeError(merge.message);
    await this.query(
      `INSERT INTO effective_policies (digest, policy) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [merge.policy.digest, JSON.stringify(merge.policy)],
    );
    const { id } = await this.artifacts.put(patch, { kind: 'patch', mediaType: 'text/x-patch' });
    return {
      ...(await this.attempt()),
      repositoryId: this.repositoryId,
      mirrorDir: this.plane.mirrorDir(this.repositoryId),
      quarantineRoot: this.plane.quarantineDir,
      base: { commit },
      reachableFrom: 'main',
      policy: merge.policy,
      specDigest: '5'.repeat(64),
      patch,
      patchArtifact: id,
      declaredSha256: createHash('sha256').update(patch).digest('hex'),
      declaredTree: null,
      lease: {
        generation: 1,
        currentGeneration: 1,
        sessionMatches: true,
        repositoryMatches: true,
        baseMatches: true,
      },
      harvest: { made: 'harvested', report: cleanReport },
      bait: { tokens: [], log: Buffer.alloc(0) },
    };
  }

  save(input: JudgeInput, { tree, baseTree, files, patch: patchShape }: Judgement): Promise<CandidateEntity> {
    const { sessionId, attemptId, repositoryId, patchArtifact, specDigest, base, patch } = input;
    if (tree === null || baseTree === null) throw new TypeError('There is no tree.');
    return this.changes.run((change) =>
      this.service.save(change, {
        ...{ sessionId, attemptId, repositoryId, patchArtifact, specDigest, files },
        ...{ base: base.commit, baseTree, tree, patchBytes: patch.length, patchShape },
      }),
    );
  }

  /** As `judge` of the service, and what it found out is kept, as with a decision on it. */
  async judgeAndLearn(input: JudgeInput): Promise<Judgement> {
    const judgement = await this.service.judge(input);
    await this.changes.run((change) => this.service.learn(change, judgement));
    return judgement;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.release();
  }

  private query(sql: string, parameters: unknown[]): Promise<unknown> {
    return this.database.dataSource.query(sql, parameters);
  }

  private async register(): Promise<void> {
    await this.query(`INSERT INTO principals (id, name, kind, roles) VALUES ($1, 'p', 'user', '{}')`, [
      this.principalId,
    ]);
    await this.query(
      `INSERT INTO repositories (id, name, source, source_kind, mode) VALUES ($1, 'work', $2, 'path', 'staged')`,
      [this.repositoryId, this.work],
    );
  }

  /** A job, its session and an attempt, as rows that foreign keys ask for. */
  async attempt(): Promise<{ sessionId: string; attemptId: string }> {
    const [jobId, sessionId, attemptId] = [newId('job'), newId('session'), newId('attempt')];
    this.#attempts += 1;
    await this.query(
      `INSERT INTO jobs (id, name, labels, spec, spec_digest, repository_id, requested_by)
       VALUES ($1, $2, '{}', '{}', $3, $4, $5)`,
      [jobId, `job-${this.#attempts}`, '5'.repeat(64), this.repositoryId, this.principalId],
    );
    await this.query(
      `INSERT INTO sessions (id, job_id, root_id, path, state) VALUES ($1, $2, $1, '/', 'validating')`,
      [sessionId, jobId],
    );
    await this.query(
      `INSERT INTO attempts (id, session_id, number, purpose, state, wanted_kinds, start_deadline)
       VALUES ($1, $2, 1, 'agent', 'succeeded', '{}', now())`,
      [attemptId, sessionId],
    );
    return { sessionId, attemptId };
  }
}

const cleanReport: HarvestReport = {
  ignored: [],
  ignoredCount: 0,
  refused: [],
  refusedCount: 0,
  killedProcesses: 0,
  exitCode: 0,
  outcome: 'exited',
  durationMs: 1,
  sandbox: 'test',
};
