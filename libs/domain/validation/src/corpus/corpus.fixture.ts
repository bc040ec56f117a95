import { GitRunner, hashObject, locateSource, Mirror, Spawner } from '@gatehouse/git';
import { mergeLayers } from '@gatehouse/policy';
import { PolicyRules, type EffectivePolicy, type GateResult } from '@gatehouse/contracts';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { judge, type Judgement } from '../candidate/candidate.judge.js';
import { scanBlob } from '../secrets/secret.scan.js';

export type File = readonly [mode: string, content: Buffer | string];
/** Raw names and texts as latin1. */
export type Files = Readonly<Record<string, File>>;
export const file = (content: Buffer | string): File => ['100644', content];

export const lines = (n: number, change = -1): string =>
  Array.from({ length: n }, (_, i) => (i === change ? `changed ${i}\n` : `line ${i}\n`)).join('');

/** Bytes that no text has and that do not compress. */
export const noise = (seed: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed + 1; i < size; i += 1) {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    bytes[i] = x >> 16;
  }
  bytes[0] = 0;
  return bytes;
};

export const subCommit = 'a'.repeat(40);
export const baseFiles: Files = {
  'README.md': file(lines(10)),
  repeats: file(Array.from({ length: 30 }, (_, i) => `${i % 5}\n`).join('')),
  Makefile: file('all:\n'),
  'dir/x': file('x\n'),
  link: ['120000', 'dir'],
  out: ['120000', '/etc'],
  sub: ['160000', subCommit],
  bin: file(noise(1, 300)),
  run: ['100755', '#!/bin/sh\n'],
  empty: file(''),
  noeol: file('x'),
  crlf: file('a\r\nb\r\n'),
  'caf\xc3\xa9.txt': file('c\n'),
  'test/base.test.js': file(
    "it('one', () => expect(one()).toBe(1));\nit('two', () => expect(two()).toBe(2));\n",
  ),
  'lib/base.rs': file('#[test]\nfn one() {}\n#[test]\nfn two() {}\n'),
};

/** Lifts all that only policy forbids, so that what refuses is the form or the content itself. */
export const openRules: PolicyRules = {
  allowedPaths: ['**'],
  forbiddenPaths: [],
  symlinks: 'permit',
  gitlinks: 'permit',
  executables: 'permit',
  limits: {
    patchBytes: 2 ** 27,
    files: 1_000_000,
    blobBytes: 2 ** 30,
    inflatedBytes: 2 ** 32,
    lineBytes: 2 ** 30,
  },
};

export const policyOf = (rules: PolicyRules): EffectivePolicy => {
  const merge = mergeLayers([{ layer: 'installation', name: 'test', rules }]);
  if (!merge.ok) throw new TypeError(merge.message);
  return merge.policy;
};

