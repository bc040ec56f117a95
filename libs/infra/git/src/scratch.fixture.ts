import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { GitRunner } from './git.runner.js';
import { locateSource, type LocatedSource } from './source.locator.js';
import { Spawner } from './spawner.js';
import { hashObject } from './tree/tree.format.js';

/** A file of a test tree; `content` of a gitlink (160000) is the commit id it names. */
export interface TestFile {
  readonly path: string | Buffer;
  readonly content: string | Buffer;
  readonly mode?: string;
}

/** A place on disk with a plane's git runner and repositories of other people, made with plain git. */
export class Scratch {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'gh-git-')));
  readonly spawner = new Spawner();
  readonly git = new GitRunner(this.spawner);

  readonly env = {
    PATH: process.env.PATH ?? '',
    HOME: this.dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.org',
    GIT_AUTHOR_DATE: '1700000000 +0000',
    GIT_COMMITTER_NAME: 'C',
    GIT_COMMITTER_EMAIL: 'c@example.org',
    GIT_COMMITTER_DATE: '1700000000 +0000',
  };

  /** Plain git, as a user would run it. */
  plain(
    cwd: string,
    args: readonly string[],
    input?: Buffer | string,
    env: Record<string, string> = {},
  ): Buffer {
    return execFileSync('git', ['-c', 'core.protectNTFS=false', '-c', 'core.protectHFS=false', ...args], {
      cwd,
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
      ...(input === undefined ? {} : { input }),
    });
  }

  text(cwd: string, args: readonly string[], input?: Buffer | string): string {
    return this.plain(cwd, args, input).toString('utf8').trim();
  }

  /** A new repository with a work tree. */
  repository(name: string, ...initArgs: readonly string[]): string {
    const path = join(this.dir, name);
    mkdirSync(path, { recursive: true });
    this.plain(path, ['init', '-q', '-b', 'main', ...initArgs]);
    return path;
  }

  /** Stored as git would, without a process for each of the many files that specs make. */
  blob(repository: string, content: string | Buffer): string {
    const bytes = Buffer.from(content as string);
    const oid = hashObject('blob', bytes);
    const inner = join(repository, '.git');
    const folder = join(existsSync(inner) ? inner : repository, 'objects', oid.slice(0, 2));
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
  tree(repository: string, files: readonly TestFile[]): string {
    const index = { GIT_INDEX_FILE: join(this.dir, `index-${Math.random()}`) };
    const records = files.map(({ path, content, mode = '100644' }) => {
      const oid = mode === '160000' ? content.toString() : this.blob(repository, content);
      return Buffer.concat([Buffer.from(`${mode} ${oid}\t`), Buffer.from(path as string), Buffer.from([0])]);
    });
    this.plain(repository, ['update-index', '-z', '--index-info'], Buffer.concat(records), index);
    return this.plain(repository, ['write-tree'], undefined, index).toString().trim();
  }

  commit(
    repository: string,
    tree: string,
    parents: readonly string[] = [],
    ref = 'refs/heads/main',
    message = 'm',
  ): string {
    const commit = this.text(repository, [
      'commit-tree',
      tree,
      ...parents.flatMap((parent) => ['-p', parent]),
      '-m',
      message,
    ]);
    this.plain(repository, ['update-ref', ref, commit]);
    return commit;
  }

  /** Locates a repository below this place; throws where it is refused. */
  async locate(path: string): Promise<LocatedSource> {
    const answer = await locateSource({ kind: 'path', path }, { roots: [this.dir] });
    if (!answer.ok) throw new Error(answer.reason);
    return answer.located;
  }

  async close(): Promise<void> {
    await this.spawner.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
