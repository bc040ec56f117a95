import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GitRunner, Spawner } from '@gatehouse/git';
import { createWorkerClient } from '@gatehouse/client/worker';
import type { CompleteAttempt, LeaseGrant } from '@gatehouse/contracts';
import { createSandbox, type Sandbox } from '@gatehouse/sandbox';
import { pino, type Logger } from 'pino';
import { clientCalls } from '../lease/client.calls.js';
import { startAttempt, type AttemptRun, type AttemptTools } from '../run/attempt.run.js';
import { FakePlane, makeId, type PlaneLease } from './fake.plane.js';

const quiet = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', PATH: process.env['PATH'] ?? '' };
const dated = { GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z' };

/** Plain git, as people run it: what the worker is held against. */
export const gitIn = (cwd: string, args: readonly string[], env: Record<string, string> = {}): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
    cwd,
    env: { ...quiet, ...dated, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  }).trim();

/** Bytes; `{ to }` is a link, `{ run }` an executable file. */
export type FileOf = string | Buffer | { readonly to: string } | { readonly run: string };

export const layFiles = (root: string, files: Readonly<Record<string, FileOf>>): void => {
  for (const [path, file] of Object.entries(files)) {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof file === 'string' || Buffer.isBuffer(file)) writeFileSync(at, file);
    else if ('to' in file) symlinkSync(file.to, at);
    else {
      writeFileSync(at, file.run);
      chmodSync(at, 0o755);
    }
  }
};

export interface Origin {
  readonly dir: string;
  readonly commit: string;
  readonly tree: string;
}

const mebibyte = 1024 * 1024;
export const limits: LeaseGrant['limits'] = {
  executionMs: 120_000,
  memoryBytes: 512 * mebibyte,
  cpus: 2,
  pids: 128,
  tmpBytes: 64 * mebibyte,
  workspaceBytes: 2048 * mebibyte,
  outputBytes: mebibyte,
  harvestEntries: 50_000,
  harvestBytes: 64 * mebibyte,
};

/** A worker without its loop, a plane, and repositories to work on; everything real but the plane's database. */
export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), 'gatehouse-worker-'));
  readonly spawner = new Spawner();
  readonly git = new GitRunner(this.spawner);
  readonly plane = new FakePlane(this.git);
  readonly log: Logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  sandbox!: Sandbox;

  async open(): Promise<this> {
    await this.plane.start();
    this.sandbox = await createSandbox('process_sandbox', {
      stateDir: join(this.root, 'sandboxes'),
    });
    return this;
  }

  async close(): Promise<void> {
    await this.plane.stop();
    await this.spawner.close();
    execFileSync('rm', ['-rf', this.root]);
  }

  /** A repository of one commit. */
  origin(files: Readonly<Record<string, FileOf>>): Origin {
    const dir = mkdtempSync(join(this.root, 'origin-'));
    gitIn(dir, ['init', '-q', '-b', 'main']);
    // Blobs as they are: the files' own attributes would change them on the way in.
    mkdirSync(join(dir, '.git/info'), { recursive: true });
    writeFileSync(join(dir, '.git/info/attributes'), '* -text -filter -ident -working-tree-encoding\n');
    layFiles(dir, files);
    gitIn(dir, ['add', '-A', '-f']);
    return this.commit(dir);
  }

  commit(dir: string): Origin {
    gitIn(dir, ['commit', '-q', '--allow-empty', '-m', 'base']);
    return { dir, commit: gitIn(dir, ['rev-parse', 'HEAD']), tree: gitIn(dir, ['rev-parse', 'HEAD^{tree}']) };
  }

  offer(
    origin: Origin | null,
    more: Partial<LeaseGrant> & { clocks?: Partial<LeaseGrant['lease']> } = {},
  ): PlaneLease {
    const { clocks, ...rest } = more;
    const grant: LeaseGrant = {
      lease: {
        id: makeId('lea'),
        generation: 1,
        token: makeId('tok'),
        // Longer than a busy machine stands still.
        ttlMs: 120_000,
        heartbeatMs: 500,
        fenceMs: 90_000,
        ...clocks,
      },
      attempt: { id: makeId('att'), number: 1, purpose: 'agent' },
      sessionId: makeId('ses'),
      job: { id: makeId('job'), name: 'a-job', goal: 'do it' },
      feedback: null,
      start: null,
      kind: 'process_sandbox',
      image: null,
      limits,
      base: origin === null ? null : { commit: origin.commit, tree: origin.tree, ref: 'main' },
      agent: null,
      validate: null,
      ...rest,
    };
    return this.plane.offer(grant, origin === null ? null : join(origin.dir, '.git'));
  }

  tools(): AttemptTools {
    return {
      git: this.git,
      sandboxes: new Map([[this.sandbox.kind, this.sandbox]]),
      workerDir: join(this.root, 'work'),
      log: this.log,
    };
  }

  run(lease: PlaneLease): AttemptRun {
    lease.expiresAt = Date.now() + lease.grant.lease.ttlMs;
    const client = createWorkerClient({ baseUrl: this.plane.url, token: this.plane.token });
    return startAttempt(lease.grant, clientCalls(client, lease.grant), this.tools());
  }

  /** Runs a shell script as the agent on a repository, and answers how its attempt was completed. */
  async agent(
    origin: Origin | null,
    script: string,
    more: Parameters<Bench['offer']>[1] = {},
  ): Promise<CompleteAttempt & { lease: PlaneLease }> {
    const lease = this.offer(origin, {
      agent: { adapter: 'command', command: ['/bin/sh', '-ec', script] },
      ...more,
    });
    await this.run(lease).done;
    if (lease.completion === undefined) throw new Error('the attempt was not completed');
    return { ...lease.completion, lease };
  }

  /** The tree that a completion's patch makes of its base by plain git. */
  treeOfPatch(origin: Origin, patch: string): string {
    const index = join(mkdtempSync(join(this.root, 'index-')), 'index');
    const file = `${index}.patch`;
    writeFileSync(file, this.plane.artifacts.get(patch) ?? '');
    const env = { GIT_INDEX_FILE: index };
    gitIn(origin.dir, ['read-tree', origin.commit], env);
    gitIn(origin.dir, ['apply', '--cached', '--whitespace=nowarn', file], env);
    return gitIn(origin.dir, ['write-tree'], env);
  }
}