/** A repository of somebody else, a mirror of it, and judging without a database. */
export class Corpus {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-corpus-')));
  readonly #spawner = new Spawner();
  readonly git = new GitRunner(this.#spawner);
  readonly mirror = new Mirror(this.git, join(this.dir, 'mirror.git'));
  readonly quarantineRoot = join(this.dir, 'quarantine');
  base = '';

  async start(files: Files = baseFiles): Promise<this> {
    mkdirSync(this.quarantineRoot);
    this.plain('init', '-q', '--bare', '-b', 'main', this.source);
    await this.commit(this.tree(files));
    return this;
  }

  get source(): string {
    return join(this.dir, 'source.git');
  }

  plain(...args: string[]): Buffer {
    return this.fed('', ...args);
  }

  /** Git as somebody else runs it. */
  fed(input: Buffer | string, ...args: string[]): Buffer {
    return execFileSync('git', ['-c', 'core.protectNTFS=false', '-c', 'core.protectHFS=false', ...args], {
      cwd: args[0] === 'init' ? this.dir : this.source,
      env: {
        PATH: process.env.PATH,
        HOME: this.dir,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_COMMITTER_NAME: 'A',
        GIT_COMMITTER_EMAIL: 'a@example.org',
      },
      input,
      maxBuffer: 1 << 30,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  text(...args: string[]): string {
    return this.plain(...args)
      .toString('latin1')
      .trim();
  }

  /** Stored as git would, without a process for each of the many files of a corpus. */
  blob(content: Buffer | string): string {
    const bytes = Buffer.from(content as string, 'latin1');
    const oid = hashObject('blob', bytes);
    const folder = join(this.source, 'objects', oid.slice(0, 2));
    const path = join(folder, oid.slice(2));
    if (existsSync(path)) return oid;
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path,
      deflateSync(Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]), { level: 1 }),
    );
    return oid;
  }

  /** A tree of exactly these files, whatever their names. */
  tree(files: Files): string {
    rmSync(join(this.source, 'index'), { force: true });
    const records = Object.entries(files).map(([path, [mode, content]]) => {
      const oid = mode === '160000' ? String(content) : this.blob(content);
      return Buffer.from(`${mode} ${oid}\t${path}\0`, 'latin1');
    });
    this.fed(Buffer.concat(records), 'update-index', '-z', '--add', '--index-info');
    return this.text('write-tree');
  }

  /** Commits a tree on main, brings the mirror up to it and makes it the base. */
  async commit(tree: string): Promise<string> {
    const parent = this.base === '' ? [] : ['-p', this.base];
    this.base = this.text('commit-tree', tree, '-m', 'm', ...parent);
    this.plain('update-ref', 'refs/heads/main', this.base);
    await this.fetch();
    return this.base;
  }

  async fetch(): Promise<void> {
    const found = await locateSource({ kind: 'path', path: this.source }, { roots: [this.dir] });
    if (!found.ok) throw new TypeError(found.reason);
    await this.mirror.ensure();
    const fetched = await this.mirror.fetch(found.located);
    if (!fetched.ok) throw new TypeError(fetched.message);
  }

  /** The base with these files instead; null takes one away. */
  changed(files: Readonly<Record<string, File | null>>, base: Files = baseFiles): string {
    const all = Object.entries({ ...base, ...files }).filter((entry) => entry[1] !== null);
    return this.tree(Object.fromEntries(all) as Files);
  }

  diff(before: string, after: string, ...flags: string[]): Buffer {
    return this.plain('diff', '--binary', '--full-index', '--no-renames', ...flags, before, after);
  }

  /** What git itself makes of the patch on the base. */
  applied(patch: Buffer): string {
    this.plain('read-tree', this.base);
    this.fed(patch, 'apply', '--cached', '--binary', '-');
    return this.text('write-tree');
  }

  judge(
    patch: Buffer,
    rules: PolicyRules = openRules,
    declaredTree: string | null = null,
  ): Promise<Judgement> {
    const nothing = () => Promise.resolve(undefined);
    const answers = { cached: nothing, repair: nothing };
    const onError = (gate: string, error: unknown): never => {
      throw new Error(`The gate ${gate} broke.`, { cause: error });
    };
    return judge(
      { git: this.git, answers, secrets: { scan: scanBlob }, onError },
      {
        sessionId: 'ses_1',
        attemptId: 'att_1',
        repositoryId: 'rep_1',
        mirrorDir: this.mirror.gitDir,
        quarantineRoot: this.quarantineRoot,
        base: { commit: this.base },
        reachableFrom: 'main',
        policy: policyOf(rules),
        specDigest: '5'.repeat(64),
        patch,
        patchArtifact: 'sha256:0',
        declaredSha256: createHash('sha256').update(patch).digest('hex'),
        declaredTree,
        lease: {
          generation: 1,
          currentGeneration: 1,
          sessionMatches: true,
          repositoryMatches: true,
          baseMatches: true,
        },
        harvest: { made: 'handed_in' },
        bait: { tokens: [], log: Buffer.alloc(0) },
      },
    );
  }

  /** Names and sizes of all that is on disk here but for the source, which only its owner writes. */
  footprint(): string[] {
    return ['mirror.git', 'quarantine'].flatMap((name) =>
      (readdirSync(join(this.dir, name), { recursive: true }) as string[])
        .map((path) => join(name, path))
        .map((path) => `${path} ${statSync(join(this.dir, path)).size}`)
        .sort(),
    );
  }

  async stop(): Promise<void> {
    await this.#spawner.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Stable reasons that stand against a candidate, each once. */
export const blocksOf = (results: readonly GateResult[]): string[] => [
  ...new Set(
    results
      .flatMap(({ findings }) => findings)
      .filter(({ severity }) => severity === 'block')
      .map(({ code }) => code),
  ),
];
