import { GatehouseError } from '@gatehouse/contracts';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { layOutBare } from './bare.repository.js';
import { lenientTransfer, readFaults, strictTransfer } from './fsck.severity.js';
import { describeStderr, refuseOutage, type GitResult, type GitRunner } from './git.runner.js';
import { commitNames, isObjectId, isRefName } from './ref.name.js';
import type { LocatedSource } from './source.locator.js';
import { accessFault, accessTo, reasonOf } from './source.credential.js';
import { readTransport } from './source.transport.js';

export type FetchAnswer =
  | {
      readonly ok: true;
      /** Faults of old history that were taken in anyway. */
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly reason: 'source.unreachable' | 'source.silent' | 'source.damaged';
      readonly message: string;
    };

export interface Branch {
  readonly name: string;
  readonly commit: string;
}

const queues = new Map<string, Promise<unknown>>();

/** A bare copy of a repository's branches and tags, owned by the plane; its configuration is ours alone. */
export class Mirror {
  constructor(
    private readonly git: GitRunner,
    /** Absolute path of the bare repository. */
    readonly gitDir: string,
    private readonly limits: { readonly fetchTimeoutMs?: number } = {},
  ) {}

  /** Lays the mirror out where it does not exist, and puts its configuration right where it does. */
  async ensure(): Promise<void> {
    await mkdir(dirname(this.gitDir), { recursive: true, mode: 0o700 });
    await layOutBare(this.gitDir);
  }

  /**
   * Makes branches and tags equal to the source's. Objects are kept when branches vanish. Safe to call at the same
   * time from several processes. A source that cannot be read is an answer; a broken plane throws.
   */
  async fetch(located: LocatedSource): Promise<FetchAnswer> {
    return this.alone(async () => {
      const strict = await this.transfer(located, strictTransfer);
      if (strict.code === 0) return { ok: true, warnings: [] };
      if (readFaults(strict.stderr).length === 0 && !/fsck error|Error in object/.test(strict.stderr))
        return refuse(strict, located);
      const lenient = await this.transfer(located, lenientTransfer);
      if (lenient.code !== 0) return refuse(lenient, located);
      const warnings = readFaults(lenient.stderr).map(
        ({ oid, code, message }) => `${code} in ${oid}: ${message}`,
      );
      return { ok: true, warnings };
    });
  }

  /** The source's default branch, without `refs/heads/`; undefined for an empty or unreadable source. */
  async defaultBranch(located: LocatedSource): Promise<string | undefined> {
    const { code, stdout } = await this.git.run(
      ['ls-remote', '--symref', ...readTransport(located), '--end-of-options', located.address, 'HEAD'],
      { ...(await accessTo(located)), timeoutMs: 30_000, accept: [0, 128] },
    );
    if (code !== 0) return undefined;
    const name = /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(stdout.toString('utf8'))?.[1];
    return name !== undefined && isRefName(name) ? name : undefined;
  }

  /** The commit a branch, tag, or (abbreviated, at least 7 digits) commit id names, in this order. */
  async resolve(ref: string): Promise<string | undefined> {
    return firstCommit(await this.check(commitNames(ref)));
  }

  /** Like `resolve`, with the tree of the commit. */
  async pin(ref: string): Promise<{ readonly commit: string; readonly tree: string } | undefined> {
    const names = commitNames(ref);
    const found = await this.check([...names, ...names.map((name) => name.replace('^{commit}', '^{tree}'))]);
    const commit = firstCommit(found.slice(0, names.length));
    // Whatever names the commit names its tree.
    const tree = found[names.length + found.findIndex((one) => one?.oid === commit)]?.oid;
    return commit === undefined || tree === undefined ? undefined : { commit, tree };
  }

  /** The trees of commits, in the order asked; undefined where there is no such commit. */
  async treesOf(commits: readonly string[]): Promise<(string | undefined)[]> {
    return (await this.look(commits, null)).trees;
  }

  /** Trees of commits, and what a ref resolves to, in one question. */
  async look(
    commits: readonly string[],
    ref: string | null,
  ): Promise<{ readonly trees: (string | undefined)[]; readonly head: string | undefined }> {
    const asked = commits.filter(isObjectId).map((commit) => `${commit}^{tree}`);
    const found = await this.check([...asked, ...(ref === null ? [] : commitNames(ref))]);
    return {
      trees: commits.map((commit) => found[asked.indexOf(`${commit}^{tree}`)]?.oid),
      head: firstCommit(found.slice(asked.length)),
    };
  }

  async headBranches(): Promise<Branch[]> {
    const { stdout } = await this.git.run(
      ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads/'],
      { gitDir: this.gitDir },
    );
    return stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ commit: line.slice(0, 40), name: line.slice('refs/heads/'.length + 41) }));
  }

  /** True where `ancestor` is `commit` or lies in its history; false where either does not exist. */
  async isAncestor(ancestor: string, commit: string): Promise<boolean> {
    if (!isObjectId(ancestor) || !isObjectId(commit)) return false;
    const { code } = await this.git.run(['merge-base', '--is-ancestor', ancestor, commit], {
      gitDir: this.gitDir,
      accept: [0, 1, 128],
    });
    return code === 0;
  }

  /** Removes lock files and half-written packs that killed processes left; waits for whoever writes now. */
  async sweep(): Promise<void> {
    await this.alone(() => this.sweepLocked());
  }

  private async check(names: readonly string[]): Promise<Found[]> {
    if (names.length === 0) return [];
    const { stdout } = await this.git.run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
      gitDir: this.gitDir,
      input: names.map((name) => `${name}\n`).join(''),
    });
    return stdout
      .toString('utf8')
      .split('\n')
      .slice(0, names.length)
      .map((line) => {
        const [oid = '', type = ''] = line.split(' ');
        return isObjectId(oid) && type !== 'missing' ? { oid, type } : undefined;
      });
  }

  private async transfer(
    located: LocatedSource,
    config: readonly (readonly [string, string])[],
  ): Promise<GitResult> {
    const fetch = async () => {
      const access = await accessTo(located);
      return this.git.run(
        [
          'fetch',
          '--prune',
          '--force',
          '--no-tags',
          '--no-write-fetch-head',
          '--no-recurse-submodules',
          '--no-auto-maintenance',
          '--no-show-forced-updates',
          '--refmap=',
          '--quiet',
          ...readTransport(located),
          '--end-of-options',
          located.address,
          '+refs/heads/*:refs/heads/*',
          '+refs/tags/*:refs/tags/*',
        ],
        {
          gitDir: this.gitDir,
          ...access,
          config: [...config, ...(access.config ?? [])],
          accept: [0, 1, 128],
          timeoutMs: this.limits.fetchTimeoutMs ?? 600_000,
          // The kernel drops this lock when git and all it started are gone, whatever killed them.
          prefix: ['flock', '-x', join(this.gitDir, 'gatehouse.lock')],
        },
      );
    };
    const first = await fetch();
    if (first.code === 0 || !/Unable to create '.*\.lock': File exists/.test(first.stderr)) return first;
    await this.sweepLocked();
    return fetch();
  }

  /**
   * Whoever holds our lock is the only writer, so every `*.lock` of git seen then is a leftover. The removal runs
   * under that same lock, in one command, so that no fetch of another process can start in between.
   */
  private async sweepLocked(): Promise<void> {
    const names = ['*.lock', 'tmp_pack_*', 'tmp_idx_*', 'tmp_rev_*', 'tmp_obj_*'];
    await this.git.exec(
      'flock',
      [
        '-x',
        join(this.gitDir, 'gatehouse.lock'),
        'find',
        this.gitDir,
        '-type',
        'f',
        '!',
        '-name',
        'gatehouse.lock',
        '(',
        ...names.flatMap((name, i) => [...(i > 0 ? ['-o'] : []), '-name', name]),
        ')',
        '-delete',
      ],
      { timeoutMs: this.limits.fetchTimeoutMs ?? 600_000 },
    );
  }

  /** One at a time within this process; the lock file does the same between processes. */
  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = queues.get(this.gitDir) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    queues.set(this.gitDir, settled);
    try {
      return await mine;
    } finally {
      if (queues.get(this.gitDir) === settled) queues.delete(this.gitDir);
    }
  }
}

type Found = { readonly oid: string; readonly type: string } | undefined;

const firstCommit = (found: readonly Found[]): string | undefined =>
  found.find((one) => one?.type === 'commit')?.oid;

const refuse = (result: GitResult, located: LocatedSource): FetchAnswer => {
  const fault = accessFault(result.stderr, located);
  if (fault !== undefined) return { ok: false, reason: 'source.unreachable', message: fault };
  const said = describeStderr(result.stderr);
  if (/No space left on device|Disk quota exceeded/.test(result.stderr)) refuseOutage('the mirror', result);
  if (/^gatehouse-broker /m.test(result.stderr))
    throw new GatehouseError('git.failed', `The local repository could not be reached: ${said}`);
  // It is our mirror that git cannot open here; a source that is none is said to "not appear to be" one.
  if (/fatal: not a git repository/.test(result.stderr))
    throw new GatehouseError('git.failed', `The mirror cannot be read: ${said}`);
  if (
    /fsck error|index-pack failed|inflate|corrupt|bad object|SHA1 COLLISION|unresolved deltas|missing necessary objects|did not send all/i.test(
      said,
    )
  ) {
    return {
      ok: false,
      reason: 'source.damaged',
      message: `The repository was read, but its objects are damaged. Run "git fsck" there. Git said: ${said}`,
    };
  }
  if (/mismatched algorithms|object format/i.test(said)) {
    return {
      ok: false,
      reason: 'source.unreachable',
      message: 'The repository uses SHA-256 object ids, which are not supported yet.',
    };
  }
  if (/shallow/i.test(said)) {
    return {
      ok: false,
      reason: 'source.unreachable',
      message: `The repository is shallow, so its history is cut off. Run "git fetch --unshallow" there, then try again. Git said: ${said}`,
    };
  }
  return {
    ok: false,
    reason: reasonOf(result.stderr),
    message: `The repository cannot be read. Check its address and that it may be read. Git said: ${said}`,
  };
};
